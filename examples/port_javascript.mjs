const decoder = new VideoDecoder({
  output: (frame) => { console.log(frame.timestamp); frame.close(); },
  error: (error) => console.error(error.message),
});
decoder.configure({ codec: 'vp8' });
const encoder = new VideoEncoder({ output: (chunk, metadata) => decoder.decode(chunk), error: console.error });
encoder.configure({ codec: 'vp8', width: 64, height: 64, latencyMode: 'realtime' });
for (let i = 0; i < 10; i++) {
  const init = { format: 'RGBA', codedWidth: 64, codedHeight: 64, timestamp: i * 40_000 };
  const frame = new VideoFrame(new Uint8Array(4 * 64 * 64).fill(25 * i), init);
  encoder.encode(frame, { keyFrame: i === 0 });
  frame.close();
}
await encoder.flush();
await decoder.flush();
