// Web IDL's conversions, as far as they are JavaScript's: ToNumber, ToString, Get, iteration, callability, brands. What
// a number, a string or a dictionary then has to satisfy (ranges, enumerations, required members) is checked where the
// value is going, in codecmodel.web.webidl.
//
// A type is an array: its kind, and what the kind needs; conformance/wpt/host/conversions.py makes them.
'use strict';

const {
  isObject, isArrayBuffer, isSharedArrayBuffer, isBufferSource, isReadableStream, isResizable,
} = require('./values.js');

class Conversions {
  constructor(values, interfaces) {
    this.values = values;
    this.interfaces = interfaces;
  }

  /** `value` as `type`, encoded for Python; buffers are put into `out`. Throws TypeError. */
  convert(type, value, out, context) {
    const { values } = this;
    switch (type[0]) {
      case 'number':
        return values.encodeNumber(+value);
      case 'boolean':
        return Boolean(value);
      case 'string':
        return `${value}`;
      case 'opaque':
        return values.encodeReference(value);
      case 'nullable':
        return value === null || value === undefined ? null : this.convert(type[1], value, out, context);
      case 'callback':
        if (typeof value !== 'function') throw new TypeError(`${context} is not a function`);
        return values.encodeReference(value);
      case 'handler':
        return isObject(value) ? values.encodeReference(value) : null;
      case 'listener':
        if (value === null || value === undefined) return null;
        if (!isObject(value)) throw new TypeError(`${context} is not an object`);
        return values.encodeReference(value);
      case 'buffer':
        return this.buffer(value, out, context, { lent: false });
      case 'destination':
        return this.buffer(value, out, context, { lent: true });
      case 'imageBuffer':
        return isReadableStream(value) ? values.encodeStream(value) : this.buffer(value, out, context, { lent: false });
      case 'transferable':
        if (!isArrayBuffer(value)) throw new TypeError(`${context} is not an ArrayBuffer`);
        requireFixedLength(value, context);
        return values.encodeBuffer(value, out, true);
      case 'sequence':
        return this.sequence(type[1], value, out, context);
      case 'dictionary':
        return this.dictionary(type[1], value, out, context);
      case 'interface':
        if (!this.matches(type, value)) throw new TypeError(`${context} is not of type ${type.slice(1).join(' or ')}`);
        return ['h', values.brandOf(value).handle];
      case 'union':
        return this.union(type.slice(1), value, out, context);
      default:
        throw new Error(`no such type: ${type[0]}`);
    }
  }

  buffer(value, out, context, { lent }) {
    if (!isBufferSource(value) && !isSharedArrayBuffer(value)) {
      throw new TypeError(`${context} is neither an ArrayBuffer nor a view of one`);
    }
    requireFixedLength(value, context);
    return this.values.encodeBuffer(value, out, lent);
  }

  sequence(itemType, value, out, context) {
    const method = isObject(value) ? value[Symbol.iterator] : undefined;
    if (method === undefined || method === null) throw new TypeError(`${context} is not a sequence`);
    const items = [];
    for (const item of { [Symbol.iterator]: () => Reflect.apply(method, value, []) }) {
      items.push(this.convert(itemType, item, out, `${context}[${items.length}]`));
    }
    return ['s', items];
  }

  dictionary(members, value, out, context) {
    const converted = {};
    if (value === undefined || value === null) return converted;
    if (!isObject(value)) throw new TypeError(`${context} is not an object`);
    for (const [name, type] of members) {
      const member = value[name];
      if (member !== undefined) converted[name] = this.convert(type, member, out, `${context}.${name}`);
    }
    return converted;
  }

  /** Whether a union or an overload takes `type` for `value`. */
  matches(type, value) {
    switch (type[0]) {
      case 'interface': {
        const brand = this.values.brandOf(value);
        return brand !== undefined && type.slice(1).some((name) => this.interfaces.inherits(brand.interfaceName, name));
      }
      case 'buffer':
      case 'destination':
        return isBufferSource(value) || isSharedArrayBuffer(value);
      case 'callback':
        return typeof value === 'function';
      case 'sequence':
        return isObject(value) && value[Symbol.iterator] !== undefined && value[Symbol.iterator] !== null;
      case 'dictionary':
        return value === undefined || value === null || isObject(value);
      case 'nullable':
        return value === undefined || value === null || this.matches(type[1], value);
      case 'union':
        return type.slice(1).some((member) => this.matches(member, value));
      case 'boolean':
        return typeof value === 'boolean';
      case 'number':
        return typeof value === 'number';
      default:
        return true;
    }
  }

  union(types, value, out, context) {
    const type = types.find((candidate) => this.matches(candidate, value))
      ?? types.find(([kind]) => kind === 'string' || kind === 'number' || kind === 'boolean');
    if (type === undefined) throw new TypeError(`${context} is of none of the types allowed`);
    return this.convert(type, value, out, context);
  }
}

/** Web IDL § 3.2.25 and § 3.2.26: no type of WebCodecs has [AllowResizable]. Throws TypeError. */
function requireFixedLength(value, context) {
  if (isResizable(value)) throw new TypeError(`${context} is an ArrayBuffer that can be resized, or a view of one`);
}

module.exports = { Conversions };
