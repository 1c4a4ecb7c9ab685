// The jobs that the clients do. A job is an object with a kind; its results are facts, and perhaps a file. This
// module is the same in this implementation and in a browser: `url(name)` is the address of a medium.

import * as bunny from 'mediabunny';
import * as mp4Muxer from 'mp4-muxer';
import * as webmMuxer from 'webm-muxer';

const FORMATS = {
  mp4: bunny.Mp4OutputFormat,
  webm: bunny.WebMOutputFormat,
  mkv: bunny.MkvOutputFormat,
  mov: bunny.MovOutputFormat,
  ogg: bunny.OggOutputFormat,
  mp3: bunny.Mp3OutputFormat,
  wav: bunny.WavOutputFormat,
  flac: bunny.FlacOutputFormat,
};
const STREAM_CHUNK_BYTES = 1024;

async function hexOfHash(parts) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await new Blob(parts).arrayBuffer()));
  return hex(digest);
}

const bytesOf = (source) => (
  ArrayBuffer.isView(source) ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength) : new Uint8Array(source)
);

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** The sources from which mediabunny can read. */
const SOURCES = {
  url: (address) => new bunny.UrlSource(address),
  async blob(address) { return new bunny.BlobSource(await (await fetch(address)).blob()); },
  async buffer(address) { return new bunny.BufferSource(await (await fetch(address)).arrayBuffer()); },
  async stream(address) { return new bunny.ReadableStreamSource((await fetch(address)).body); },
  async blobUrl(address) { return new bunny.UrlSource(URL.createObjectURL(await (await fetch(address)).blob())); },
  async dataUrl(address) {
    let text = '';
    for (const byte of new Uint8Array(await (await fetch(address)).arrayBuffer())) text += String.fromCharCode(byte);
    return new bunny.UrlSource(`data:video/mp4;base64,${btoa(text)}`);
  },
};

async function inputOf({ from, source = 'url' }, url) {
  return new bunny.Input({ source: await SOURCES[source](url(from)), formats: bunny.ALL_FORMATS });
}

/** All that mediabunny reads from a file: its tracks, and what is in them. */
async function read(job, url) {
  const input = await inputOf(job, url);
  const tracks = [];
  for (const track of await input.getTracks()) tracks.push(await factsOf(track));
  return { facts: { mimeType: await input.getMimeType(), duration: await input.computeDuration(), tracks } };
}

async function factsOf(track) {
  const { description, ...config } = await track.getDecoderConfig();
  const packets = [];
  const contents = [];
  for await (const packet of new bunny.EncodedPacketSink(track).packets()) {
    packets.push([packet.type, packet.microsecondTimestamp, packet.microsecondDuration, packet.byteLength]);
    contents.push(packet.data);
  }
  return {
    type: track.type,
    config,
    description: description === undefined ? null : hex(bytesOf(description)),
    rotation: track.isVideoTrack() ? await track.getRotation() : 0,
    packets,
    hash: await hexOfHash(contents),
  };
}

/** The targets to which mediabunny can write, each with a function that gives what was written. */
const TARGETS = {
  buffer() {
    const target = new bunny.BufferTarget();
    return [target, () => target.buffer];
  },
  stream() {
    let bytes = new Uint8Array();
    const writable = new WritableStream({
      write({ data, position }) {
        if (position + data.byteLength > bytes.byteLength) {
          const longer = new Uint8Array(position + data.byteLength);
          longer.set(bytes);
          bytes = longer;
        }
        bytes.set(data, position);
      },
    });
    return [new bunny.StreamTarget(writable, { chunked: true, chunkSize: STREAM_CHUNK_BYTES }), () => bytes];
  },
  appended() {
    const parts = [];
    const writable = new WritableStream({ write(part) { parts.push(part.slice()); } });
    return [new bunny.AppendOnlyStreamTarget(writable), () => new Blob(parts).arrayBuffer()];
  },
};

/** Functions for mediabunny's option `process`. */
const PROCESSES = {
  /** A white square of 40 pixels at the top left. */
  overlay(sample) {
    const canvas = new OffscreenCanvas(sample.displayWidth, sample.displayHeight);
    const context = canvas.getContext('2d');
    sample.draw(context, 0, 0);
    context.fillStyle = 'white';
    context.fillRect(0, 0, 40, 40);
    return canvas;
  },
};

/** The options of a track, with what JSON cannot hold. */
function given({ process, bitrate, ...options }) {
  if (process !== undefined) options.process = PROCESSES[process];
  if (bitrate !== undefined) options.quality = new bunny.Quality({ bitrate });
  return options;
}

async function convert(job, url) {
  const { format, formatOptions = {}, target: targetName = 'buffer', video = {}, audio = {}, ...options } = job.options;
  const [target, written] = TARGETS[targetName]();
  const input = await inputOf(job, url);
  const output = new bunny.Output({ format: new FORMATS[format](formatOptions), target });
  const conversion = await bunny.Conversion.init({ input, output, video: given(video), audio: given(audio), ...options });
  const discarded = conversion.discardedTracks.map(({ track, reason }) => [track.type, reason]);
  await conversion.execute();
  return { facts: { discarded }, file: await written() };
}

/** Pictures at given times, as mediabunny draws them on canvases; all in one file of RGBA, or one PNG. */
async function thumbnails(job, url) {
  const { times, png = false, ...options } = job.options;
  const input = await inputOf(job, url);
  const sink = new bunny.CanvasSink(await input.getPrimaryVideoTrack(), options);
  const parts = [];
  const timestamps = [];
  for await (const { canvas, timestamp } of sink.canvasesAtTimestamps(times)) {
    timestamps.push(timestamp);
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    parts.push(png ? await canvas.convertToBlob({ type: 'image/png' }) : data);
  }
  return { facts: { timestamps }, file: await new Blob(parts).arrayBuffer() };
}

/** The codecs that mediabunny finds that it can encode. */
async function encodable() {
  return { facts: { video: await bunny.getEncodableVideoCodecs(), audio: await bunny.getEncodableAudioCodecs() } };
}

/** Frames and samples made here, encoded by the codecs themselves, in a file that a muxer writes. */
async function mux(job) {
  const { muxer: name, video, audio, width, height, frames, framerate } = job.options;
  const library = name === 'mp4' ? mp4Muxer : webmMuxer;
  const target = new library.ArrayBufferTarget();
  const muxer = new library.Muxer({
    target,
    video: { codec: video.name, width, height, frameRate: framerate },
    audio: { codec: audio.name, numberOfChannels: 1, sampleRate: 48000 },
    ...(name === 'mp4' ? { fastStart: 'in-memory' } : {}),
    firstTimestampBehavior: 'offset',
  });
  const failures = [];
  const error = (reason) => failures.push(reason);
  const videoEncoder = new VideoEncoder({ output: (chunk, meta) => muxer.addVideoChunk(chunk, meta), error });
  videoEncoder.configure({ ...video.config, width, height, framerate });
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  for (let index = 0; index < frames; index++) {
    context.fillStyle = 'black';
    context.fillRect(0, 0, width, height);
    context.fillStyle = `rgb(${8 * index}, 128, 64)`;
    context.fillRect(4 * index, 16, 32, 64);
    const frame = new VideoFrame(canvas, { timestamp: Math.round((index * 1e6) / framerate), duration: Math.round(1e6 / framerate) });
    videoEncoder.encode(frame, { keyFrame: index === 0 });
    frame.close();
  }
  const audioEncoder = new AudioEncoder({ output: (chunk, meta) => muxer.addAudioChunk(chunk, meta), error });
  audioEncoder.configure({ ...audio.config, numberOfChannels: 1, sampleRate: 48000 });
  const numberOfFrames = Math.round((48000 * frames) / framerate / 10);
  for (let part = 0; part < 10; part++) {
    const data = Float32Array.from({ length: numberOfFrames }, (_, index) => (
      0.5 * Math.sin((2 * Math.PI * 440 * (part * numberOfFrames + index)) / 48000)
    ));
    const timestamp = Math.round((part * numberOfFrames * 1e6) / 48000);
    const samples = new AudioData({ format: 'f32', sampleRate: 48000, numberOfChannels: 1, numberOfFrames, timestamp, data });
    audioEncoder.encode(samples);
    samples.close();
  }
  await Promise.all([videoEncoder.flush(), audioEncoder.flush()]);
  if (failures.length > 0) throw failures[0];
  muxer.finalize();
  return { facts: {}, file: target.buffer };
}

async function remotion(job, url) {
  const { convertMedia } = await import('@remotion/webcodecs');
  const { container, videoCodec, audioCodec } = job.options;
  const src = new File([await (await fetch(url(job.from))).blob()], job.from);
  const result = await convertMedia({ src, container, videoCodec, audioCodec });
  return { facts: {}, file: await (await result.save()).arrayBuffer() };
}

const KINDS = { read, convert, thumbnails, encodable, mux, remotion };

/** Does the job; gives `{ facts, file }`, or `{ error }` with the text of what it threw. */
export async function done(job, url) {
  try {
    return await KINDS[job.kind](job, url);
  } catch (error) {
    return { error: `${error}\n${error?.cause ?? ""}\n${error?.stack ?? ""}` };
  }
}
