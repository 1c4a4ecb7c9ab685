// Messages on a blocking socket: three 32-bit numbers (bytes that follow, bytes of JSON, number of buffers), the length
// of each buffer, the JSON, the buffers. Exactly one side is at work at any time; the other waits in receive().
'use strict';

const fs = require('node:fs');

const HEADER_BYTES = 12;
/** Bytes that are read at once, if there are so many. */
const AHEAD_BYTES = 2 ** 16;

class Channel {
  constructor(descriptor) {
    this.descriptor = descriptor;
    this.perform = null;
    this.beforeSending = null;
    this.ahead = Buffer.allocUnsafeSlow(AHEAD_BYTES);
    this.start = 0;
    this.end = 0;
    this.unsent = [];
    this.unsentBytes = 0;
  }

  readSome(target, offset) {
    const count = fs.readSync(this.descriptor, target, offset, target.length - offset, null);
    if (count === 0) process.exit(0);
    return count;
  }

  /** The next bytes; for speed, from those that were read at once. They are valid until the next read. */
  peek(size) {
    if (this.start + size > AHEAD_BYTES) {
      this.ahead.copyWithin(0, this.start, this.end);
      this.end -= this.start;
      this.start = 0;
    }
    while (this.end - this.start < size) this.end += this.readSome(this.ahead, this.end);
    this.start += size;
    return this.ahead.subarray(this.start - size, this.start);
  }

  /** The next bytes, in memory of their own. */
  readFully(size) {
    const target = Buffer.allocUnsafeSlow(size);
    let offset = this.ahead.copy(target, 0, this.start, Math.min(this.end, this.start + size));
    this.start += offset;
    while (offset < size) offset += this.readSome(target, offset);
    return target;
  }

  writeFully(source) {
    let offset = 0;
    while (offset < source.length) offset += fs.writeSync(this.descriptor, source, offset);
  }

  receive() {
    const header = this.peek(HEADER_BYTES);
    const total = header.readUInt32LE(0);
    const jsonLength = header.readUInt32LE(4);
    const count = header.readUInt32LE(8);
    // Buffers have memory of their own, as some become ArrayBuffers.
    const body = count === 0 && total <= AHEAD_BYTES ? this.peek(total) : this.readFully(total);
    const message = JSON.parse(body.toString('utf8', 4 * count, 4 * count + jsonLength));
    const buffers = [];
    let offset = 4 * count + jsonLength;
    for (let index = 0; index < count; index++) {
      const length = body.readUInt32LE(4 * index);
      buffers.push(body.subarray(offset, offset + length));
      offset += length;
    }
    return { message, buffers };
  }

  send(message, buffers) {
    if (this.beforeSending !== null) this.beforeSending();
    this.put(message, buffers);
    const { unsent, unsentBytes } = this;
    this.unsent = [];
    this.unsentBytes = 0;
    if (unsentBytes <= AHEAD_BYTES) this.writeFully(Buffer.concat(unsent, unsentBytes));
    else for (const part of unsent) this.writeFully(part);
  }

  /** Sends a message that has no answer, together with the next one. */
  put(message, buffers) {
    const json = Buffer.from(JSON.stringify(message), 'utf8');
    const lengths = Buffer.allocUnsafe(HEADER_BYTES + 4 * buffers.length);
    let total = 4 * buffers.length + json.length;
    buffers.forEach((buffer, index) => {
      lengths.writeUInt32LE(buffer.byteLength, HEADER_BYTES + 4 * index);
      total += buffer.byteLength;
    });
    lengths.writeUInt32LE(total, 0);
    lengths.writeUInt32LE(json.length, 4);
    lengths.writeUInt32LE(buffers.length, 8);
    this.unsent.push(lengths, json, ...buffers);
    this.unsentBytes += lengths.byteLength - 4 * buffers.length + total;
  }

  /** Asks Python and waits for the answer; meanwhile performs what Python asks for. */
  request(message, buffers) {
    this.send(message, buffers);
    for (;;) {
      const answer = this.receive();
      if (answer.message[0] === 'return' || answer.message[0] === 'throw') return answer;
      this.perform(answer.message, answer.buffers);
    }
  }
}

const { Buffer, process } = globalThis;

module.exports = { Channel };
