"""Programs as plain JavaScript, to show a difference to somebody who has no model."""

import base64
import json
import math
from collections.abc import Mapping, Sequence
from string import Template
from typing import Final, cast

from conformance.campaigns.case import Case, Part, Value
from conformance.differ.arguments import bytes_of, chunk_of, config_of, filled, image_of
from conformance.differ.interpreter import CODECS

_PRELUDE: Final = Template("""\
// For a module in a worker or in a page, or in a browser's console.
const bytes = base64 => Uint8Array.from(atob(base64), character => character.charCodeAt(0));
const objects = {};
async function step(name, make) {
  try {
    const value = await make();
    console.log(name, value);
    return value;
  } catch (error) {
    console.log(name, error.name, error.message);
  }
}
$steps""")
#: Runs of so many equal bytes are written by their length.
_LONG_RUN: Final = 16


def javascript(program: Case) -> str:
    """The program as JavaScript that needs nothing else."""
    steps = [f"{line}\n" for part in program.parts for line in _lines(part)]
    return _PRELUDE.substitute(steps="".join(steps))


def _lines(part: Part) -> list[str]:
    value: Mapping[str, Value] = part.value if isinstance(part.value, dict) else {}
    result, method, interface = str(value.get("as")), str(value.get("method")), str(value.get("interface"))
    arguments = [_expression(each) for each in cast("Sequence[Value]", value.get("arguments", []))]
    on = f"objects.{value.get('on')!s}"
    match part.name:
        case "new":
            if interface in CODECS:
                output = "output => console.log('output', output.timestamp, output.duration, output)"
                arguments = [f"{{ output: {output}, error: error => console.log('error', error.name) }}"]
            return [_step(f"objects.{result} =", f"new {interface}({', '.join(arguments)})")]
        case "look":
            return [_step("", on)]
        case "call":
            target = f"objects.{result} =" if "as" in value else ""
            image = ".then(result => result.image ?? result)" if method == "decode" and target else ""
            return [_step(target, f"{on}.{method}({', '.join(arguments)}){image}")]
        case "static":
            return [_step("", f"{interface}.{method}({', '.join(arguments)})")]
        case "wait":
            attribute = str(value["attribute"])
            return [_step("", f"{on}.{attribute}")]
        case "copy":
            told = f"{on}.byteLength ?? {on}.allocationSize({', '.join(arguments)})"
            size = str(value["size"]) if "size" in value else told
            copied = f"const buffer = new Uint8Array({size}).fill(0xaa);"
            return [
                _step("", f"{on}.allocationSize({', '.join(arguments)})"),
                f"await step('copyTo', async () => {{ {copied} await {on}.copyTo({', '.join(['buffer', *arguments])});"
                " return buffer; });",
            ]
    return []


def _step(target: str, expression: str) -> str:
    name = expression.split("(")[0].replace("objects.", "")
    return f"{target} await step({json.dumps(name)}, () => {expression});".strip()


def _expression(value: object) -> str:
    """A value as JavaScript."""
    match value:
        case {"$object": str(name)}:
            return f"objects.{name}"
        case {"$bytes": [int(length), int(seed)]}:
            return _bytes(bytes_of(length, seed))
        case {"$fill": [*runs]}:
            data = filled(cast("list[Value]", runs))
            if len(runs) == 2 and len(data) > _LONG_RUN:
                return f"new Uint8Array({len(data)}).fill({data[0]})"
            return _bytes(data)
        case {"$media": [str(name), "config"], **more}:
            return _expression({**config_of(name), **cast("dict[str, object]", more.get("$with", {}))})
        case {"$media": [str(name), int(number)]}:
            return _bytes(chunk_of(name, number))
        case {"$image": str(name)}:
            return _bytes(image_of(name))
        case bytes():
            return _bytes(value)
        case float() if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        case None | bool() | int() | float() | str():
            return json.dumps(value)
        case Mapping():
            members = cast("Mapping[str, object]", value)
            return "{" + ", ".join(f"{json.dumps(name)}: {_expression(item)}" for name, item in members.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(_expression(item) for item in cast("Sequence[object]", value)) + "]"
    raise TypeError(f"no value of a program: {value!r}")


def _bytes(data: bytes) -> str:
    return f"bytes({json.dumps(base64.b64encode(data).decode('ascii'))})"
