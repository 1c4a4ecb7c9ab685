// Interface objects and prototypes, made as Web IDL § 3.7 has them from the descriptions that Python sends. Every member
// asks Python, whose object is behind the wrapper.
'use strict';

const { Conversions } = require('./conversions.js');

class Interfaces {
  constructor(channel, values) {
    this.values = values;
    this.conversions = new Conversions(values, this);
    this.descriptions = new Map();
    this.classes = new Map();
    values.wrapperFactory = (name) => this.newWrapper(name);
  }

  inherits(name, ancestor) {
    for (let current = name; current; current = this.descriptions.get(current)?.parent) {
      if (current === ancestor) return true;
    }
    return false;
  }

  newWrapper(name) {
    const object = Object.create(this.classes.get(name).prototype);
    return this.descriptions.get(name).indexed ? this.indexed(object) : object;
  }

  /** Web IDL § 3.9: a legacy platform object, with indexed properties that can't be changed. */
  indexed(object) {
    const item = (proxy, property) => {
      if (typeof property !== 'string' || !/^(0|[1-9]\d*)$/.test(property)) return undefined;
      return this.values.request(['index', this.values.brandOf(proxy).handle], () => [Number(property)]);
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
      this.classes.set(description.name, this.makeClass(description));
      if (!description.exposed || description.isGlobal) continue;
      Object.defineProperty(globalThis, description.name, {
        value: this.classes.get(description.name), writable: true, enumerable: false, configurable: true,
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
    const head = ['construct', name, constructors.indexOf(overload)];
    const [handle, attributes] = this.values.request(head, (out) => this.convertArguments(overload, args, out, name));
    return this.values.adopt(Object.create(prototype), handle, name, 1, attributes);
  }

  defineAttribute(Class, description, { name, static: isStatic, type, promise }) {
    const interfaces = this;
    const target = isStatic ? Class : Class.prototype;
    const getter = {
      get [name]() {
        return interfaces.guarded(promise, () => {
          const handle = interfaces.handleOf(this, description, name);
          if (description.constant) return interfaces.constantAttribute(this, handle, name);
          const steady = type === null ? interfaces.values.steadyAttributes(this) : undefined;
          if (steady !== undefined && name in steady) return steady[name];
          return interfaces.values.request(['get', handle, name], () => []);
        });
      },
    };
    const descriptor = Object.getOwnPropertyDescriptor(getter, name);
    if (type !== null) {
      const setter = {
        set [name](value) {
          const handle = interfaces.handleOf(this, description, name);
          interfaces.values.request(['set', handle, name], (out) => [
            interfaces.conversions.convert(type, value, out, `${description.name}.${name}`),
          ]);
        },
      };
      descriptor.set = Object.getOwnPropertyDescriptor(setter, name).set;
    }
    Object.defineProperty(target, name, descriptor);
  }

  /** For speed: an attribute that stays as it is comes with the object, or with the first one that is asked for. */
  constantAttribute(object, handle, name) {
    const { values } = this;
    let attributes = values.attributes.get(object);
    if (attributes === undefined) {
      attributes = values.request(['snapshot', handle], () => []);
      values.attributes.set(object, attributes);
    }
    if (!(name in attributes)) Object.assign(attributes, values.request(['objects', handle], () => []));
    return attributes[name];
  }

  /** For speed: Python is told with the next message. Nobody can tell the difference. */
  defineClosing(Class, description, name) {
    const { values } = this;
    const interfaces = this;
    const method = {
      [name]() {
        const handle = interfaces.handleOf(this, description, name);
        values.attributes.delete(this);
        values.closed.push([handle, name]);
      },
    }[name];
    Object.defineProperty(Class.prototype, name, { value: method, writable: true, enumerable: true, configurable: true });
  }

  defineOperation(Class, description, { name, static: isStatic, promise, closes, overloads }) {
    if (closes) {
      this.defineClosing(Class, description, name);
      return;
    }
    const interfaces = this;
    const context = `${description.name}.${name}`;
    const method = {
      [name](...args) {
        return interfaces.guarded(promise, () => {
          const head = isStatic
            ? ['static', description.name, name]
            : ['invoke', interfaces.handleOf(this, description, name), name];
          const overload = interfaces.resolveOverload(overloads, args, context);
          head.push(overloads.indexOf(overload));
          return interfaces.values.request(head, (out) => interfaces.convertArguments(overload, args, out, context));
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

  handleOf(thisValue, description, member) {
    const brand = this.values.brandOf(thisValue ?? globalThis);
    if (brand === undefined || !this.inherits(brand.interfaceName, description.name)) {
      throw new TypeError(`Illegal invocation: ${member} of what is no ${description.name}`);
    }
    return brand.handle;
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

const isMissing = (value) => Array.isArray(value) && value[0] === 'u';

function requiredCount(overload) {
  const first = overload.findIndex(({ optional, variadic }) => optional || variadic);
  return first === -1 ? overload.length : first;
}

function maximumCount(overload) {
  return overload.some(({ variadic }) => variadic) ? Infinity : overload.length;
}

module.exports = { Interfaces };
