"""Web IDL's conversions: exposed methods convert their arguments from Python values to IDL values.

Web IDL: https://webidl.spec.whatwg.org/. A dictionary is converted to a plain ``dict`` that has only the members that
exist; its type is a ``TypedDict``. A caller passes a mapping, or any object that has attributes of the members' names
(a VideoColorSpace, a dataclass). ``None`` for a member that is not nullable means that the member is absent.

Not in the spec: ECMAScript coerces unrelated types (a string to a number, an object to a string). These conversions
raise TypeError instead.
"""

import inspect
import math
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial, wraps
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Final, Generic, ParamSpec, Protocol, SupportsFloat, SupportsIndex, TypeVar, TypeVarTuple, cast

from codecmodel.web.event_loop import EventLoop, Promise, current_event_loop, reject

T = TypeVar("T")
R = TypeVar("R")
P = ParamSpec("P")
Ts = TypeVarTuple("Ts")
T_co = TypeVar("T_co", covariant=True)

# For speed: isinstance() takes these tuples. A union that is written in the call is built at each call.
_NUMBER: Final = (int, float)
_PRIMITIVE: Final = (str, bytes, int, float)
#: The flags of coroutine functions and asynchronous generator functions.
_ASYNCHRONOUS: Final = inspect.CO_COROUTINE | inspect.CO_ITERABLE_COROUTINE | inspect.CO_ASYNC_GENERATOR
#: The attribute by which inspect.markcoroutinefunction(), which is new in Python 3.12, marks functions.
_MARK: Final = "_is_coroutine_marker"


class Converter(Protocol[T_co]):
    """Converts a Python value to a value of an IDL type.

    ``context`` names the value in error messages. Raises TypeError if the value can't be converted.
    """

    def __call__(self, value: object, context: str) -> T_co: ...


# Numbers (Web IDL § 3.2.4)


def _number(value: object, context: str) -> float | int:
    """``value`` as a number of Python's own, or TypeError."""
    if isinstance(value, _NUMBER):
        return value
    if isinstance(value, SupportsIndex):
        return value.__index__()
    if isinstance(value, SupportsFloat):
        try:
            return float(value)
        except (OverflowError, ValueError) as error:
            raise TypeError(f"{context} is not a number: {error}") from None
    raise TypeError(f"{context} is not a number: {value!r}")


def _float(value: object, context: str) -> float:
    """``value`` as the nearest double. An integer beyond the range of doubles becomes an infinity."""
    number = _number(value, context)
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _enforce_range(name: str, lower: int, upper: int) -> Converter[int]:
    """Web IDL: ConvertToInt with [EnforceRange]. A value outside the range raises TypeError."""

    def convert(value: object, context: str) -> int:
        # For speed: almost every value is an int within the range.
        if type(value) is int and lower <= value <= upper:
            return value
        number = _number(value, context)
        if isinstance(number, float) and not math.isfinite(number):
            raise TypeError(f"{context} is not finite: {number}")
        integer = int(number)
        if not lower <= integer <= upper:
            raise TypeError(f"{context} is outside the range of {name}: {integer}")
        return integer

    return convert


#: The integer types with the extended attribute [EnforceRange]. As in Web IDL, 64-bit types have only the range of
#: the integers that ECMAScript's Number represents exactly.
enforced_long: Final = _enforce_range("long", -(2**31), 2**31 - 1)
enforced_unsigned_long: Final = _enforce_range("unsigned long", 0, 2**32 - 1)
enforced_long_long: Final = _enforce_range("long long", -(2**53) + 1, 2**53 - 1)
enforced_unsigned_long_long: Final = _enforce_range("unsigned long long", 0, 2**53 - 1)


def _modular(bits: int, signed: bool) -> Converter[int]:
    """Web IDL: ConvertToInt without an extended attribute. A value outside the range wraps around."""

    def convert(value: object, context: str) -> int:
        number = _number(value, context)
        if isinstance(number, float) and not math.isfinite(number):
            return 0
        integer = int(number) % (1 << bits)
        return integer - (1 << bits) if signed and integer >= 1 << (bits - 1) else integer

    return convert


#: The integer types without an extended attribute.
long_long: Final = _modular(64, signed=True)
unsigned_long_long: Final = _modular(64, signed=False)
long: Final = _modular(32, signed=True)
unsigned_long: Final = _modular(32, signed=False)
unsigned_short: Final = _modular(16, signed=False)


def double(value: object, context: str) -> float:
    """``double``. A value that is not finite raises TypeError."""
    number = _float(value, context)
    if not math.isfinite(number):
        raise TypeError(f"{context} is not finite: {number}")
    return number


def unrestricted_double(value: object, context: str) -> float:
    """``unrestricted double``, which includes NaN and the infinities."""
    return _float(value, context)


def single_float(value: object, context: str) -> float:
    """``float``: the nearest 32-bit value. A value that is not finite in 32 bits raises TypeError."""
    try:
        (number,) = struct.unpack("=f", struct.pack("=f", double(value, context)))
    except OverflowError:
        raise TypeError(f"{context} does not fit a 32-bit float: {value!r}") from None
    assert isinstance(number, float)
    return number


# Other simple types


def boolean(value: object, context: str) -> bool:
    """``boolean``: Python's truth value. A value that has none (an array of numpy) raises TypeError."""
    try:
        return bool(value)
    except ValueError as error:
        raise TypeError(f"{context} is neither true nor false: {error}") from None


def dom_string(value: object, context: str) -> str:
    """``DOMString``. A value that is not a ``str`` raises TypeError."""
    if not isinstance(value, str):
        raise TypeError(f"{context} is not a string: {value!r}")
    return value


class Enumeration(Generic[T]):
    """An ``enum``: one of a set of strings. Any other value raises TypeError."""

    def __init__(self, name: str, values: Sequence[T]) -> None:
        self.name = name
        self.values: dict[object, T] = {value: value for value in values}

    def __call__(self, value: object, context: str) -> T:
        try:
            return self.values[value]
        except (KeyError, TypeError):
            article = "an" if self.name[0] in "AEIOU" else "a"
            values = ", ".join(map(repr, self.values))
            raise TypeError(f"{context} is not {article} {self.name}: {value!r}; the values are {values}") from None


class Nullable(Generic[T]):
    """``T?``: ``None``, or a value of the type ``T``."""

    accepts_none: Final = True

    def __init__(self, inner: Converter[T]) -> None:
        self.inner = inner

    def __call__(self, value: object, context: str) -> T | None:
        return None if value is None else self.inner(value, context)


class SequenceOf(Generic[T]):
    """``sequence<T>``, made from any iterable that is not a string, ``bytes`` or a mapping."""

    def __init__(self, inner: Converter[T]) -> None:
        self.inner = inner

    def __call__(self, value: object, context: str) -> list[T]:
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
            raise TypeError(f"{context} is not a sequence: {value!r}")
        inner = self.inner
        return [inner(item, f"{context}[{index}]") for index, item in enumerate(value)]


class PlatformObject(Generic[T]):
    """An interface type: the value must be an object that implements the interface."""

    def __init__(self, expected: type[T]) -> None:
        self.expected = expected

    def __call__(self, value: object, context: str) -> T:
        if not isinstance(value, self.expected):
            raise TypeError(f"{context} is not a {self.expected.__name__}: {value!r}")
        return value


def nullable(inner: Converter[T]) -> Nullable[T]:
    """The converter to ``T?``."""
    return Nullable(inner)


def sequence(inner: Converter[T]) -> SequenceOf[T]:
    """The converter to ``sequence<T>``."""
    return SequenceOf(inner)


def interface(expected: type[T]) -> PlatformObject[T]:
    """The converter to an interface type."""
    return PlatformObject(expected)


def callback_function(value: object, context: str) -> Callable[[T], None]:
    """A ``callback``. Raises TypeError if the value can't be called, or is a coroutine function."""
    if not callable(value):
        raise TypeError(f"{context} is not callable: {value!r}")
    refuse_coroutine_function(value, context)
    return cast("Callable[[T], None]", value)


def refuse_coroutine_function(value: object, context: str) -> None:
    """Raise TypeError if ``value`` is a coroutine function or an asynchronous generator function.

    A call of such a function only makes a coroutine, and nothing would await the coroutine of a callback.
    """
    # For speed: most callbacks are functions that neither are of that kind nor have been marked as such.
    function = value.__func__ if isinstance(value, MethodType) else value
    if isinstance(function, BuiltinFunctionType) or (
        isinstance(function, FunctionType)
        and not function.__code__.co_flags & _ASYNCHRONOUS
        and _MARK not in function.__dict__
    ):
        return
    functions: tuple[object, ...] = (value,)
    if not isinstance(value, FunctionType):
        functions = (value, getattr(type(value), "__call__", None))  # noqa: B004 - not a test for callability
    for function in functions:
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"{context} is a coroutine function, but a callback is never awaited: let a function put its arguments "
                "into an asyncio.Queue, or iterate with codecmodel.iteration"
            )


# Dictionaries (Web IDL § 3.2.17)


class Member:
    """A dictionary member: its IDL name, its type, whether it is required, and its default value if it has one."""

    __slots__ = ("accepts_none", "converter", "default", "has_default", "name", "required")

    def __init__(
        self, name: str, converter: Converter[object], *, required: bool = False, default: object = ...
    ) -> None:
        self.name = name
        self.converter = converter
        self.required = required
        self.has_default = default is not ...
        self.default = default
        self.accepts_none = bool(getattr(converter, "accepts_none", False))


class Dictionary(Generic[T]):
    """The converter to an IDL ``dictionary``, whose members are those of the TypedDict ``T``."""

    def __init__(self, name: str, *members: Member) -> None:
        self.name = name
        # Web IDL converts the members in lexicographical order.
        self.members = sorted(members, key=lambda member: member.name)
        # For speed: the strings that a conversion needs are made once.
        self._plan = [(m, m.name, f"{name}.{m.name}", m.converter) for m in self.members]

    def __call__(self, value: object, context: str) -> T:
        get: Callable[[str, object], object]
        if isinstance(value, dict):
            get = value.get
        elif isinstance(value, _PRIMITIVE):
            raise TypeError(f"{context} is not a {self.name}: {value!r}")
        elif isinstance(value, Mapping):
            get = value.get
        else:
            get = partial(getattr, value)
        converted: dict[str, object] = {}
        for member, name, member_context, converter in self._plan:
            item = get(name, ...)
            if item is None and not member.accepts_none:
                item = ...
            if item is not ...:
                converted[name] = converter(item, member_context)
            elif member.has_default:
                default = member.default
                converted[name] = list(default) if isinstance(default, list) else default
            elif member.required:
                raise TypeError(f"{member_context} is required")
        return cast("T", converted)


# Operations that return a promise (Web IDL § 3.7.7)


def returns_a_promise(operation: Callable[P, Promise[T]]) -> Callable[P, Promise[T]]:
    """Web IDL: an operation whose return type is a promise never throws a TypeError; its promise is rejected.

    Apart from the operation's own steps, this concerns a call without a required argument, which never gets to them.
    """

    @wraps(operation)
    def operation_that_does_not_throw(*arguments: P.args, **keywords: P.kwargs) -> Promise[T]:
        try:
            return operation(*arguments, **keywords)
        except TypeError as error:
            promise: Promise[T] = current_event_loop().new_promise()
            reject(promise, error)
            return promise

    return operation_that_does_not_throw


# Callbacks (Web IDL § 3.12)


def invoke_callback(event_loop: EventLoop, callback: Callable[[*Ts], R], *arguments: *Ts) -> R | None:
    """Web IDL: invoke a callback function. Returns its result, or None if it raises.

    An exception that the callback raises is reported to ``event_loop``. KeyboardInterrupt and SystemExit concern the
    whole program, so they are not reported but raised.
    """
    # A callback runs as a script: the steps before and after it are those of every script.
    result: R | None = None
    event_loop.prepare_to_run_script()
    try:
        result = callback(*arguments)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as exception:
        event_loop.report_exception(exception)
    finally:
        event_loop.clean_up_after_running_script()
    return result
