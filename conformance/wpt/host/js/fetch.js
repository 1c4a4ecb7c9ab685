// fetch() of files of the realm's origin, and of blob: and data: URLs; Request and Response as far as that needs them.
'use strict';

const { Buffer, resolveObjectURL } = require('node:buffer');
const { isBufferSource, isResizable } = require('./values.js');

module.exports = function installFetch(host) {
  const { define, service, performs } = host;
  const pending = new Map();
  let nextNumber = 1;

  /** Bytes as a stream; readable byte by byte (BYOB) as well. */
  function streamOf(bytes) {
    return new ReadableStream({
      type: 'bytes',
      start(controller) {
        if (bytes.byteLength > 0) controller.enqueue(bytes);
        controller.close();
        controller.byobRequest?.respond(0);
      },
    });
  }

  function bytesOf(body) {
    if (body === null || body === undefined) return new Uint8Array();
    if (typeof body === 'string') return new TextEncoder().encode(body);
    if (isBufferSource(body) && isResizable(body)) throw new TypeError('the body is in an ArrayBuffer that can be resized');
    if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice();
    if (body instanceof ArrayBuffer) return new Uint8Array(body.slice(0));
    return null;
  }

  /** The body of a Response that is not in memory. */
  function streamOfBody(body) {
    if (body instanceof ReadableStream) return body;
    return body instanceof Blob ? body.stream() : undefined;
  }

  class Headers {
    #values = new Map();

    constructor(init = {}) {
      const entries = isIterable(init) ? init : Object.entries(init ?? {});
      for (const [name, value] of entries) this.append(name, value);
    }

    append(name, value) {
      const key = String(name).toLowerCase();
      this.#values.set(key, this.#values.has(key) ? `${this.#values.get(key)}, ${value}` : String(value));
    }

    set(name, value) { this.#values.set(String(name).toLowerCase(), String(value)); }

    get(name) { return this.#values.get(String(name).toLowerCase()) ?? null; }

    has(name) { return this.#values.has(String(name).toLowerCase()); }

    delete(name) { this.#values.delete(String(name).toLowerCase()); }

    entries() { return [...this.#values].sort(([one], [other]) => (one < other ? -1 : 1))[Symbol.iterator](); }

    [Symbol.iterator]() { return this.entries(); }
  }
  Object.defineProperty(Headers.prototype, Symbol.toStringTag, { value: 'Headers', configurable: true });
  const isIterable = (value) => typeof value?.[Symbol.iterator] === 'function';

  class Response {
    #bytes;
    #body;
    #status;
    #statusText;
    #headers;
    #url = '';

    constructor(body = null, init = {}) {
      this.#bytes = bytesOf(body);
      this.#body = body === null || body === undefined ? null : undefined;
      if (this.#bytes === null) this.#body = streamOfBody(body);
      if (this.#body === undefined && this.#bytes === null) throw new TypeError('the body is neither text, nor bytes, nor a stream of them');
      this.#status = init?.status ?? 200;
      this.#statusText = init?.statusText ?? '';
      this.#headers = new Headers(init?.headers);
      if (body instanceof Blob && body.type !== '' && !this.#headers.has('Content-Type')) {
        this.#headers.set('Content-Type', body.type);
      }
    }

    static fetched(url, body, init) {
      const response = new Response(body, init);
      response.#url = url;
      return response;
    }

    clone() {
      if (this.bodyUsed) throw new TypeError('the body has been read, or is being read');
      const init = { status: this.#status, statusText: this.#statusText, headers: this.#headers };
      if (this.body === null) return fetched(this.#url, null, init);
      const [own, other] = this.body.tee();
      this.#body = own;
      return fetched(this.#url, other, init);
    }

    get body() {
      if (this.#body === undefined) this.#body = streamOf(this.#bytes);
      return this.#body;
    }

    get bodyUsed() { return Boolean(this.#body) && (this.#body.locked || this.#bytes === undefined); }

    get headers() { return this.#headers; }

    get ok() { return this.#status >= 200 && this.#status < 300; }

    get redirected() { return false; }

    get status() { return this.#status; }

    get statusText() { return this.#statusText; }

    get type() { return this.#url === '' ? 'default' : 'basic'; }

    get url() { return this.#url; }

    async arrayBuffer() {
      if (this.#body === null && this.#bytes === undefined) throw new TypeError('the body has been read');
      if (this.#body === null) return new ArrayBuffer(0);
      if (this.body.locked) throw new TypeError('the body is being read');
      const reader = this.body.getReader();
      const chunks = [];
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        chunks.push(value);
      }
      this.#bytes = undefined;
      const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.byteLength, 0));
      let offset = 0;
      for (const chunk of chunks) {
        whole.set(chunk, offset);
        offset += chunk.byteLength;
      }
      return whole.buffer;
    }

    async bytes() { return new Uint8Array(await this.arrayBuffer()); }

    async text() { return new TextDecoder().decode(await this.arrayBuffer()); }

    async json() { return JSON.parse(await this.text()); }

    async blob() { return new Blob([await this.arrayBuffer()], { type: this.#headers.get('Content-Type') ?? '' }); }
  }
  Object.defineProperty(Response.prototype, Symbol.toStringTag, { value: 'Response', configurable: true });
  const fetched = Response.fetched;
  delete Response.fetched;

  performs.networkTask = (number) => {
    const steps = pending.get(number);
    pending.delete(number);
    steps();
  };

  class Request {
    #url;
    #method;
    #headers;
    #signal;

    constructor(input, init = {}) {
      const from = input instanceof Request ? input : null;
      this.#url = from?.url ?? new URL(String(input), globalThis.location.href).href;
      this.#method = String(init?.method ?? from?.method ?? 'GET').toUpperCase();
      this.#headers = new Headers(init?.headers ?? from?.headers);
      this.#signal = init?.signal ?? from?.signal ?? new AbortController().signal;
      if ((init?.body ?? null) !== null) throw new DOMException('a body cannot be sent here', 'NotSupportedError');
    }

    get url() { return this.#url; }

    get method() { return this.#method; }

    get headers() { return this.#headers; }

    get signal() { return this.#signal; }

    get body() { return null; }

    clone() { return new Request(this); }
  }
  Object.defineProperty(Request.prototype, Symbol.toStringTag, { value: 'Request', configurable: true });

  /** A file of this origin: its size in bytes, and `part(start, end)`, a body. Null if there is none. */
  host.fileAt = (path) => {
    const content = service('readFile', path);
    if (content === null) return null;
    const bytes = new Uint8Array(content);
    return { size: bytes.byteLength, part: (start, end) => bytes.subarray(start, end) };
  };

  const isOfThisOrigin = (url) => url.origin === host.origin.origin && url.protocol === host.origin.protocol;

  /** What is behind a URL: its size in bytes, its type, and `part(start, end)`, a body. Null if there is nothing. */
  function resourceAt(url) {
    if (url.protocol === 'blob:') {
      const blob = resolveObjectURL(url.href);
      return blob && { size: blob.size, type: blob.type, part: (start, end) => blob.slice(start, end) };
    }
    if (url.protocol === 'data:') return dataOf(url);
    if (!isOfThisOrigin(url)) {
      throw new TypeError(`only files of ${host.origin.protocol}//${host.origin.host}, blob: and data: URLs`
        + ` can be fetched, not ${url.href}`);
    }
    const file = host.fileAt(decodeURIComponent(url.pathname));
    return file && { ...file, type: typeOf(url.pathname) };
  }

  /** RFC 9110 §§ 9.3 and 14: the answer to GET or HEAD, with a range of bytes if one is asked for. */
  function responseTo(request) {
    if (!['GET', 'HEAD'].includes(request.method)) throw new TypeError(`${request.method} is not supported here`);
    const resource = resourceAt(new URL(request.url));
    if (!resource) return fetched(request.url, '', { status: 404, statusText: 'Not Found' });
    const { size, type, part } = resource;
    const range = rangeOf(request.headers.get('Range'), size);
    const headers = { 'Content-Type': type, 'Accept-Ranges': 'bytes' };
    if (range !== null && range.start >= range.end) {
      headers['Content-Range'] = `bytes */${size}`;
      return fetched(request.url, '', { status: 416, statusText: 'Range Not Satisfiable', headers });
    }
    const { start, end } = range ?? { start: 0, end: size };
    headers['Content-Length'] = String(end - start);
    if (range !== null) headers['Content-Range'] = `bytes ${start}-${end - 1}/${size}`;
    const init = range === null ? { statusText: 'OK', headers } : { status: 206, statusText: 'Partial Content', headers };
    return fetched(request.url, request.method === 'HEAD' ? null : part(start, end), init);
  }

  async function fetch(input, init = undefined) {
    const request = new Request(input, init);
    request.signal.throwIfAborted();
    const number = nextNumber++;
    return new Promise((resolve, reject) => {
      request.signal.addEventListener('abort', () => reject(request.signal.reason), { once: true });
      pending.set(number, () => {
        try {
          resolve(responseTo(request));
        } catch (error) {
          reject(error);
        }
      });
      service('queueNetworkTask', number);
    });
  }

  /** Runs scripts at once, which only workers can. */
  function importScripts(...urls) {
    for (const input of urls) {
      const url = new URL(String(input), globalThis.location.href);
      const content = isOfThisOrigin(url) ? service('readFile', decodeURIComponent(url.pathname)) : null;
      if (content === null) throw new DOMException(`${url.href} cannot be loaded`, 'NetworkError');
      host.runScript(new TextDecoder().decode(content), url.pathname);
    }
  }

  define('Headers', Headers);
  define('Request', Request);
  define('Response', Response);
  for (const operation of [fetch, importScripts]) {
    Object.defineProperty(globalThis, operation.name, {
      value: operation, writable: true, enumerable: true, configurable: true,
    });
  }
};

const TYPES = {
  js: 'text/javascript', json: 'application/json', html: 'text/html', txt: 'text/plain', idl: 'text/plain',
  png: 'image/png', gif: 'image/gif', jpg: 'image/jpeg', webp: 'image/webp', avif: 'image/avif', svg: 'image/svg+xml',
  mp4: 'video/mp4', webm: 'video/webm', ogg: 'audio/ogg', wav: 'audio/wav', mp3: 'audio/mpeg', flac: 'audio/flac',
};

/** The part of `size` bytes that a Range header asks for; null if it asks for none. */
function rangeOf(header, size) {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [null, '', ''];
  if (first === '' && last === '') return null;
  if (first === '') return { start: Math.max(0, size - Number(last)), end: size };
  return { start: Number(first), end: last === '' ? size : Math.min(Number(last) + 1, size) };
}

/** RFC 2397: the content of a data: URL. */
function dataOf(url) {
  const match = /^data:([^,]*?)(;base64)?,([^#]*)/i.exec(url.href);
  if (match === null) throw new TypeError(`${url.href} is no data: URL`);
  const [, type, isBase64, data] = match;
  const bytes = isBase64 ? Buffer.from(decodeURIComponent(data), 'base64') : percentDecoded(data);
  return {
    size: bytes.byteLength,
    type: type || 'text/plain;charset=US-ASCII',
    part: (start, end) => new Uint8Array(bytes.subarray(start, end)),
  };
}

function percentDecoded(text) {
  const latin1 = text.replace(/%([0-9a-f]{2})/gi, (_, digits) => String.fromCharCode(parseInt(digits, 16)));
  return Buffer.from(latin1, 'latin1');
}

function typeOf(path) {
  return TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
}
