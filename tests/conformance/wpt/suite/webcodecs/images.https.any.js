// META: title=Image decoders, and the streams they read
'use strict';

// A GIF of one black pixel.
const GIF = Uint8Array.from(atob('R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAkQBADs='), (character) => character.charCodeAt(0));
const streamOf = (start) => new ReadableStream({ start });
const decoderOf = (data) => new ImageDecoder({ type: 'image/gif', data });

promise_test(async () => {
  assert_true(await ImageDecoder.isTypeSupported('image/gif'));
  const decoder = decoderOf(GIF);
  assert_equals(decoder.tracks, decoder.tracks);
  assert_equals(decoder.completed, decoder.completed);
  const { image, complete } = await decoder.decode();
  assert_true(complete);
  assert_equals(`${image.displayWidth} ${image.displayHeight} ${image.timestamp}`, '1 1 0');
  image.close();
  decoder.close();
}, 'a buffer');

promise_test(async () => {
  const decoder = decoderOf(GIF);
  const { tracks } = decoder;
  assert_equals(tracks[0], undefined);
  await tracks.ready;
  assert_true(tracks instanceof ImageTrackList);
  assert_true(tracks[0] instanceof ImageTrack);
  assert_equals(tracks[0], tracks.selectedTrack);
  assert_equals(tracks[1], undefined);
  assert_equals(tracks['00'], undefined);
  assert_array_equals([...tracks], [tracks[0]]);
  assert_array_equals(Object.keys(tracks), ['0']);
  assert_true('0' in tracks);
  assert_false('1' in tracks);
  assert_throws_js(TypeError, () => { tracks[0] = null; });
  assert_throws_js(TypeError, () => { delete tracks[0]; });
  assert_throws_js(TypeError, () => Object.defineProperty(tracks, '0', { value: 1 }));
  tracks.other = 1;
  assert_equals(tracks.other, 1);
  assert_equals(String(tracks), '[object ImageTrackList]');
  decoder.close();
  assert_equals(tracks[0], undefined);
}, 'tracks are indexed properties');

promise_test(async () => {
  let controller;
  const stream = streamOf((given) => { controller = given; });
  const decoder = decoderOf(stream);
  assert_true(stream.locked);
  controller.enqueue(GIF.slice(0, 20));
  const decoded = decoder.decode();
  controller.enqueue(GIF.slice(20));
  (await decoded).image.close();
  assert_false(decoder.complete);
  controller.close();
  await decoder.completed;
  assert_true(decoder.complete);
}, 'a stream');

promise_test(async (t) => {
  for (const chunk of ['text', 7, GIF.buffer, new Uint16Array(4), new DataView(GIF.buffer)]) {
    let reason = 'none';
    const stream = new ReadableStream({
      start: (controller) => controller.enqueue(chunk),
      cancel: () => { reason = 'canceled'; },
    });
    const decoder = decoderOf(stream);
    await promise_rejects_dom(t, 'DataError', decoder.completed);
    await promise_rejects_dom(t, 'DataError', decoder.tracks.ready);
    assert_equals(reason, 'canceled');
  }
}, 'a chunk that is no Uint8Array');

promise_test(async (t) => {
  const decoder = decoderOf(streamOf((controller) => controller.error(new Error('as scripted'))));
  await promise_rejects_dom(t, 'NotReadableError', decoder.completed);
  await promise_rejects_dom(t, 'NotReadableError', decoder.tracks.ready);
}, 'a stream that fails');

promise_test(async () => {
  const locked = streamOf((controller) => controller.enqueue(GIF));
  const reader = locked.getReader();
  assert_throws_js(TypeError, () => decoderOf(locked));
  await reader.read();
  reader.releaseLock();
  assert_throws_js(TypeError, () => decoderOf(locked), 'disturbed');
  assert_throws_js(TypeError, () => decoderOf('text'));
}, 'streams that somebody else reads, and what is no stream');
