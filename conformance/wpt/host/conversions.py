"""JavaScript's part of Web IDL's conversions, derived from the converters that do Python's part."""

from collections.abc import Mapping, Sequence
from typing import Final

from codecmodel.image_decoding.image_decoder_init import image_buffer_source
from codecmodel.web import buffers, webidl
from codecmodel.web.structured_data import SerializableObject, TransferableObject
from conformance.wpt.host.channel import Json
from conformance.wpt.host.description import (
    Argument,
    Interface,
    Interfaces,
    SafeInit,
    Special,
    Union,
)

_KINDS: Final[dict[object, str]] = {
    webidl.enforced_unsigned_long: "number",
    webidl.enforced_long_long: "number",
    webidl.enforced_unsigned_long_long: "number",
    webidl.long: "number",
    webidl.unsigned_long: "number",
    webidl.long_long: "number",
    webidl.unsigned_long_long: "number",
    webidl.unsigned_short: "number",
    webidl.double: "number",
    webidl.unrestricted_double: "number",
    webidl.single_float: "number",
    webidl.boolean: "boolean",
    webidl.dom_string: "string",
    webidl.callback_function: "callback",
    buffers.allow_shared_buffer_source: "buffer",
    buffers.array_buffer: "transferable",
    image_buffer_source: "imageBuffer",
}


def kind_of(type: object) -> list[Json]:
    """``type`` in the form that js/conversions.js takes. Raises TypeError for anything that is no type."""
    if isinstance(type, Special):
        return [type.kind]
    if isinstance(type, Interfaces):
        return ["interface", *type.names]
    if isinstance(type, Union):
        return ["union", *(kind_of(member) for member in type.types)]
    if isinstance(type, webidl.Dictionary):
        return ["dictionary", [[member.name, kind_of(member.converter)] for member in type.members]]
    if isinstance(type, webidl.Enumeration):
        return ["string"]
    if isinstance(type, webidl.Nullable):
        return ["nullable", kind_of(type.inner)]
    if isinstance(type, webidl.SequenceOf):
        return ["sequence", kind_of(type.inner)]
    if isinstance(type, webidl.PlatformObject):
        return ["interface", type.expected.__name__]
    kind = _KINDS.get(type)
    if kind is None:
        raise TypeError(f"not a type: {type!r}")
    return [kind]


def _overload(arguments: Sequence[Argument]) -> list[Json]:
    return [
        {
            "name": argument.name,
            "type": kind_of(argument.type),
            "optional": argument.optional,
            "variadic": argument.variadic,
        }
        for argument in arguments
    ]


def _safe_init(init: SafeInit | None) -> Json:
    if init is None:
        return None
    return {
        "required": list(init.required),
        "kinds": _kinds_of_members({**init.required, **init.optional}),
        "attributes": dict(init.attributes),
    }


def _kinds_of_members(kinds: Mapping[str, str | Sequence[str]]) -> Json:
    return {name: kind if isinstance(kind, str) else list(kind) for name, kind in kinds.items()}


def described(interface: Interface, *, secure: bool) -> Json:
    """An interface in the form that js/interfaces.js takes, for a realm whose context is ``secure`` or not."""
    return {
        "name": interface.name,
        "parent": interface.parent,
        "isGlobal": interface.is_global,
        "indexed": interface.indexed,
        "constant": interface.is_constant,
        "plainAttributes": len(interface.plain_attributes),
        "safeInit": _safe_init(interface.safe_init),
        "safeCopy": None if interface.safe_copy is None else _kinds_of_members(interface.safe_copy.members),
        "steady": interface.is_steady,
        "exposed": interface.exposed and (secure or not interface.secure_context),
        "serializable": issubclass(interface.implementation, SerializableObject),
        "transferable": issubclass(interface.implementation, TransferableObject),
        "constructors": [_overload(arguments) for arguments in interface.constructors],
        "constants": dict(interface.constants),
        "attributes": [
            {
                "name": attribute.name,
                "index": interface.places.get(attribute.name),
                "static": False,
                "type": None if attribute.type is None else kind_of(attribute.type),
                "promise": attribute.promise,
                "isOwn": attribute.is_own,
                "safeValues": list(attribute.safe_values),
            }
            for attribute in interface.attributes
        ],
        "operations": [
            {
                "name": operation.name,
                "static": operation.static,
                "promise": operation.returns_promise,
                "closes": operation.closes,
                "clones": operation.clones,
                "copiesContents": operation.contents is not None,
                "neverFails": operation.never_fails,
                "queueSizeIndex": interface.places_of_queue_sizes.get(operation.name),
                "overloads": [_overload(arguments) for arguments in operation.overloads],
            }
            for operation in interface.operations
        ],
    }
