"""Chapter 8: EncodedAudioChunk and EncodedVideoChunk."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, TypeAlias, cast

import numpy as np

from codecmodel.encoded_chunks import EncodedAudioChunkInit, EncodedVideoChunkInit
from codecmodel.web.buffers import BufferSource
from conformance.fixtures.storage import assert_not_storable
from conformance.interfaces import (
    EncodedAudioChunk,
    EncodedVideoChunk,
    is_another_implementation,
    structured_clone,
    structured_deserialize,
    structured_serialize,
)
from conformance.suite.harness import (
    Test,
    Variant,
    assert_equals,
    assert_not_equals,
    assert_throws_dom,
    assert_throws_js,
    promise_test,
)

Chunk: TypeAlias = EncodedAudioChunk | EncodedVideoChunk
NewChunk: TypeAlias = Callable[[Mapping[str, object]], Chunk]


def _new_audio_chunk(init: Mapping[str, object]) -> EncodedAudioChunk:
    return EncodedAudioChunk(cast("EncodedAudioChunkInit", init))


def _new_video_chunk(init: Mapping[str, object]) -> EncodedVideoChunk:
    return EncodedVideoChunk(cast("EncodedVideoChunkInit", init))


def _audio() -> NewChunk:
    return _new_audio_chunk


def _video() -> NewChunk:
    return _new_video_chunk


#: Both interfaces spell out the same steps.
BOTH: Final = [Variant("audio", _audio), Variant("video", _video)]
INIT: Final[Mapping[str, object]] = {"type": "key", "timestamp": 10, "duration": 300, "data": b"\x0a\x0b\x0c"}


def _of_both(*references: str) -> list[str]:
    return [reference.format(chunk) for reference in references for chunk in ("encodedaudiochunk", "encodedvideochunk")]


def _copied(chunk: Chunk) -> bytes:
    destination = bytearray(chunk.byteLength)
    chunk.copyTo(destination)
    return bytes(destination)


@promise_test(
    "a chunk has the properties that it was made with",
    shows=_of_both(
        "dom-{0}-{0}#3.1",
        "dom-{0}-{0}#3.2",
        "dom-{0}-{0}#3.3",
        "dom-{0}-{0}#3.4",
        "dom-{0}-type",
        "dom-{0}-timestamp",
        "dom-{0}-duration",
        "dom-{0}-bytelength",
    ),
    variants=BOTH,
)
async def attributes(t: Test, new_chunk: NewChunk) -> None:
    chunk = new_chunk(INIT)
    assert_equals((chunk.type, chunk.timestamp, chunk.duration, chunk.byteLength), ("key", 10, 300, 3))
    assert_equals(_copied(chunk), b"\x0a\x0b\x0c")
    chunk = new_chunk({"type": "delta", "timestamp": -100, "data": b""})
    assert_equals((chunk.type, chunk.timestamp, chunk.duration, chunk.byteLength), ("delta", -100, None, 0))
    assert_equals(_copied(chunk), b"")


@promise_test(
    "attributes are read-only",
    shows=_of_both("dom-{0}-type", "dom-{0}-timestamp", "dom-{0}-duration", "dom-{0}-bytelength"),
    variants=BOTH,
)
async def read_only(t: Test, new_chunk: NewChunk) -> None:
    chunk = new_chunk(INIT)
    for name, value in {"type": "delta", "timestamp": 1, "duration": 1, "byteLength": 1}.items():
        assert_throws_js(AttributeError, partial(setattr, chunk, name, value), name)


@promise_test(
    "type, timestamp and data are required; duration is not",
    shows=_of_both("dictdef-{0}init"),
    variants=BOTH,
)
async def required_members(t: Test, new_chunk: NewChunk) -> None:
    for missing in ("type", "timestamp", "data"):
        init = {name: value for name, value in INIT.items() if name != missing}
        assert_throws_js(TypeError, partial(new_chunk, init), f"without {missing}")
    assert_throws_js(TypeError, partial(new_chunk, {}))
    new_chunk({name: value for name, value in INIT.items() if name != "duration"})


@promise_test(
    "members of other types are refused",
    shows=_of_both("dictdef-{0}init", "enumdef-{0}type"),
    variants=BOTH,
)
async def types_of_members(t: Test, new_chunk: NewChunk) -> None:
    values: list[tuple[str, object]] = [
        ("type", "bogus"),
        ("type", "Key"),
        ("type", 1),
        ("timestamp", float("nan")),
        ("timestamp", float("inf")),
        ("timestamp", 2**53),
        ("timestamp", -(2**53)),
        ("duration", -1),
        ("duration", 2**53),
        ("data", "text"),
        ("data", 3),
        ("data", [1, 2, 3]),
        ("transfer", 1),
    ]
    if not is_another_implementation():
        # JavaScript converts text to numbers, and has no buffers that cannot be written.
        values += [("timestamp", "10"), ("duration", "300"), ("transfer", [b"immutable"])]
    for name, value in values:
        assert_throws_js(TypeError, partial(new_chunk, {**INIT, name: value}), f"{name}: {value!r}")


@promise_test(
    "timestamp and duration are whole microseconds, within what a double holds exactly",
    shows=_of_both("dom-{0}init-timestamp", "dom-{0}init-duration"),
    variants=BOTH,
)
async def ranges(t: Test, new_chunk: NewChunk) -> None:
    for value, expected in [(1.9, 1), (-1.9, -1), (-0.5, 0), (2**53 - 1, 2**53 - 1), (1 - 2**53, 1 - 2**53), (True, 1)]:
        assert_equals(new_chunk({**INIT, "timestamp": value}).timestamp, expected)
    for value, expected in [(0, 0), (0.9, 0), (-0.9, 0), (2**53 - 1, 2**53 - 1)]:
        assert_equals(new_chunk({**INIT, "duration": value}).duration, expected)


@promise_test(
    "data may be any buffer, or a part of one; its bytes are copied",
    shows=_of_both("dom-{0}-{0}#3.4", "dom-{0}-{0}#3.6.1", "dom-{0}init-data"),
    variants=BOTH,
)
async def data(t: Test, new_chunk: NewChunk) -> None:
    array = np.array([0x0102, 0x0304], dtype="<u2")
    backing = bytearray(b"\x00\x0a\x0b\x0c\x00")
    for buffer, expected in [
        (b"\x0a\x0b", b"\x0a\x0b"),
        (bytearray(b"\x0a\x0b"), b"\x0a\x0b"),
        (memoryview(backing)[1:4], b"\x0a\x0b\x0c"),
        (array, b"\x02\x01\x04\x03"),
        (array.data, b"\x02\x01\x04\x03"),
        (np.zeros((2, 3), np.uint8), bytes(6)),
        (np.zeros(0, np.uint8), b""),
    ]:
        chunk = new_chunk({**INIT, "data": buffer})
        assert_equals(chunk.byteLength, len(expected))
        assert_equals(_copied(chunk), expected)


@promise_test(
    "a chunk does not change with the buffer it was made of",
    shows=_of_both("dom-{0}-{0}#3.6.1", "dom-{0}-internal-data-slot"),
    variants=BOTH,
)
async def data_is_copied(t: Test, new_chunk: NewChunk) -> None:
    buffer = bytearray(b"\x0a\x0b\x0c")
    chunk = new_chunk({**INIT, "data": buffer})
    buffer[:] = b"\x00\x00\x00"
    assert_equals(_copied(chunk), b"\x0a\x0b\x0c")
    buffer.clear()
    assert_equals(_copied(chunk), b"\x0a\x0b\x0c")


@promise_test(
    "a detached buffer has no bytes",
    shows=_of_both("dom-{0}-{0}#3.4"),
    variants=BOTH,
)
async def detached_data(t: Test, new_chunk: NewChunk) -> None:
    buffer = memoryview(bytearray(b"\x0a\x0b"))
    buffer.release()
    assert_equals(new_chunk({**INIT, "data": buffer}).byteLength, 0)


@promise_test(
    "buffers in transfer are detached; the chunk keeps the bytes",
    shows=_of_both("dom-{0}-{0}#3.5", "dom-{0}-{0}#4.1"),
    variants=BOTH,
)
async def transfer(t: Test, new_chunk: NewChunk) -> None:
    view = memoryview(bytearray(b"\x0a\x0b\x0c"))
    chunk = new_chunk({**INIT, "data": view, "transfer": [view]})
    assert_equals(_copied(chunk), b"\x0a\x0b\x0c")
    assert_throws_js(ValueError, lambda: view.nbytes, "the memoryview is released")
    array = bytearray(b"\x0a\x0b\x0c")
    chunk = new_chunk({**INIT, "data": array, "transfer": [array]})
    assert_equals(_copied(chunk), b"\x0a\x0b\x0c")
    assert_equals(array, bytearray())


@promise_test(
    "buffers in transfer that are not the data are detached, too",
    shows=_of_both("dom-{0}-{0}#4.1"),
    variants=BOTH,
)
async def transfer_of_other_buffers(t: Test, new_chunk: NewChunk) -> None:
    first, second = bytearray(b"first"), bytearray(b"second")
    chunk = new_chunk({**INIT, "transfer": [first, second]})
    assert_equals((first, second), (bytearray(), bytearray()))
    assert_equals(_copied(chunk), b"\x0a\x0b\x0c")


@promise_test(
    "a buffer that is in transfer twice throws DataCloneError, and nothing is detached",
    shows=_of_both("dom-{0}-{0}#1"),
    variants=BOTH,
)
async def transfer_twice(t: Test, new_chunk: NewChunk) -> None:
    buffer, other = bytearray(b"\x0a\x0b"), bytearray(b"\x0c")
    assert_throws_dom("DataCloneError", partial(new_chunk, {**INIT, "transfer": [buffer, other, buffer]}))
    assert_equals((buffer, other), (bytearray(b"\x0a\x0b"), bytearray(b"\x0c")))


@promise_test(
    "a detached buffer in transfer throws DataCloneError, and nothing else is detached",
    shows=_of_both("dom-{0}-{0}#2.1"),
    variants=BOTH,
)
async def transfer_of_a_detached_buffer(t: Test, new_chunk: NewChunk) -> None:
    other = bytearray(b"\x0c")
    detached = memoryview(bytearray(b"\x0a"))
    detached.release()
    assert_throws_dom("DataCloneError", partial(new_chunk, {**INIT, "transfer": [other, detached]}))
    assert_equals(other, bytearray(b"\x0c"))


@promise_test(
    "copyTo() writes to the start of the destination and leaves the rest",
    shows=_of_both("dom-{0}-copyto#2"),
    variants=BOTH,
)
async def copy_to(t: Test, new_chunk: NewChunk) -> None:
    chunk = new_chunk(INIT)
    destination = bytearray(b"\xff" * 5)
    assert_equals(chunk.copyTo(destination), None)
    assert_equals(destination, bytearray(b"\x0a\x0b\x0c\xff\xff"))
    part = bytearray(b"\xff" * 5)
    chunk.copyTo(memoryview(part)[1:4])
    assert_equals(part, bytearray(b"\xff\x0a\x0b\x0c\xff"))
    array = np.zeros(2, np.uint16)
    chunk.copyTo(array)
    assert_equals(array.tobytes(), b"\x0a\x0b\x0c\x00")


@promise_test(
    "copyTo() a destination that is too small throws TypeError and writes nothing",
    shows=_of_both("dom-{0}-copyto#1"),
    variants=BOTH,
)
async def copy_to_small_destination(t: Test, new_chunk: NewChunk) -> None:
    chunk = new_chunk(INIT)
    destination = bytearray(b"\xff\xff")
    assert_throws_js(TypeError, lambda: chunk.copyTo(destination))
    assert_equals(destination, bytearray(b"\xff\xff"))
    detached = memoryview(bytearray(3))
    detached.release()
    assert_throws_js(TypeError, lambda: chunk.copyTo(detached), "detached")


@promise_test(
    "copyTo() needs a buffer that can be written",
    shows=_of_both("dom-{0}-copyto"),
    variants=BOTH,
)
async def copy_to_something_else(t: Test, new_chunk: NewChunk) -> None:
    chunk = new_chunk(INIT)
    destinations: list[object] = ["text", None, [0, 0, 0]]
    if not is_another_implementation():
        # Every buffer of JavaScript's can be written.
        destinations.append(b"\x00\x00\x00")
    for destination in destinations:
        assert_throws_js(TypeError, partial(chunk.copyTo, cast("BufferSource", destination)), repr(destination))


@promise_test(
    "an empty chunk can be copied anywhere",
    shows=_of_both("dom-{0}-copyto#1", "dom-{0}-copyto#2"),
    variants=BOTH,
)
async def copy_empty_chunk(t: Test, new_chunk: NewChunk) -> None:
    chunk = new_chunk({**INIT, "data": b""})
    chunk.copyTo(bytearray())
    destination = bytearray(b"\xff")
    chunk.copyTo(destination)
    assert_equals(destination, bytearray(b"\xff"))


@promise_test(
    "a chunk that was serialized and deserialized is another of the same content",
    shows=_of_both("{0}-serialization:serialization#2", "{0}-serialization:deserialization#1"),
    variants=BOTH,
)
async def serialization(t: Test, new_chunk: NewChunk) -> None:
    chunk = new_chunk(INIT)
    clones = [structured_clone(chunk)]
    if not is_another_implementation():
        clones.append(cast("Chunk", structured_deserialize(structured_serialize(chunk))))
    for clone in clones:
        assert_not_equals(clone, chunk)
        assert_equals(type(clone), type(chunk))
        assert_equals((clone.type, clone.timestamp, clone.duration, clone.byteLength), ("key", 10, 300, 3))
        assert_equals(_copied(clone), b"\x0a\x0b\x0c")


@promise_test(
    "serializing a chunk for storage throws DataCloneError",
    shows=_of_both("{0}-serialization:serialization#1"),
    variants=BOTH,
)
async def serialization_for_storage(t: Test, new_chunk: NewChunk) -> None:
    chunk = new_chunk(INIT)
    await assert_not_storable(t, chunk)
