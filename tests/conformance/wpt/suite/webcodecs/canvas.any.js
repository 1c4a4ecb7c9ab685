// META: title=Canvases, bitmaps and image data as a script sees them
// META: script=canvas-utils.js
'use strict';

test(() => {
  const canvas = new OffscreenCanvas(2, 1);
  const context = canvas.getContext('2d', { alpha: true, colorSpace: 'srgb', willReadFrequently: true });
  assert_true(context instanceof OffscreenCanvasRenderingContext2D);
  assert_equals(context.canvas, canvas);
  assert_equals(canvas.getContext('2d', null), context);
  assert_equals(canvas.getContext('webgl'), null);
  assert_throws_js(TypeError, () => canvas.getContext('3d'));
  assert_throws_js(TypeError, () => new OffscreenCanvasRenderingContext2D());
  assert_throws_js(TypeError, () => new OffscreenCanvas(1, 2 ** 64));
  assert_throws_js(TypeError, () => { canvas.width = -1; });
  assert_throws_js(TypeError, () => OffscreenCanvas.prototype.width);
  assert_true(canvas instanceof EventTarget);
}, 'a canvas and its context');

test(() => {
  const context = newContext(2, 1);
  context.fillStyle = 'rgba(50, 100, 150, 255)';
  assert_equals(context.fillStyle, '#326496');
  context.fillStyle = { toString: () => 'lime' };
  context.fillRect('0', 0, 1.0, '1');
  assert_array_equals(pixelsOf(context), [0, 255, 0, 255, 0, 0, 0, 0]);
  context.fillRect(NaN, 0, 2, 1);
  assert_array_equals(pixelsOf(context), [0, 255, 0, 255, 0, 0, 0, 0]);
  assert_throws_js(TypeError, () => context.fillRect(0, 0, 1));
  assert_throws_js(TypeError, () => context.drawImage(context.canvas, 0, 0, 1));
  assert_throws_js(TypeError, () => context.drawImage(context.canvas, 0, 0, 1, 1, 0, 0, 1));
  assert_throws_js(TypeError, () => context.drawImage({}, 0, 0));
  assert_throws_dom('NotSupportedError', () => { context.filter = 'blur(1px)'; });
  assert_throws_dom('NotSupportedError', () => { context.fillStyle = 'hsl(0 100% 50%)'; });
}, 'arguments are converted');

test(() => {
  const context = newContext(2, 1);
  const data = context.getImageData(0.9, -0.5, 2, 1);
  assert_true(data instanceof ImageData);
  assert_true(data.data instanceof Uint8ClampedArray);
  assert_equals(data.data, data.data);
  assert_equals(`${data.width} ${data.height} ${data.colorSpace} ${data.pixelFormat}`, '2 1 srgb rgba-unorm8');
  data.data.set([255, 0, 0, 255, 1, 2, 3, 255]);
  context.putImageData(data, 0, 0);
  assert_array_equals(pixelsOf(context), [255, 0, 0, 255, 1, 2, 3, 255]);
  context.putImageData(data, -1, 0, 1, 0, 1, 1);
  assert_array_equals(pixelsOf(context), [1, 2, 3, 255, 1, 2, 3, 255]);
  assert_equals(context.getImageData(0, 0, 1, 1, { colorSpace: 'display-p3' }).colorSpace, 'display-p3');
  assert_throws_js(TypeError, () => context.getImageData(0, 0, 1, 1, { colorSpace: 'rec2020' }));
  assert_throws_js(TypeError, () => context.getImageData(0, 0, 2 ** 31, 1));
  assert_throws_js(TypeError, () => context.putImageData({}, 0, 0));
  assert_throws_js(TypeError, () => context.putImageData(data, 0, 0, 1));
  assert_throws_dom('IndexSizeError', () => context.getImageData(0, 0, 0, 1));
  assert_throws_dom('NotSupportedError', () => context.getImageData(0, 0, 1, 1, { pixelFormat: 'rgba-float16' }));
}, 'getImageData() and putImageData()');

test(() => {
  const context = newContext(1, 1, { colorSpace: 'display-p3' });
  const blank = context.createImageData(2, -3);
  assert_equals(`${blank.width} ${blank.height} ${blank.colorSpace}`, '2 3 display-p3');
  const like = context.createImageData(new ImageData(4, 5));
  assert_equals(`${like.width} ${like.height} ${like.colorSpace}`, '4 5 srgb');
  assert_throws_js(TypeError, () => context.createImageData({}));
}, 'createImageData()');

test(() => {
  const pixels = new Uint8ClampedArray(24);
  assert_equals(new ImageData(pixels, 3).height, 2);
  assert_equals(new ImageData(pixels, 3, 2).data, pixels);
  assert_equals(new ImageData(pixels, 3, undefined, { colorSpace: 'display-p3' }).colorSpace, 'display-p3');
  assert_equals(new ImageData(2, 2).data.length, 16);
  assert_throws_dom('IndexSizeError', () => new ImageData(pixels, 4));
  assert_throws_dom('IndexSizeError', () => new ImageData(pixels, 3, 3));
  assert_throws_dom('IndexSizeError', () => new ImageData(0, 1));
  assert_throws_dom('InvalidStateError', () => new ImageData(new Uint8ClampedArray(6), 1));
  assert_throws_js(TypeError, () => new ImageData(new Uint8Array(4), 1));
  assert_throws_js(TypeError, () => new ImageData(1));
  assert_throws_js(TypeError, () => ImageData.prototype.data);
}, 'ImageData constructors');

test(() => {
  const imageData = new ImageData(new Uint8ClampedArray([1, 2, 3, 4]), 1, 1, { colorSpace: 'display-p3' });
  const clones = structuredClone([imageData, imageData]);
  assert_equals(clones[0], clones[1]);
  assert_true(clones[0] instanceof ImageData);
  assert_equals(clones[0].colorSpace, 'display-p3');
  assert_array_equals(clones[0].data, [1, 2, 3, 4]);
  imageData.data[0] = 9;
  assert_equals(clones[0].data[0], 1);
}, 'ImageData is cloned');

promise_test(async (t) => {
  const bitmap = await createImageBitmap(quadrants(), 1, 0, 1, 2);
  assert_equals(`${bitmap.width} ${bitmap.height}`, '1 2');
  const context = newContext(1, 2);
  context.drawImage(bitmap, 0, 0);
  assert_array_equals(pixelsOf(context), [...GREEN, ...WHITE]);
  bitmap.close();
  assert_equals(`${bitmap.width} ${bitmap.height}`, '0 0');
  assert_throws_dom('InvalidStateError', () => context.drawImage(bitmap, 0, 0));
  await promise_rejects_dom(t, 'InvalidStateError', createImageBitmap(bitmap));
}, 'createImageBitmap() of image data, and close()');

promise_test(async (t) => {
  const context = newContext(2, 2);
  context.putImageData(quadrants(), 0, 0);
  const bitmap = await createImageBitmap(context.canvas, { imageOrientation: 'flipY', resizeHeight: 4, resizeWidth: 2 });
  assert_equals(bitmap.height, 4);
  context.drawImage(bitmap, 0, 0, 2, 1, 0, 0, 2, 2);
  assert_array_equals(pixelsOf(context).slice(0, 8), [...BLUE, ...WHITE]);
  await promise_rejects_js(t, TypeError, createImageBitmap(context.canvas, { imageOrientation: 'upright' }));
  await promise_rejects_js(t, TypeError, createImageBitmap({}));
  await promise_rejects_js(t, TypeError, createImageBitmap(context.canvas, 0, 0));
  await promise_rejects_js(t, TypeError, createImageBitmap());
  await promise_rejects_js(t, RangeError, createImageBitmap(context.canvas, 0, 0, 0, 1));
  await promise_rejects_dom(t, 'InvalidStateError', createImageBitmap(context.canvas, { resizeWidth: 0 }));
  await promise_rejects_dom(t, 'NotSupportedError', createImageBitmap(new Blob()));
  const detached = quadrants();
  structuredClone(detached.data.buffer, { transfer: [detached.data.buffer] });
  await promise_rejects_dom(t, 'InvalidStateError', createImageBitmap(detached));
}, 'createImageBitmap() with options, and of what it refuses');

promise_test(async () => {
  const order = [];
  const bitmap = createImageBitmap(quadrants()).then(() => order.push('bitmap'));
  Promise.resolve().then(() => order.push('microtask'));
  await bitmap;
  assert_array_equals(order, ['microtask', 'bitmap']);
}, 'a bitmap comes in a task of its own');

promise_test(async () => {
  const context = newContext(2, 2);
  context.putImageData(quadrants(), 0, 0);
  const bitmap = context.canvas.transferToImageBitmap();
  assert_array_equals(pixelsOf(context), new Array(16).fill(0));
  const { port1, port2 } = new MessageChannel();
  port1.postMessage([bitmap, bitmap], [bitmap]);
  assert_equals(bitmap.width, 0);
  const [received, same] = await new Promise((resolve) => { port2.onmessage = ({ data }) => resolve(data); });
  assert_equals(received, same);
  context.drawImage(received, 0, 0);
  assert_array_equals(pixelsOf(context), quadrants().data);
  assert_equals(structuredClone(received).width, 2);
  assert_throws_dom('DataCloneError', () => structuredClone(bitmap));
  assert_throws_dom('DataCloneError', () => structuredClone(context.canvas));
}, 'bitmaps are transferred and cloned');

test(() => {
  const context = newContext(2, 2);
  context.putImageData(quadrants(), 0, 0);
  const frame = new VideoFrame(context.canvas, { timestamp: 1, rotation: 90 });
  assert_equals(`${frame.format} ${frame.displayWidth} ${frame.colorSpace.transfer}`, 'RGBA 2 iec61966-2-1');
  const turned = newContext(2, 2);
  turned.drawImage(frame, 0, 0);
  assert_array_equals(pixelsOf(turned), [...BLUE, ...RED, ...WHITE, ...GREEN]);
  frame.close();
  assert_throws_dom('InvalidStateError', () => turned.drawImage(frame, 0, 0));
  assert_throws_js(TypeError, () => new VideoFrame(context.canvas));
  assert_throws_dom('InvalidStateError', () => new VideoFrame(new OffscreenCanvas(0, 1), { timestamp: 1 }));
}, 'frames of canvases, on canvases');
