// The other implementation's side of the bench: decodes the same chunks in each turn, and tells the time it took.
// `exchange(message)` sends a message, waits for the answer, and blocks this agent meanwhile.
'use strict';

async function serve(globals, exchange) {
  const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

  async function decode(Decoder, config, chunks) {
    const start = performance.now();
    let failure = null;
    const decoder = new Decoder({ output: (frame) => frame.close(), error: (error) => { failure = error; } });
    decoder.configure(config);
    for (const chunk of chunks) decoder.decode(chunk);
    await decoder.flush();
    const milliseconds = performance.now() - start;
    decoder.close();
    if (failure !== null) throw failure;
    return milliseconds;
  }

  try {
    const media = exchange({ event: 'begun' });
    const isAudio = 'sampleRate' in media.config;
    const Decoder = isAudio ? globals.AudioDecoder : globals.VideoDecoder;
    const Chunk = isAudio ? globals.EncodedAudioChunk : globals.EncodedVideoChunk;
    const { description } = media.config;
    const config = description === undefined ? media.config : { ...media.config, description: bytesOf(description) };
    const chunks = media.chunks.map((chunk) => new Chunk({ ...chunk, data: bytesOf(chunk.data) }));
    const support = await Decoder.isConfigSupported(config);
    if (!support.supported) throw new Error(`${config.codec} is not supported`);
    for (let told = { event: 'ready' }; ;) {
      exchange(told);
      told = { milliseconds: await decode(Decoder, config, chunks) };
    }
  } catch (error) {
    exchange({ error: String(error) });
  }
}

if (typeof module === 'object') module.exports = { serve };
