// fetch() of files of the checkout, and Response as far as it gives what was fetched.
'use strict';

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
      if (body instanceof ReadableStream) this.#body = body;
      else if (this.#bytes === null) throw new TypeError('the body is neither text, nor bytes, nor a stream of them');
      this.#status = init?.status ?? 200;
      this.#statusText = init?.statusText ?? '';
      this.#headers = new Headers(init?.headers);
    }

    static fetched(url, bytes, type) {
      const response = bytes === null
        ? new Response('', { status: 404, statusText: 'Not Found' })
        : new Response(bytes, { statusText: 'OK', headers: { 'Content-Type': type } });
      response.#url = url;
      return response;
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

  async function fetch(input) {
    const url = new URL(String(input), globalThis.location.href);
    const number = nextNumber++;
    return new Promise((resolve, reject) => {
      pending.set(number, () => {
        if (url.origin !== globalThis.location.origin) {
          reject(new TypeError(`only files of the checkout can be fetched, not ${url.href}`));
          return;
        }
        const content = service('readFile', decodeURIComponent(url.pathname));
        resolve(fetched(url.href, content === null ? null : new Uint8Array(content), typeOf(url.pathname)));
      });
      service('queueNetworkTask', number);
    });
  }

  /** Runs scripts at once, which only workers can. */
  function importScripts(...urls) {
    for (const input of urls) {
      const url = new URL(String(input), globalThis.location.href);
      const content = url.origin === globalThis.location.origin ? service('readFile', decodeURIComponent(url.pathname)) : null;
      if (content === null) throw new DOMException(`${url.href} cannot be loaded`, 'NetworkError');
      host.runScript(new TextDecoder().decode(content), url.pathname);
    }
  }

  define('Headers', Headers);
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

function typeOf(path) {
  return TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
}
