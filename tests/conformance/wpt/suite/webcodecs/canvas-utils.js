'use strict';

const [RED, GREEN, BLUE, WHITE] = [[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255], [255, 255, 255, 255]];

function newContext(width, height, settings) {
  return new OffscreenCanvas(width, height).getContext('2d', settings);
}

function pixelsOf(context) {
  return Array.from(context.getImageData(0, 0, context.canvas.width, context.canvas.height).data);
}

function quadrants() {
  return new ImageData(new Uint8ClampedArray([...RED, ...GREEN, ...BLUE, ...WHITE]), 2);
}
