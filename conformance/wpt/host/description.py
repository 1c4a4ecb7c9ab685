"""The notation in which interfaces are described to JavaScript, after Web IDL.

A type is a converter in Python: one of ``codecmodel.web.webidl`` (``double``, ``boolean``, a ``Dictionary``, an
``Enumeration``, ``sequence(...)``, ``nullable(...)``), or one of this module for what only JavaScript has. JavaScript
does its own part of a conversion (ToNumber, Get, iteration), the implementation does the rest: a method is expected to
convert its arguments, as every exposed method of codecmodel does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import Final, TypeAlias

from conformance.wpt.host.forecast import Forecast

#: A function of any signature. Its arguments come from JavaScript.
Function: TypeAlias = object


def call_function(function: Function, *arguments: object) -> object:
    """Call a function with arguments that it checks itself."""
    assert callable(function)
    result: object = function(*arguments)
    return result


@dataclass(frozen=True)
class Special:
    """A type that js/conversions.js knows by a name."""

    kind: str


#: Any value, passed as a JsValue.
OPAQUE: Final = Special("opaque")
#: ``EventHandler``: an object, else None.
EVENT_HANDLER: Final = Special("handler")
#: ``EventListener?``
EVENT_LISTENER: Final = Special("listener")
#: ``[AllowShared] BufferSource`` that is written to: a JsBuffer.
DESTINATION: Final = Special("destination")


@dataclass(frozen=True)
class Interfaces:
    """A platform object of one of these interfaces, by name."""

    names: tuple[str, ...]


def platform_object(*names: str) -> Interfaces:
    """A platform object of one of the interfaces named."""
    return Interfaces(names)


@dataclass(frozen=True)
class Union:
    """One of several types."""

    types: tuple[object, ...]


def union(*types: object) -> Union:
    return Union(types)


@dataclass(frozen=True)
class Argument:
    """An argument. One that is optional and not given is not passed."""

    name: str
    type: object
    optional: bool = False
    variadic: bool = False


def optional(name: str, type: object) -> Argument:
    return Argument(name, type, optional=True)


#: The arguments of one overload.
Overload: TypeAlias = Sequence[Argument]


@dataclass(frozen=True)
class Attribute:
    """An attribute. It is read-only unless it has a ``type``, which converts the values that are assigned to it.

    It is the attribute of the same name of the Python object, or the result of ``get`` for that object. ``is_object``:
    its value is a platform object, or None. ``is_own``: nothing else changes it but a value that is assigned to it or
    to another such attribute of the object, and its value is one of JSON. ``safe_values``: strings that can be assigned
    without an error.
    """

    name: str
    type: object = None
    promise: bool = False
    get: Function | None = None
    is_object: bool = False
    is_own: bool = False
    safe_values: Sequence[str] = ()

    def value_of(self, value: object) -> object:
        """The attribute of a Python object."""
        return getattr(value, self.name) if self.get is None else call_function(self.get, value)


@dataclass(frozen=True)
class Operation:
    """An operation: the method of the same name of the Python object, or class if it is static.

    ``returns_promise``: nothing is thrown, the promise is rejected instead. ``call`` is called instead of the method,
    with the object and the arguments. ``nullable``: None that it returns is null, not undefined. ``closes``: it has no
    arguments, returns nothing and never fails; it ends the time for which the attributes stay as they are. ``clones``:
    it has no arguments, and returns an object with the same attributes; it does not fail before the object is closed or
    transferred. ``contents``: it copies what this function returns for the object, and what never changes, to its one
    argument, a ``DESTINATION`` that must be large enough. ``queue_size``: it queues a request for its first argument,
    an object, and does nothing else; this is the attribute that has the size of the queue. Its other arguments cannot
    fail once JavaScript has converted them. ``never_fails``: nor can this operation, and it returns nothing.
    """

    name: str
    overloads: Sequence[Overload] = ((),)
    static: bool = False
    returns_promise: bool = False
    call: Function | None = None
    nullable: bool = False
    closes: bool = False
    clones: bool = False
    contents: Function | None = None
    queue_size: str | None = None
    never_fails: bool = False


def operation(name: str, *arguments: Argument, static: bool = False, returns_promise: bool = False) -> Operation:
    """An operation without overloads."""
    return Operation(name, (arguments,), static, returns_promise)


@dataclass(frozen=True)
class SafeInit:
    """For speed: calls of a constructor that do not fail, so that Python may hear of them later.

    The one argument is a dictionary with all of ``required``, perhaps some of ``optional``, and nothing else. Each has
    the kind of its value: strings that it may be, "integer" or "natural" (a number that JavaScript represents exactly),
    or "bytes". ``attributes`` has the member of which each attribute gets its value, or null if that is not there.
    Members of the kind "bytes" give their number.
    """

    required: Mapping[str, str | Sequence[str]]
    optional: Mapping[str, str | Sequence[str]]
    attributes: Mapping[str, str]


@dataclass(frozen=True)
class SafeCopy:
    """For speed: calls of a constructor that do not fail, so that Python may hear of them later.

    The first argument is an open object of the same interface. The second one, if it is there, is a dictionary with
    ``members``, and nothing else. Each has the kind of its value, as in ``SafeInit``, and takes the place of the
    object's attribute of the same name.
    """

    members: Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Interface:
    """An interface, and the Python class that implements it.

    ``constructors`` are the overloads of the constructor, none if there is none; ``construct`` is called instead of the
    class. A subclass of the implementation is exposed as the interface, unless it has one of its own. ``converts``: the
    host converts arguments before they get to the implementation, which does not do so itself; types that are no
    converters (those of this module) are left as they are. ``is_global``: there is no interface object, and the
    operations, which are static, are functions of the global object. ``indexed``: the items of the implementation, a
    sequence, are read-only indexed properties. ``is_constant``: no attribute changes before an operation that
    ``closes`` the object, or its transfer. ``is_steady``: attributes that cannot be assigned to change in tasks, and by
    operations of the object, alone. ``forecast``: for speed, the ``Forecast`` of requests of an object, or None, so
    that Python may hear of them later; it, too, changes only then. ``safe_init`` and ``safe_copy``: calls of the first
    constructor that do not fail.
    """

    name: str
    implementation: type
    parent: str | None = None
    constructors: Sequence[Overload] = ()
    attributes: Sequence[Attribute] = ()
    operations: Sequence[Operation] = ()
    constants: Mapping[str, int] = field(default_factory=dict)
    secure_context: bool = False
    exposed: bool = True
    construct: Function | None = None
    converts: bool = False
    is_global: bool = False
    indexed: bool = False
    is_constant: bool = False
    is_steady: bool = False
    forecast: Callable[[object], Forecast | None] | None = None
    safe_init: SafeInit | None = None
    safe_copy: SafeCopy | None = None

    @cached_property
    def plain_attributes(self) -> Sequence[Attribute]:
        """The attributes that are no objects, and cannot be assigned to."""
        return [attribute for attribute in self.attributes if not attribute.is_object and attribute.type is None]

    @cached_property
    def object_attributes(self) -> Sequence[Attribute]:
        """The attributes that are objects themselves."""
        return [attribute for attribute in self.attributes if attribute.is_object]

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The places of the attributes that are sent together, by name: the plain ones, and then the objects."""
        together = [*self.plain_attributes, *self.object_attributes]
        return {attribute.name: place for place, attribute in enumerate(together)}

    @cached_property
    def places_of_queue_sizes(self) -> Mapping[str, int]:
        """The places of the attributes that have the size of a queue, by the operation that queues a request."""
        return {each.name: self.places[each.queue_size] for each in self.operations if each.queue_size is not None}

    @cached_property
    def _operation_of_name(self) -> Mapping[str, Operation]:
        return {operation.name: operation for operation in self.operations}

    @cached_property
    def contents(self) -> Function | None:
        """The function that gives the contents of an object, if an operation copies them."""
        return next((operation.contents for operation in self.operations if operation.contents is not None), None)

    @cached_property
    def _plain_values(self) -> Callable[[object], Sequence[object]] | None:
        """A function that gives the plain attributes, if there are several, and all are those of the object."""
        names = [attribute.name for attribute in self.plain_attributes if attribute.get is None]
        return attrgetter(*names) if 1 < len(names) == len(self.plain_attributes) else None

    def snapshot_of(self, value: object) -> Sequence[object]:
        """The values of ``plain_attributes`` of an object of this interface."""
        # For speed: these are read at once.
        if self._plain_values is not None:
            return self._plain_values(value)
        return tuple(attribute.value_of(value) for attribute in self.plain_attributes)

    def converted(self, overload: Overload, values: Sequence[object]) -> Sequence[object]:
        """The arguments in the form that the implementation takes."""
        if not self.converts:
            return values
        arguments = [argument for argument in overload if not argument.variadic]
        rest = next((argument for argument in overload if argument.variadic), None)
        arguments += [rest] * (len(values) - len(arguments)) if rest is not None else []
        return [_converted(argument, value) for argument, value in zip(arguments, values, strict=False)]

    def attribute(self, name: str, interfaces: "Mapping[str, Interface]") -> Attribute:
        """The attribute of this name, which may be inherited. ``interfaces`` has all interfaces by name."""
        for attribute in self.attributes:
            if attribute.name == name:
                return attribute
        assert self.parent is not None, f"{self.name} has no attribute {name}"
        return interfaces[self.parent].attribute(name, interfaces)

    def operation(self, name: str, interfaces: "Mapping[str, Interface]") -> Operation:
        """The operation of this name, which may be inherited."""
        if name in self._operation_of_name:
            return self._operation_of_name[name]
        assert self.parent is not None, f"{self.name} has no operation {name}"
        return interfaces[self.parent].operation(name, interfaces)


def _converted(argument: Argument, value: object) -> object:
    is_missing = argument.optional and value is None
    return value if is_missing or not callable(argument.type) else call_function(argument.type, value, argument.name)
