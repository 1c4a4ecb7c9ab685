// ImageData, whose array belongs to the script; what a 2D context does with one; createImageBitmap().
'use strict';

const vm = require('node:vm');
const { setFlagsFromString } = require('node:v8');
const { isResizable } = require('../js/values.js');

setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc');

module.exports = function installCanvas(host) {
  const { define, service, values, interfaces } = host;
  const slots = new WeakMap();
  const BYTES_TO_GAIN = 2 ** 27;

  /** Attributes of a 2D context that are not there: to set one is an error, as drawing would pay no heed to it. */
  const UNSUPPORTED = [
    'direction', 'filter', 'fontKerning', 'fontStretch', 'fontVariantCaps', 'lang', 'letterSpacing', 'lineCap', 'lineDashOffset', 'lineJoin', 'lineWidth', 'miterLimit',
    'shadowBlur', 'shadowColor', 'shadowOffsetX', 'shadowOffsetY', 'strokeStyle', 'textAlign', 'textBaseline',
    'textRendering', 'wordSpacing',
  ];

  const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';

  /** Members of a dictionary, each converted by a function if it is there. Python checks what they are. */
  function dictionary(value, members, name) {
    const converted = {};
    if (value === undefined || value === null) return converted;
    if (!isObject(value)) throw new TypeError(`${name} is not an object`);
    for (const [member, convert] of members) {
      const item = value[member];
      if (item !== undefined) converted[member] = convert(item);
    }
    return converted;
  }
  const imageDataSettings = (value) => dictionary(value, [['colorSpace', String], ['pixelFormat', String]], 'settings');
  const imageBitmapOptions = (value) => dictionary(value, [
    ['colorSpaceConversion', String], ['imageOrientation', String], ['premultiplyAlpha', String],
    ['resizeHeight', Number], ['resizeQuality', String], ['resizeWidth', Number],
  ], 'options');

  /** The settings of a new ImageData. */
  function colorSpaceOf(value) {
    const { colorSpace = 'srgb', pixelFormat = 'rgba-unorm8' } = imageDataSettings(value);
    if (!['srgb', 'display-p3'].includes(colorSpace)) throw new TypeError(`${colorSpace} is no PredefinedColorSpace`);
    if (!['rgba-unorm8', 'rgba-float16'].includes(pixelFormat)) {
      throw new TypeError(`${pixelFormat} is no ImageDataPixelFormat`);
    }
    if (pixelFormat === 'rgba-float16') {
      throw new DOMException('pixels of 16-bit floating-point numbers are not supported', 'NotSupportedError');
    }
    return colorSpace;
  }

  class ImageData {
    constructor(first, second, ...rest) {
      if (arguments.length < 2) throw new TypeError(`ImageData: 2 arguments required, ${arguments.length} given`);
      if (isObject(first)) initializeWithArray(this, first, second, rest);
      else initializeBlank(this, first, second, rest);
    }

    get width() { return slotsOf(this).width; }

    get height() { return slotsOf(this).height; }

    get data() { return slotsOf(this).data; }

    get colorSpace() { return slotsOf(this).colorSpace; }

    get pixelFormat() { return slotsOf(this) && 'rgba-unorm8'; }
  }
  for (const name of ['width', 'height', 'data', 'colorSpace', 'pixelFormat']) {
    Object.defineProperty(ImageData.prototype, name, { enumerable: true });
  }
  Object.defineProperty(ImageData.prototype, Symbol.toStringTag, { value: 'ImageData', configurable: true });
  define('ImageData', ImageData);

  function slotsOf(value) {
    const own = slots.get(value);
    if (own === undefined) throw new TypeError('Illegal invocation: not an ImageData');
    return own;
  }

  function initializeWithArray(imageData, data, width, [height, settings]) {
    if (!(data instanceof Uint8ClampedArray)) throw new TypeError('data is not a Uint8ClampedArray');
    if (isResizable(data)) throw new TypeError('data is a view of an ArrayBuffer that can be resized');
    const columns = width >>> 0;
    const colorSpace = colorSpaceOf(settings);
    if (data.length === 0 || data.length % 4 !== 0) {
      throw new DOMException('data is empty, or not of whole pixels', 'InvalidStateError');
    }
    if (columns === 0 || (data.length / 4) % columns !== 0) {
      throw new DOMException('data is not of whole rows', 'IndexSizeError');
    }
    const rows = data.length / 4 / columns;
    if (height !== undefined && height >>> 0 !== rows) {
      throw new DOMException(`data has ${rows} rows`, 'IndexSizeError');
    }
    slots.set(imageData, { width: columns, height: rows, data, colorSpace });
  }

  function initializeBlank(imageData, width, height, [settings]) {
    const [columns, rows] = [width >>> 0, height >>> 0];
    const colorSpace = colorSpaceOf(settings);
    if (columns === 0 || rows === 0) throw new DOMException('an ImageData has at least one pixel', 'IndexSizeError');
    slots.set(imageData, { width: columns, height: rows, data: new Uint8ClampedArray(4 * columns * rows), colorSpace });
  }

  function received({ width, height, colorSpace, data }) {
    const imageData = Object.create(ImageData.prototype);
    slots.set(imageData, { width, height, colorSpace, data: new Uint8ClampedArray(data) });
    return imageData;
  }

  function sent({ width, height, colorSpace, data }) {
    return { width, height, colorSpace, data: data.length === 0 ? new Uint8Array() : data };
  }

  host.cloneables.push({
    has: (value) => slots.has(value),
    serialize: (imageData, serialize) => ({ ...slotsOf(imageData), data: serialize(slotsOf(imageData).data) }),
    deserialize(fields, deserialize) {
      const imageData = Object.create(ImageData.prototype);
      slots.set(imageData, { ...fields, data: deserialize(fields.data) });
      return imageData;
    },
  });

  // Pixels are in Python's memory, of which Node's collector knows nothing: it would leave thousands of small wrappers
  // alone, and with each the megabytes behind it. So it is called when there may be much to gain.
  const { adopt } = values;
  let bytes = 0;
  values.adopt = (object, handle, name, ...told) => {
    const wrapper = Reflect.apply(adopt, values, [object, handle, name, ...told]);
    if (name === 'OffscreenCanvas' || name === 'HTMLCanvasElement') bytes += 4 * wrapper.width * wrapper.height;
    if (bytes > BYTES_TO_GAIN) {
      bytes = 0;
      collectGarbage();
    }
    return wrapper;
  };

  function operation(target, name, length, steps) {
    Object.defineProperty(steps, 'name', { value: name, configurable: true });
    Object.defineProperty(steps, 'length', { value: length, configurable: true });
    Object.defineProperty(target, name, { value: steps, writable: true, enumerable: true, configurable: true });
  }

  function requireArguments(name, length, args) {
    if (args.length < length) throw new TypeError(`${name}: ${length} arguments required, ${args.length} given`);
  }

  const contextOperations = {
    createImageData: [1, (context, [first, height, settings]) => {
      if (isObject(first) && height === undefined) {
        const { width, height: rows, colorSpace } = slotsOf(first);
        return received(service('createImageData', context, width, rows, { colorSpace }));
      }
      if (height === undefined) throw new TypeError('createImageData: what is given is no ImageData');
      return received(service('createImageData', context, Number(first), Number(height), imageDataSettings(settings)));
    }],
    getImageData: [4, (context, args) => (
      received(service('getImageData', context, args.slice(0, 4).map(Number), imageDataSettings(args[4])))
    )],
    putImageData: [3, (context, [imageData, ...coordinates]) => {
      const own = slotsOf(imageData);
      if (coordinates.length !== 2 && coordinates.length < 6) {
        throw new TypeError('putImageData: no overload takes these arguments');
      }
      service('putImageData', context, sent(own), coordinates.slice(0, 6).map(Number));
    }],
  };

  /** Completes the interface of a 2D context with the operations and attributes that are made here. */
  host.completeContext2D = (interfaceName) => {
    const { prototype } = interfaces.classes.get(interfaceName);
    for (const [name, [length, steps]] of Object.entries(contextOperations)) {
      operation(prototype, name, length, function contextSteps(...args) {
        if (values.brandOf(this)?.interfaceName !== interfaceName) {
          throw new TypeError(`Illegal invocation: ${name} of what is no ${interfaceName}`);
        }
        requireArguments(name, length, args);
        return steps(this, args);
      });
    }
    for (const name of UNSUPPORTED) {
      Object.defineProperty(prototype, name, {
        get: () => undefined,
        set() { throw new DOMException(`${name} of a 2D context is not supported here`, 'NotSupportedError'); },
        enumerable: true,
        configurable: true,
      });
    }
  };
  host.completeContext2D('OffscreenCanvasRenderingContext2D');

  /** The file is a PNG, as HTML says for types that are not supported. */
  operation(interfaces.classes.get('OffscreenCanvas').prototype, 'convertToBlob', 0, async function convertToBlob() {
    if (values.brandOf(this)?.interfaceName !== 'OffscreenCanvas') {
      throw new TypeError('Illegal invocation: convertToBlob of what is no OffscreenCanvas');
    }
    return new Blob([await service('canvasPng', this)], { type: 'image/png' });
  });

  operation(globalThis, 'createImageBitmap', 1, (...args) => interfaces.guarded(true, () => {
    requireArguments('createImageBitmap', 1, args);
    const [image] = args;
    const rectangle = args.length > 2 ? args.slice(1, 5).map(Number) : null;
    if (args.length > 2 && args.length < 5) throw new TypeError('createImageBitmap: no overload takes these arguments');
    const options = imageBitmapOptions(args[rectangle === null ? 1 : 5]);
    if (slots.has(image)) return service('createImageBitmap', sent(slotsOf(image)), rectangle, options);
    if (image instanceof Blob) {
      throw new DOMException('images in files are not decoded here', 'NotSupportedError');
    }
    if (!['VideoFrame', 'HTMLCanvasElement', 'OffscreenCanvas', 'ImageBitmap'].includes(values.brandOf(image)?.interfaceName)) {
      throw new TypeError('createImageBitmap: no bitmap can be made of what is given');
    }
    return service('createImageBitmap', image, rectangle, options);
  }));
};
