'use strict';

const { isDetached } = require('./values.js');

const { structuredClone } = globalThis;

/** ECMAScript 2024's ArrayBuffer.prototype.transfer() and what goes with it, which Node has from version 22 on. */
function completeArrayBuffer() {
  if ('transferToFixedLength' in ArrayBuffer.prototype) return;
  const byteLengthOf = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength').get;
  const moved = (buffer, newLength) => {
    const oldLength = Reflect.apply(byteLengthOf, buffer, []);
    const length = newLength === undefined ? oldLength : Math.max(0, Math.trunc(Number(newLength)) || 0);
    if (isDetached(buffer)) throw new TypeError('the ArrayBuffer is detached');
    const whole = structuredClone(buffer, { transfer: [buffer] });
    if (length === oldLength) return whole;
    const result = new ArrayBuffer(length);
    new Uint8Array(result).set(new Uint8Array(whole).subarray(0, length));
    return result;
  };
  const methods = {
    transfer(newLength = undefined) { return moved(this, newLength); },
    transferToFixedLength(newLength = undefined) { return moved(this, newLength); },
  };
  for (const [name, method] of Object.entries(methods)) {
    Object.defineProperty(method, 'length', { value: 0, configurable: true });
    Object.defineProperty(ArrayBuffer.prototype, name, { value: method, writable: true, configurable: true });
  }
  Object.defineProperty(ArrayBuffer.prototype, 'detached', {
    get() { return Reflect.apply(byteLengthOf, this, []) === 0 && isDetached(this); }, configurable: true,
  });
}

module.exports = { completeArrayBuffer };
