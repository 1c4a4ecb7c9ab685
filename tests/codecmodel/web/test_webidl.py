"""Web IDL conversions: strings, enumerations, sequences, dictionaries, callbacks."""

import asyncio
import enum
import functools
import inspect
import math
import sys
from collections import UserDict, defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from types import MappingProxyType, SimpleNamespace
from typing import TypedDict

import numpy as np
import pytest

from codecmodel import AudioDecoder, AudioEncoder, ImageDecoder, VideoDecoder, VideoEncoder, VideoFrame
from codecmodel.web.event_loop import Promise
from codecmodel.web.webidl import (
    Dictionary,
    Enumeration,
    Member,
    boolean,
    callback_function,
    dom_string,
    enforced_unsigned_long,
    interface,
    nullable,
    refuse_coroutine_function,
    sequence,
)

# Other simple types


@pytest.mark.parametrize("value", [True, 1, "no", [0], object(), np.True_])
def test_true_values(value: object) -> None:
    assert boolean(value, "x") is True


@pytest.mark.parametrize("value", [False, 0, "", [], None, np.False_, math.copysign(0, -1)])
def test_false_values(value: object) -> None:
    assert boolean(value, "x") is False


def test_an_array_is_neither_true_nor_false() -> None:
    with pytest.raises(TypeError, match=r"^x is neither true nor false"):
        boolean(np.array([True, False]), "x")


def test_strings_are_strings() -> None:
    assert dom_string("", "x") == ""
    assert dom_string("vp8", "x") == "vp8"
    for value in (b"vp8", 1, None, ["vp8"]):
        with pytest.raises(TypeError, match=r"^x is not a string"):
            dom_string(value, "x")


chunk_type = Enumeration[str]("ChunkType", ["key", "delta"])


def test_an_enumeration_has_its_values_and_no_others() -> None:
    assert chunk_type("key", "x") == "key"
    assert chunk_type("delta", "x") == "delta"
    for value in ("", "Key", "key ", None, 1, b"key", ["key"], {"key": 1}):
        with pytest.raises(TypeError, match=r"^x is not a ChunkType: .*; the values are 'key', 'delta'$"):
            chunk_type(value, "x")
    with pytest.raises(TypeError, match=r"^x is not an Answer: 'perhaps'; the values are 'yes', 'no'$"):
        Enumeration[str]("Answer", ["yes", "no"])("perhaps", "x")


def test_a_member_of_a_string_enum_is_the_plain_string() -> None:
    class ChunkType(enum.StrEnum):
        KEY = "key"

    assert type(chunk_type(ChunkType.KEY, "x")) is str


def test_nullable_types_pass_none_on() -> None:
    convert = nullable(enforced_unsigned_long)
    assert convert(None, "x") is None
    assert convert(0, "x") == 0
    with pytest.raises(TypeError, match=r"^x is outside"):
        convert(-1, "x")


def test_interfaces_are_told_by_their_class() -> None:
    class Frame:
        pass

    class SpecialFrame(Frame):
        pass

    convert = interface(Frame)
    for frame in (Frame(), SpecialFrame()):
        assert convert(frame, "x") is frame
    for value in (None, object(), Frame, "Frame"):
        with pytest.raises(TypeError, match=r"^x is not a Frame"):
            convert(value, "x")


# Sequences


def test_a_sequence_is_any_iterable() -> None:
    def generator() -> Iterator[float]:
        yield from (1, 2.5)

    convert = sequence(enforced_unsigned_long)
    for value in ([1, 2.5], (1, 2.5), generator(), np.array([1, 2.5]), dict.fromkeys([1, 2.5]).keys()):
        assert convert(value, "x") == [1, 2]
    assert convert([], "x") == []
    given_list = [1]
    assert convert(given_list, "x") is not given_list


@pytest.mark.parametrize("value", ["12", b"12", 12, None, object(), {1: 2}])
def test_strings_mappings_and_single_values_are_no_sequences(value: object) -> None:
    with pytest.raises(TypeError, match=r"^x is not a sequence"):
        sequence(enforced_unsigned_long)(value, "x")


def test_an_item_of_a_sequence_is_named_by_its_place() -> None:
    with pytest.raises(TypeError, match=r"^x\[2\] is not a number"):
        sequence(enforced_unsigned_long)([0, 1, "2"], "x")


# Callbacks


class CallableObject:
    def __call__(self, argument: object) -> None:
        pass


async def coroutine_function(argument: object) -> None:
    pass


async def asynchronous_generator(argument: object) -> AsyncIterator[None]:
    yield


class AsynchronousCallable:
    async def __call__(self, argument: object) -> None:
        pass

    async def method(self, argument: object) -> None:
        pass


@pytest.mark.parametrize("value", [print, lambda _: None, CallableObject(), functools.partial(print, end=""), int])
def test_a_callback_is_anything_that_can_be_called(value: object) -> None:
    assert callback_function(value, "x") is value


@pytest.mark.parametrize("value", [None, 1, "print", object(), {}])
def test_what_cannot_be_called_is_no_callback(value: object) -> None:
    with pytest.raises(TypeError, match=r"^x is not callable"):
        callback_function(value, "x")


@pytest.mark.parametrize(
    "value",
    [
        coroutine_function,
        asynchronous_generator,
        functools.partial(coroutine_function, None),
        AsynchronousCallable(),
        AsynchronousCallable().method,
    ],
)
def test_what_makes_a_coroutine_is_no_callback(value: object) -> None:
    with pytest.raises(TypeError, match=r"^x is a coroutine function, but a callback is never awaited"):
        callback_function(value, "x")
    with pytest.raises(TypeError, match=r"^x is a coroutine function"):
        refuse_coroutine_function(value, "x")


def test_a_function_that_is_marked_as_a_coroutine_function_is_no_callback() -> None:
    if sys.version_info >= (3, 12):

        def function(_: object) -> object:
            return coroutine_function(None)

        with pytest.raises(TypeError, match=r"^x is a coroutine function"):
            callback_function(inspect.markcoroutinefunction(function), "x")
    else:
        pytest.skip("functions can be marked since Python 3.12")


@pytest.mark.parametrize("value", [None, print, "print", [].append, "".join, AsynchronousCallable])
def test_everything_else_is_not_refused(value: object) -> None:
    refuse_coroutine_function(value, "x")


# Dictionaries


class Init(TypedDict, total=False):
    codec: str
    width: int
    flip: bool
    space: str | None
    sizes: list[int]


init = Dictionary[Init](
    "Init",
    Member("width", enforced_unsigned_long),
    Member("codec", dom_string, required=True),
    Member("flip", boolean, default=False),
    Member("space", nullable(dom_string)),
    Member("sizes", sequence(enforced_unsigned_long), default=[]),
)


def test_a_dictionary_has_the_members_that_are_given_and_those_with_a_default() -> None:
    assert init({"codec": "vp8"}, "x") == {"codec": "vp8", "flip": False, "sizes": []}
    assert init({"codec": "vp8", "width": 3.5, "flip": 1, "space": "rgb", "sizes": (1, 2)}, "x") == {
        "codec": "vp8",
        "flip": True,
        "sizes": [1, 2],
        "space": "rgb",
        "width": 3,
    }


def test_members_that_are_not_the_dictionarys_are_ignored() -> None:
    assert init({"codec": "vp8", "Width": 3, "other": object(), 4: 5}, "x") == {
        "codec": "vp8",
        "flip": False,
        "sizes": [],
    }


def test_none_means_absent_unless_the_member_is_nullable() -> None:
    converted = init({"codec": "vp8", "width": None, "flip": None, "space": None, "sizes": None}, "x")
    assert converted == {"codec": "vp8", "flip": False, "sizes": [], "space": None}


@pytest.mark.parametrize("value", [{}, None, {"codec": None}, {"width": 1}, [], object()])
def test_a_required_member_is_required(value: object) -> None:
    with pytest.raises(TypeError, match=r"^Init\.codec is required"):
        init(value, "x")


def test_a_member_is_named_in_messages() -> None:
    with pytest.raises(TypeError, match=r"^Init\.width is not a number: '3'"):
        init({"codec": "vp8", "width": "3"}, "x")
    with pytest.raises(TypeError, match=r"^Init\.sizes\[0\] is outside"):
        init({"codec": "vp8", "sizes": [-1]}, "x")


@pytest.mark.parametrize("value", ["vp8", b"vp8", 1, 1.5, True])
def test_a_simple_value_is_no_dictionary(value: object) -> None:
    with pytest.raises(TypeError, match=r"^x is not a Init"):
        init(value, "x")


@dataclass
class Attributes:
    codec: str
    width: int | None = None


class Properties:
    @property
    def codec(self) -> str:
        return "vp8"

    @property
    def width(self) -> int:
        raise ZeroDivisionError


@pytest.mark.parametrize(
    "value",
    [
        {"codec": "vp8", "width": 3},
        MappingProxyType({"codec": "vp8", "width": 3}),
        UserDict({"codec": "vp8", "width": 3}),
        SimpleNamespace(codec="vp8", width=3, other=4),
        Attributes("vp8", 3),
    ],
)
def test_a_dictionary_is_a_mapping_or_an_object_with_attributes(value: object) -> None:
    assert init(value, "x") == {"codec": "vp8", "flip": False, "sizes": [], "width": 3}


def test_a_mapping_is_asked_for_its_items_only() -> None:
    class Mapping(dict[str, object]):
        codec = "attribute"

    with pytest.raises(TypeError, match=r"^Init\.codec is required"):
        init(Mapping(), "x")
    missing: defaultdict[str, object] = defaultdict(lambda: "made up")
    with pytest.raises(TypeError, match=r"^Init\.codec is required"):
        init(missing, "x")
    assert missing == {}


def test_what_a_property_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        init(Properties(), "x")


def test_members_are_read_and_converted_one_by_one_in_lexicographical_order() -> None:
    log: list[str] = []

    class Recorder:
        def __getattr__(self, name: str) -> object:
            log.append(f"read {name}")
            return name

    def recording(value: object, context: str) -> object:
        log.append(f"convert {context}")
        return value

    Dictionary[Init]("D", *(Member(name, recording) for name in ("b", "C", "a", "ab")))(Recorder(), "x")
    assert log == [
        "read C",
        "convert D.C",
        *(f"{what}{name}" for name in ("a", "ab", "b") for what in ("read ", "convert D.")),
    ]


def test_a_default_is_not_shared_between_dictionaries() -> None:
    first = init({"codec": "vp8"}, "x")
    first["sizes"].append(1)
    assert init({"codec": "vp8"}, "x")["sizes"] == []


def test_the_mapping_given_is_left_as_it_is() -> None:
    value = {"codec": "vp8", "width": 3.5, "other": 1}
    converted = init(value, "x")
    converted["codec"] = "vp9"
    assert value == {"codec": "vp8", "width": 3.5, "other": 1}


# Operations that return a promise


@pytest.mark.parametrize(
    "operation",
    [
        ImageDecoder.isTypeSupported,
        AudioDecoder.isConfigSupported,
        VideoDecoder.isConfigSupported,
        AudioEncoder.isConfigSupported,
        VideoEncoder.isConfigSupported,
        VideoFrame(bytes(4), {"format": "RGBA", "codedWidth": 1, "codedHeight": 1, "timestamp": 0}).copyTo,
    ],
    ids=lambda operation: operation.__qualname__,
)
def test_an_operation_that_returns_a_promise_rejects_it_if_an_argument_is_missing(
    operation: Callable[[], Promise[object]],
) -> None:
    async def main() -> None:
        promise = operation()
        with pytest.raises(TypeError, match="missing 1 required positional argument"):
            await promise

    asyncio.run(main())
