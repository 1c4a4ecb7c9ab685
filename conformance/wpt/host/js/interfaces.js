// Interface objects and prototypes, made as Web IDL § 3.7 has them from the descriptions that Python sends. Every member
// asks Python, whose object is behind the wrapper.
'use strict';

const { Conversions } = require('./conversions.js');
const { isBufferSource, isResizable } = require('./values.js');

class Interfaces {
  constructor(channel, values) {
    this.values = values;
    this.conversions = new Conversions(values, this);
    this.descriptions = new Map();
    this.classes = new Map();
    // For speed: functions that make objects of the same prototypes.
    this.wrapperClasses = new Map();
    values.wrapperFactory = (name) => this.newWrapper(name);
  }

  inherits(name, ancestor) {
    for (let current = name; current; current = this.descriptions.get(current)?.parent) {
      if (current === ancestor) return true;
    }
    return false;
  }

  newWrapper(name) {
    const object = new (this.wrapperClasses.get(name))();
    return this.descriptions.get(name).indexed ? this.indexed(object) : object;
  }

  /** Web IDL § 3.9: a legacy platform object, with indexed properties that can't be changed. */
  indexed(object) {
    const item = (proxy, property) => {
      if (typeof property !== 'string' || !/^(0|[1-9]\d*)$/.test(property)) return undefined;
      return this.values.request(['index', this.values.brandOf(proxy).handle], [Number(property)]);
    };
    const proxy = new Proxy(object, {
      get: (target, property, receiver) => item(proxy, property) ?? Reflect.get(target, property, receiver),
      has: (target, property) => item(proxy, property) !== undefined || Reflect.has(target, property),
      ownKeys: (target) => [...Array(proxy.length).keys()].map(String).concat(Reflect.ownKeys(target)),
      getOwnPropertyDescriptor(target, property) {
        const value = item(proxy, property);
        if (value === undefined) return Reflect.getOwnPropertyDescriptor(target, property);
        return { value, writable: false, enumerable: true, configurable: true };
      },
      set(target, property, value, receiver) {
        return item(proxy, property) === undefined && Reflect.set(target, property, value, receiver);
      },
      defineProperty(target, property, descriptor) {
        return item(proxy, property) === undefined && Reflect.defineProperty(target, property, descriptor);
      },
      deleteProperty(target, property) {
        return item(proxy, property) === undefined && Reflect.deleteProperty(target, property);
      },
    });
    return proxy;
  }

  install(descriptions) {
    for (const description of descriptions) {
      this.descriptions.set(description.name, description);
      const Class = this.makeClass(description);
      this.classes.set(description.name, Class);
      function Wrapper() {}
      Wrapper.prototype = Class.prototype;
      this.wrapperClasses.set(description.name, Wrapper);
      if (!description.exposed || description.isGlobal) continue;
      Object.defineProperty(globalThis, description.name, {
        value: Class, writable: true, enumerable: false, configurable: true,
      });
    }
  }

  makeClass(description) {
    const { name, parent, constructors } = description;
    const construct = (newTarget, args) => this.construct(description, newTarget, args);
    const Class = parent
      ? class extends this.classes.get(parent) { constructor(...args) { return construct(new.target, args); } }
      : class { constructor(...args) { return construct(new.target, args); } };
    const length = constructors.length === 0 ? 0 : Math.min(...constructors.map(requiredCount));
    Object.defineProperty(Class, 'name', { value: name, configurable: true });
    Object.defineProperty(Class, 'length', { value: length, configurable: true });
    Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: name, configurable: true });
    for (const [constant, value] of Object.entries(description.constants)) {
      const property = { value, enumerable: true };
      Object.defineProperty(Class, constant, property);
      Object.defineProperty(Class.prototype, constant, property);
    }
    if (description.indexed) {
      const iterator = { value: Array.prototype.values, writable: true, configurable: true };
      Object.defineProperty(Class.prototype, Symbol.iterator, iterator);
    }
    for (const attribute of description.attributes) this.defineAttribute(Class, description, attribute);
    for (const operation of description.operations) this.defineOperation(Class, description, operation);
    return Class;
  }

  construct(description, newTarget, args) {
    const { name, constructors } = description;
    if (constructors.length === 0) throw new TypeError('Illegal constructor');
    let prototype = newTarget.prototype;
    if (typeof prototype !== 'object' || prototype === null) prototype = this.classes.get(name).prototype;
    const overload = this.resolveOverload(constructors, args, name);
    const out = [];
    const converted = this.convertArguments(overload, args, out, name);
    let attributes;
    if (overload === constructors[0]) {
      attributes = safeAttributes(description, converted, out) ?? this.copiedAttributes(description, args, converted);
    }
    let handle;
    if (attributes !== undefined) {
      handle = this.values.constructLater(name, converted, out);
    } else {
      [handle, attributes] = this.values.request(['construct', name, constructors.indexOf(overload)], converted, out);
    }
    return this.values.adopt(Object.create(prototype), handle, name, 1, attributes);
  }

  /** The attributes of an object that is made from another one of its interface, if that cannot fail. */
  copiedAttributes(description, [original], [, init = {}]) {
    const { name, safeCopy } = description;
    if (safeCopy === null) return undefined;
    const brand = this.values.brandOf(original);
    const copied = brand.interfaceName === name ? this.plainAttributes(brand) : undefined;
    if (copied === undefined) return undefined;
    for (const [member, value] of Object.entries(init)) {
      if (!isOfKind(value, safeCopy[member])) return undefined;
      copied[placeOf(description, member)] = value;
    }
    return copied;
  }

  /** A copy of the attributes of an object that are no objects themselves, if they are known and still those. */
  plainAttributes(brand) {
    if (!isOpen(brand)) return undefined;
    return brand.attributes.slice(0, this.descriptions.get(brand.interfaceName).plainAttributes);
  }

  defineAttribute(Class, description, { name, static: isStatic, type, promise, index, isOwn, safeValues }) {
    const interfaces = this;
    const target = isStatic ? Class : Class.prototype;
    const isKept = (description.constant || description.steady) && index !== null;
    const getter = {
      get [name]() {
        return interfaces.guarded(promise, () => {
          const brand = interfaces.brandOf(this, description, name);
          if (isKept) return interfaces.keptAttribute(brand, name, index);
          if (isOwn) return interfaces.ownAttribute(brand, name);
          return interfaces.values.request(['get', brand.handle, name]);
        });
      },
    };
    const descriptor = Object.getOwnPropertyDescriptor(getter, name);
    if (type !== null) {
      const setter = {
        set [name](value) {
          const brand = interfaces.brandOf(this, description, name);
          const out = [];
          const converted = interfaces.conversions.convert(type, value, out, `${description.name}.${name}`);
          brand.own = undefined;
          if (safeValues.includes(converted)) {
            interfaces.values.setLater(brand.handle, name, converted);
          } else {
            interfaces.values.request(['set', brand.handle, name], [converted], out);
          }
        },
      };
      descriptor.set = Object.getOwnPropertyDescriptor(setter, name).set;
    }
    Object.defineProperty(target, name, descriptor);
  }

  /** For speed: the attributes come with the object, or with the first one that is asked for. */
  keptAttribute(brand, name, index) {
    brand.attributes ??= this.values.request(['snapshot', brand.handle]);
    const { attributes } = brand;
    // One that is an object itself may be missing.
    if (attributes[index] === undefined) attributes[index] = this.values.request(['object', brand.handle, name]);
    return attributes[index];
  }

  /** For speed: the attribute is asked for once, until a value is assigned to any. */
  ownAttribute(brand, name) {
    const get = () => this.values.request(['get', brand.handle, name]);
    if (brand.hasEnded) return get();
    brand.own ??= new Map();
    if (!brand.own.has(name)) brand.own.set(name, get());
    return brand.own.get(name);
  }

  /** For speed: Python is told with the next message. Nobody can tell the difference. */
  defineClosing(Class, description, name) {
    const { values } = this;
    const interfaces = this;
    const method = {
      [name]() {
        const { handle } = interfaces.brandOf(this, description, name);
        values.closeLater(this, handle, name);
      },
    }[name];
    Object.defineProperty(Class.prototype, name, { value: method, writable: true, enumerable: true, configurable: true });
  }

  /** For speed: a copy of an object that is not closed, of which Python is told with the next message. */
  cloned(brand, name) {
    const plain = this.plainAttributes(brand);
    if (plain === undefined) return undefined;
    const { handle, interfaceName } = brand;
    const { values } = this;
    return values.adopt(this.newWrapper(interfaceName), values.cloneLater(handle, name), interfaceName, 1, plain);
  }

  /** For speed: copies contents that never change, if they are known and the destination has room. */
  copiedContents({ contents }, destination) {
    if (contents === undefined || contents.byteLength === 0) return false;
    if (!isBufferSource(destination) || isResizable(destination)) return false;
    // A buffer that is detached has no room.
    if (destination.byteLength < contents.byteLength) return false;
    this.values.bytesOf(destination).set(contents);
    return true;
  }

  /**
   * For speed: whether a request for `object` cannot fail, by Python's forecast. Then this does to the size of the queue
   * what the request will do.
   */
  takesRequest({ attributes, forecast }, queueSizeIndex, object) {
    if (forecast === undefined || !this.hasAttributes(object, forecast.attributes)) return false;
    if (forecast.room === null) attributes[queueSizeIndex] += 1;
    else if (forecast.room > 0) forecast.room -= 1;
    else return false;
    return true;
  }

  /** Whether a platform object is open and is known to have these values of attributes. */
  hasAttributes(object, expected) {
    const brand = this.values.brandOf(object);
    if (!isOpen(brand)) return false;
    const description = this.descriptions.get(brand.interfaceName);
    return Object.entries(expected).every(([name, value]) => brand.attributes[placeOf(description, name)] === value);
  }

  defineOperation(Class, description, operation) {
    const { name, static: isStatic, promise, overloads } = operation;
    const { closes, clones, copiesContents, neverFails, queueSizeIndex } = operation;
    if (closes) {
      this.defineClosing(Class, description, name);
      return;
    }
    const interfaces = this;
    const context = `${description.name}.${name}`;
    const method = {
      [name](...args) {
        return interfaces.guarded(promise, () => {
          const brand = isStatic ? null : interfaces.brandOf(this, description, name);
          const clone = clones ? interfaces.cloned(brand, name) : undefined;
          if (clone !== undefined) return clone;
          if (copiesContents && interfaces.copiedContents(brand, args[0])) return undefined;
          const overload = interfaces.resolveOverload(overloads, args, context);
          const index = overloads.indexOf(overload);
          const out = [];
          const converted = interfaces.convertArguments(overload, args, out, context);
          if (neverFails || (queueSizeIndex !== null && interfaces.takesRequest(brand, queueSizeIndex, args[0]))) {
            interfaces.values.invokeLater(brand.handle, name, index, converted);
            return undefined;
          }
          const head = isStatic ? ['static', description.name, name, index] : ['invoke', brand.handle, name, index];
          return interfaces.values.request(head, converted, out);
        });
      },
    }[name];
    Object.defineProperty(method, 'length', { value: Math.min(...overloads.map(requiredCount)), configurable: true });
    const target = isStatic ? Class : Class.prototype;
    Object.defineProperty(description.isGlobal ? globalThis : target, name, {
      value: method, writable: true, enumerable: true, configurable: true,
    });
  }

  /** What returns a promise never throws. */
  guarded(returnsPromise, steps) {
    if (!returnsPromise) return steps();
    try {
      return steps();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  brandOf(thisValue, description, member) {
    const brand = this.values.brandOf(thisValue ?? globalThis);
    if (brand === undefined || !this.inherits(brand.interfaceName, description.name)) {
      throw new TypeError(`Illegal invocation: ${member} of what is no ${description.name}`);
    }
    return brand;
  }

  /** Web IDL § 3.6, for overloads that their number of arguments or the type of their first one tells apart. */
  resolveOverload(overloads, args, context) {
    const required = Math.min(...overloads.map(requiredCount));
    if (args.length < required) throw new TypeError(`${context}: ${required} arguments required, ${args.length} given`);
    if (overloads.length === 1) return overloads[0];
    const count = Math.min(args.length, Math.max(...overloads.map(maximumCount)));
    const candidates = overloads.filter((each) => requiredCount(each) <= count && count <= maximumCount(each));
    const chosen = candidates.find((overload) => this.conversions.matches(overload[0].type, args[0]))
      ?? (candidates.length === 1 ? candidates[0] : undefined);
    if (chosen === undefined) throw new TypeError(`${context}: no overload takes these arguments`);
    return chosen;
  }

  convertArguments(overload, args, out, context) {
    const converted = [];
    overload.forEach(({ name, type, optional, variadic }, index) => {
      if (variadic) {
        for (const value of args.slice(index)) {
          converted.push(this.conversions.convert(type, value, out, `${context}: ${name}`));
        }
      } else if (!(optional && args[index] === undefined)) {
        converted.push(this.conversions.convert(type, args[index], out, `${context}: ${name}`));
      } else {
        converted.push(['u']);
      }
    });
    while (converted.length > 0 && isMissing(converted.at(-1))) converted.pop();
    return converted;
  }
}

/** Whether the attributes of a platform object are known, and are still those. */
const isOpen = ({ attributes, hasEnded }) => attributes !== undefined && !hasEnded;

/** The place of an attribute among those that are kept. */
const placeOf = ({ attributes }, name) => attributes.find((attribute) => attribute.name === name).index;

const isMissing = (value) => Array.isArray(value) && value[0] === 'u';

/** The attributes of an object whose constructor cannot fail with these arguments, which are converted. */
function safeAttributes({ safeInit, attributes }, converted, out) {
  if (safeInit === null || converted.length !== 1) return undefined;
  const [init] = converted;
  if (!safeInit.required.every((name) => name in init)) return undefined;
  for (const [name, value] of Object.entries(init)) {
    if (!isOfKind(value, safeInit.kinds[name])) return undefined;
  }
  return attributes.map(({ name }) => {
    const member = safeInit.attributes[name];
    const value = init[member];
    return safeInit.kinds[member] === 'bytes' ? out[value[2]].byteLength : value ?? null;
  });
}

function isOfKind(value, kind) {
  switch (kind) {
    case undefined:
      return false;
    case 'integer':
      return Number.isSafeInteger(value);
    case 'natural':
      return Number.isSafeInteger(value) && value >= 0;
    case 'bytes':
      return value[2] >= 0;
    default:
      return kind.includes(value);
  }
}

function requiredCount(overload) {
  const first = overload.findIndex(({ optional, variadic }) => optional || variadic);
  return first === -1 ? overload.length : first;
}

function maximumCount(overload) {
  return overload.some(({ variadic }) => variadic) ? Infinity : overload.length;
}

module.exports = { Interfaces };
