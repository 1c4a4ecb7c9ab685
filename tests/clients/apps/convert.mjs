// A conversion by mediabunny, whose time is measured: convert.mjs FROM TO OPTIONS. It ends at once without arguments.

import process from 'node:process';
import { writeFileSync } from 'node:fs';
import {
  ALL_FORMATS, BufferTarget, Conversion, Input, Mp4OutputFormat, Output, Quality, UrlSource, WebMOutputFormat,
} from 'mediabunny';

const given = ({ bitrate, ...options }) => ({ ...options, quality: new Quality({ bitrate }), forceTranscode: true });
const [from, to, options] = process.argv.slice(2);
if (from !== undefined) {
  const input = new Input({ source: new UrlSource(from), formats: ALL_FORMATS });
  const format = to.endsWith('.webm') ? new WebMOutputFormat() : new Mp4OutputFormat();
  const output = new Output({ format, target: new BufferTarget() });
  const { video, audio } = JSON.parse(options);
  const conversion = await Conversion.init({ input, output, video: given(video), audio: given(audio) });
  if (conversion.discardedTracks.length > 0) throw new Error('a track is not converted');
  await conversion.execute();
  writeFileSync(to, new Uint8Array(output.target.buffer));
}
