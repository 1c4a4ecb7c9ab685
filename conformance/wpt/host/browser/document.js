// The document of a page, as far as its canvas elements need one: what else is asked of it throws NotSupportedError. And
// the load event of a window.
'use strict';

module.exports = function installDocument(host) {
  const { define, service, performs } = host;
  host.completeContext2D('CanvasRenderingContext2D');

  /** Elements that testharness.js looks for in its documents. There are none. */
  const HARNESS_ELEMENTS = ['meta', 'script', 'title'];

  function refuse(part) {
    throw new DOMException(`the document has no ${part} here`, 'NotSupportedError');
  }

  performs.installDocument = (canvases) => {
    const elements = (name) => {
      if (name === 'canvas') return canvases;
      return HARNESS_ELEMENTS.includes(name) ? [] : refuse(`elements ${name}`);
    };

    class Document {
      createElement(name) {
        return String(name).toLowerCase() === 'canvas' ? service('createCanvasElement') : refuse(`elements ${name}`);
      }

      createElementNS(namespace, name) { return refuse(`elements ${name} of ${namespace}`); }

      getElementsByTagName(name) { return elements(String(name)); }

      querySelector(selectors) { return elements(String(selectors))[0] ?? null; }

      get body() { return refuse('body'); }
    }
    Object.defineProperty(Document.prototype, Symbol.toStringTag, { value: 'Document', configurable: true });
    define('document', new Document());
    define('window', globalThis);

    let onload = null;
    globalThis.addEventListener('load', (event) => { onload?.call(globalThis, event); });
    Object.defineProperty(globalThis, 'onload', {
      get: () => onload,
      set(handler) { onload = typeof handler === 'function' ? handler : null; },
      enumerable: true,
      configurable: true,
    });
  };

  performs.load = () => { host.fire(globalThis, new Event('load')); };
};
