const facts = [];
const errors = [];
/** A value as JSON has it. Objects have the names of their interfaces, errors a number each. */
function shown(value) {
  if (value === undefined) return "undefined";
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (value === null || ["string", "boolean"].includes(typeof value)) return value;
  if (typeof value === "function") return value.called ?? "function";
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return value.map(shown);
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
    const content = new Uint8Array(value.buffer ?? value, value.byteOffset ?? 0, value.byteLength);
    let sum = 0;
    for (const byte of content) sum = (Math.imul(sum, 31) + byte) >>> 0;
    return `${content.length} bytes: ${content.subarray(0, 8).join(" ")}${content.length > 8 ? " …" : ""}, sum ${sum}`;
  }
  if (value instanceof Error || value instanceof DOMException) {
    if (!errors.includes(value)) errors.push(value);
    return `${value.name} ${errors.indexOf(value) + 1}`;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value.constructor.name;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shown(item)]));
}
function log(name, value) {
  facts.push([name, shown(value)]);
  console.log(name, shown(value));
  return value;
}
