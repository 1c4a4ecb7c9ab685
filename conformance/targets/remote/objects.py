"""The interfaces and objects of another implementation as Python classes and objects.

Members are those that JavaScript's prototypes have. Python's own additions to the interfaces are not there: a scenario
that asks for one of them, or for an internal slot, needs codecmodel.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Final, NoReturn, SupportsIndex, cast

from conformance.suite.assertions import OptionalFeatureUnsupportedError
from conformance.targets.remote.connections import Connection
from conformance.targets.remote.engine import Engine, RemoteObject

#: Members that only codecmodel has, and that look as if the IDL had them.
_ADDITIONS: Final = frozenset({"planes"})


class _RemoteInterface(type):
    """A class whose objects are made by the other implementation, with that implementation's static operations."""

    _remote_engine: Engine
    _remote_interface: str
    _remote_exists: bool
    _remote_static: Mapping[str, str]

    def __call__(cls, *arguments: object) -> object:
        return cls._remote_engine.construct(cls._remote_interface, arguments)

    def __getattr__(cls, name: str) -> object:
        if name.startswith("_") or name not in cls._remote_static:
            raise _missing(cls._remote_interface, name)
        if cls._remote_static[name] == "method":
            return _Method(cls._remote_engine, cls, name)
        return cls._remote_engine.get(cls, name)


class _Method:
    """A method of an object. Two of the same method of one object are equal."""

    def __init__(self, engine: Engine, receiver: object, name: str) -> None:
        self._engine = engine
        self._receiver = receiver
        self._name = name

    def __call__(self, *arguments: object) -> object:
        return self._engine.call(self._receiver, self._name, arguments)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Method) and other._receiver is self._receiver and other._name == self._name

    def __hash__(self) -> int:
        return hash((id(self._receiver), self._name))


class _Members(RemoteObject):
    """The members of an object: attributes and methods of JavaScript, items, and what ``with`` needs."""

    _remote_members: Mapping[str, str]

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):
            raise _missing(type(self).__name__, name)
        # An object may have properties of its own.
        kind = self._remote_members.get(name) or self._remote_engine.members(self).get(name)
        if kind is None:
            raise _missing(type(self).__name__, name)
        if kind == "method":
            return _Method(self._remote_engine, self, name)
        return self._remote_engine.get(self, name)

    def __setattr__(self, name: str, value: object) -> None:
        if self._remote_members.get(name) != "writable":
            raise AttributeError(f"{name} of {type(self).__name__} cannot be set")
        self._remote_engine.set(self, name, value)

    def __eq__(self, other: object) -> bool:
        """Rectangles and colour spaces are equal if their members are, as those of codecmodel are."""
        if self is other or not isinstance(other, _Members) or "toJSON" not in self._remote_members:
            return self is other
        call = self._remote_engine.call
        return type(self) is type(other) and call(self, "toJSON", ()) == call(other, "toJSON", ())

    def __hash__(self) -> int:
        return id(self)

    def __len__(self) -> int:
        return cast("int", self._remote_engine.get(self, "length"))

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, index: int) -> object:
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self._remote_engine.get(self, index)

    def __iter__(self) -> Iterator[object]:
        return iter([self[index] for index in range(len(self))])

    def __enter__(self) -> "_Members":
        return self

    def __exit__(
        self, type: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._remote_engine.call(self, "close", ())

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise OptionalFeatureUnsupportedError("needs pickles of codecmodel")

    def __bytes__(self) -> bytes:
        raise OptionalFeatureUnsupportedError("needs bytes() of codecmodel")


def _missing(interface: str, name: str) -> Exception:
    """The error for a member that is not there. Names that no IDL would have are codecmodel's."""
    if ("_" in name and not name.startswith("__")) or name in _ADDITIONS:
        return OptionalFeatureUnsupportedError(f"needs {interface}.{name} of codecmodel")
    return AttributeError(f"{interface} has no {name}")


class _Global:
    """The global object."""

    _remote_interface = "globalThis"


_GLOBAL: Final = _Global()


class Target:
    """Another implementation. A context manager."""

    def __init__(self, connection: Connection) -> None:
        self._interfaces: Final[dict[str, _RemoteInterface]] = {}
        self.engine: Final = Engine(connection, self._new_object)

    def provide(self, name: str) -> object:
        """The interface of this name, or a function of HTML's as Python's scenarios call it."""
        match name:
            case "structured_clone" | "transfer":
                is_moved = name == "transfer"
                return lambda value, moved=(): self._structured_clone(value, [value] if is_moved else list(moved))
            case "indexedDB":
                return self.engine.get(_GLOBAL, name)
            case "receive":
                # A transfer has arrived when it returns.
                return lambda value: value
        return self.interface(name)

    def _structured_clone(self, value: object, moved: Sequence[object]) -> object:
        arguments = (value, {"transfer": moved}) if moved else (value,)
        return self.engine.call(_GLOBAL, "structuredClone", arguments)

    def interface(self, name: str) -> type:
        """The interface of this name. An implementation that lacks it has one that cannot be used."""
        interface = self._interfaces.get(name)
        if interface is None:
            description = self.engine.describe(name)
            members = {
                "_remote_engine": self.engine,
                "_remote_interface": name,
                "_remote_exists": description["exists"],
                "_remote_static": description["static"],
                "_remote_members": description["instance"],
            }
            interface = self._interfaces[name] = _RemoteInterface(name, (_Members,), members)
        return interface

    def _new_object(self, interface: str) -> RemoteObject:
        return cast("RemoteObject", object.__new__(self.interface(interface)))

    def close(self) -> None:
        self.engine.close()

    def __enter__(self) -> "Target":
        return self

    def __exit__(
        self, type: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


__all__: Sequence[str] = ["Target"]
