// Messages on a blocking socket: three 32-bit numbers (bytes that follow, bytes of JSON, number of buffers), the length
// of each buffer, the JSON, the buffers. Exactly one side is at work at any time; the other waits in receive(). This
// side does not wait if it tells Python something without a question.
'use strict';

const fs = require('node:fs');

const HEADER_BYTES = 12;
/** Bytes that are read at once, if there are so many. */
const AHEAD_BYTES = 2 ** 16;
/** Bytes that are written at once. */
const UNSENT_BYTES = 2 ** 18;

class Channel {
  constructor(descriptor) {
    this.descriptor = descriptor;
    this.perform = null;
    // Is called before each request.
    this.onrequest = () => {};
    // Whether there was one since this was set to false.
    this.hasAsked = false;
    // Adds to a message what has to go with it.
    this.completed = (message, buffers) => ({ message, buffers });
    this.ahead = Buffer.allocUnsafeSlow(AHEAD_BYTES);
    this.start = 0;
    this.end = 0;
    this.unsent = Buffer.allocUnsafeSlow(UNSENT_BYTES);
  }

  readSome(target, offset) {
    const count = fs.readSync(this.descriptor, target, offset, target.length - offset, null);
    if (count === 0) process.exit(0);
    return count;
  }

  /** Has the next bytes, as many as there is room for, ready at `this.start`. For speed, more are read at once. */
  ready(size) {
    if (this.start + size > AHEAD_BYTES) {
      this.ahead.copyWithin(0, this.start, this.end);
      this.end -= this.start;
      this.start = 0;
    }
    while (this.end - this.start < size) this.end += this.readSome(this.ahead, this.end);
  }

  /** The next bytes, in memory of their own. */
  readFully(size) {
    const target = Buffer.allocUnsafeSlow(size);
    let offset = this.ahead.copy(target, 0, this.start, Math.min(this.end, this.start + size));
    this.start += offset;
    while (offset < size) offset += this.readSome(target, offset);
    return target;
  }

  writeFully(source, size) {
    let offset = 0;
    while (offset < size) offset += fs.writeSync(this.descriptor, source, offset, size - offset);
  }

  receive() {
    this.ready(HEADER_BYTES);
    const total = this.ahead.readUInt32LE(this.start);
    const jsonLength = this.ahead.readUInt32LE(this.start + 4);
    const count = this.ahead.readUInt32LE(this.start + 8);
    this.start += HEADER_BYTES;
    if (count === 0 && total <= AHEAD_BYTES) {
      this.ready(total);
      this.start += total;
      return { message: JSON.parse(this.ahead.utf8Slice(this.start - total, this.start)), buffers: [] };
    }
    // Buffers have memory of their own, as some become ArrayBuffers.
    const body = this.readFully(total);
    const message = JSON.parse(body.utf8Slice(4 * count, 4 * count + jsonLength));
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
    const { message: completed, buffers: allBuffers } = this.completed(message, buffers);
    this.write(completed, allBuffers);
  }

  /** Sends this alone. */
  write(message, buffers) {
    const json = JSON.stringify(message);
    const headBytes = HEADER_BYTES + 4 * buffers.length;
    const bufferBytes = buffers.reduce((bytes, { byteLength }) => bytes + byteLength, 0);
    // A code unit is encoded in three bytes at most.
    if (headBytes + 3 * json.length + bufferBytes > UNSENT_BYTES) {
      this.sendLong(Buffer.from(json, 'utf8'), buffers, bufferBytes);
      return;
    }
    const { unsent } = this;
    const jsonBytes = unsent.utf8Write(json, headBytes);
    writeHead(unsent, jsonBytes, buffers, bufferBytes);
    let filled = headBytes + jsonBytes;
    for (const buffer of buffers) {
      unsent.set(buffer, filled);
      filled += buffer.byteLength;
    }
    this.writeFully(unsent, filled);
  }

  sendLong(json, buffers, bufferBytes) {
    const head = Buffer.allocUnsafe(HEADER_BYTES + 4 * buffers.length);
    writeHead(head, json.length, buffers, bufferBytes);
    for (const part of [head, json, ...buffers]) this.writeFully(part, part.byteLength);
  }

  /** Asks Python and waits for the answer; meanwhile performs what Python asks for. */
  request(message, buffers) {
    this.onrequest();
    this.hasAsked = true;
    this.send(message, buffers);
    for (;;) {
      const answer = this.receive();
      if (answer.message[0] === 'return' || answer.message[0] === 'throw') return answer;
      this.perform(answer.message, answer.buffers);
    }
  }
}

const { Buffer, process } = globalThis;

function writeHead(target, jsonBytes, buffers, bufferBytes) {
  target.writeUInt32LE(4 * buffers.length + jsonBytes + bufferBytes, 0);
  target.writeUInt32LE(jsonBytes, 4);
  target.writeUInt32LE(buffers.length, 8);
  buffers.forEach(({ byteLength }, index) => target.writeUInt32LE(byteLength, HEADER_BYTES + 4 * index));
}

module.exports = { Channel };
