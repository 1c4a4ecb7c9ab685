"""Chapter 9: serialization and transfer of AudioData and VideoFrame, and of chunks beside them."""

import asyncio
import copy
import pickle
import threading
from collections.abc import Callable
from functools import partial
from typing import Final, TypeAlias, cast

from codecmodel.web.message_channel import MessageEvent
from conformance.fixtures.frames_and_samples import (
    CountedResources,
    closed,
    counted_audio_data,
    counted_frame,
    new_audio_data,
    new_frame,
)
from conformance.fixtures.storage import assert_not_storable
from conformance.interfaces import (
    AudioData,
    EncodedAudioChunk,
    EncodedVideoChunk,
    MessageChannel,
    VideoFrame,
    is_another_implementation,
    receive,
    require_this_implementation,
    structured_clone,
    structured_deserialize,
    structured_serialize,
    structured_serialize_with_transfer,
    transfer,
)
from conformance.media.content import content_of
from conformance.scripted.scripted_media import ResourceLedger
from conformance.suite.harness import (
    Test,
    Variant,
    assert_array_equals,
    assert_equals,
    assert_not_equals,
    assert_throws_dom,
    assert_throws_js,
    assert_true,
    promise_test,
)

Media: TypeAlias = AudioData | VideoFrame


def _audio_data(ledger: ResourceLedger | None = None) -> Media:
    return new_audio_data() if ledger is None else counted_audio_data(ledger)


def _frame(ledger: ResourceLedger | None = None) -> Media:
    """A frame whose attributes all differ from their defaults, or a frame of a counted resource."""
    if ledger is not None:
        return counted_frame(ledger)
    return new_frame(duration=40, rotation=90, flip=True, displayWidth=5, displayHeight=7, metadata={"rtpTimestamp": 7})


NewMedia: TypeAlias = Callable[[ResourceLedger | None], Media]
#: Both interfaces spell out the same steps.
BOTH: Final[list[Variant[NewMedia]]] = [
    Variant("audio_data", lambda: _audio_data),
    Variant("video_frame", lambda: _frame),
]
ChunkInterface: TypeAlias = type[EncodedAudioChunk] | type[EncodedVideoChunk]
CHUNKS: Final[list[Variant[ChunkInterface]]] = [
    Variant("audio", lambda: EncodedAudioChunk),
    Variant("video", lambda: EncodedVideoChunk),
]
_ATTRIBUTES: Final = {
    AudioData: ("format", "sampleRate", "numberOfFrames", "numberOfChannels", "timestamp", "duration"),
    VideoFrame: (
        *("format", "codedWidth", "codedHeight", "codedRect", "visibleRect", "rotation", "flip"),
        *("displayWidth", "displayHeight", "duration", "timestamp", "colorSpace"),
    ),
}


def _of_both(*references: str) -> list[str]:
    return [f"{name}-transfer-serialization:{step}" for step in references for name in ("audiodata", "videoframe")]


def _attributes(media: Media) -> list[object]:
    values = [getattr(media, name) for name in _ATTRIBUTES[type(media)]]
    return [*values, media.metadata()] if isinstance(media, VideoFrame) and media.format is not None else values


@promise_test(
    "a clone by serialization is another object of the same attributes and the same data",
    shows=_of_both("serialization#6", "deserialization#1"),
    variants=BOTH,
)
async def serialization(t: Test, new_media: NewMedia) -> None:
    media = new_media(None)
    clone = structured_clone(media)
    closed(t, media, clone)
    assert_not_equals(clone, media)
    assert_array_equals(_attributes(clone), _attributes(media))
    assert_equals(await content_of(clone), await content_of(media))
    media.close()
    assert_equals(clone.timestamp, 1234)
    assert_true(len(await content_of(clone)) > 0, "closing one leaves the other")


@promise_test(
    "each clone has a reference of its own, and a record that is dropped leaves none",
    shows=_of_both("serialization#3", "serialization#4", "serialization#5", "deserialization#1"),
    variants=BOTH,
)
async def references(t: Test, new_media: NewMedia) -> None:
    require_this_implementation("counts of resources")
    ledger = ResourceLedger()
    media = new_media(ledger)
    record = structured_serialize(media)
    media.close()
    assert_equals((ledger.made, ledger.released), (1, 0), "the record refers to the resource")
    first, second = (cast("Media", structured_deserialize(record)) for _ in range(2))
    del record
    first.close()
    assert_equals(ledger.released, 0)
    second.close()
    assert_equals(ledger.released, 1)
    media = new_media(ledger)
    record = structured_serialize(media)
    media.close()
    assert_equals(ledger.live, 1)
    del record
    assert_equals(ledger.live, 0)


@promise_test(
    "closed objects cannot be cloned or transferred",
    shows=_of_both("serialization#1", "transfer#1"),
    variants=BOTH,
)
async def of_what_is_closed(t: Test, new_media: NewMedia) -> None:
    media = new_media(None)
    media.close()
    assert_throws_dom("DataCloneError", partial(structured_clone, media))
    assert_throws_dom("DataCloneError", partial(transfer, media))
    assert_throws_dom("DataCloneError", partial(structured_clone, media, [media]))
    if not is_another_implementation():
        assert_throws_dom("DataCloneError", partial(media._transfer_steps, {}), "the steps themselves")


@promise_test("nothing of it is for storage", shows=_of_both("serialization#2"), variants=BOTH)
async def storage(t: Test, new_media: NewMedia) -> None:
    resources = CountedResources()
    media = new_media(resources)
    await assert_not_storable(t, media)
    await assert_not_storable(t, {"a": [media]})
    media.close()
    resources.check(1, 1)


@promise_test(
    "transferred, it is another object of the same attributes and data, and the source is closed",
    shows=_of_both("transfer#2", "transfer#3", "transfer-receiving#1"),
    variants=BOTH,
)
async def transferred(t: Test, new_media: NewMedia) -> None:
    media, other = new_media(None), new_media(None)
    holder = transfer(media)
    assert_equals(media.format, None)
    assert_equals(media.timestamp, 1234)
    moved = cast("Media", receive(holder))
    closed(t, moved, other)
    assert_equals(type(moved), type(media))
    assert_array_equals(_attributes(moved), _attributes(other))
    assert_equals(await content_of(moved), await content_of(other))
    assert_throws_dom("InvalidStateError", media.clone)


@promise_test(
    "a transfer moves the reference, and a holder that is dropped leaves none",
    shows=_of_both("transfer#2", "transfer#3", "transfer-receiving#1"),
    variants=BOTH,
)
async def moved_reference(t: Test, new_media: NewMedia) -> None:
    require_this_implementation("counts of resources")
    ledger = ResourceLedger()
    moved = cast("Media", receive(transfer(new_media(ledger))))
    assert_equals((ledger.made, ledger.released), (1, 0))
    moved.close()
    assert_equals(ledger.released, 1)
    holder = transfer(new_media(ledger))
    assert_equals(ledger.live, 1)
    del holder
    assert_equals(ledger.live, 0)


@promise_test(
    "a message clones its objects, and moves those in its transfer list",
    shows=[*_of_both("serialization#6", "transfer#3"), "raw-media-serialization-and-transfer"],
    variants=BOTH,
)
async def messages(t: Test, new_media: NewMedia) -> None:
    channel = MessageChannel()
    cloned, moved = new_media(None), new_media(None)
    expected = await content_of(cloned)
    received: asyncio.Future[MessageEvent] = asyncio.get_running_loop().create_future()
    channel.port2.onmessage = received.set_result
    channel.port1.postMessage({"both": [cloned, moved], "again": moved}, [moved])
    assert_equals((cloned.format is None, moved.format is None), (False, True))
    cloned.close()
    data = cast("dict[str, object]", (await received).data)
    arrived = cast("list[Media]", data["both"])
    closed(t, *arrived)
    assert_true(arrived[1] is data["again"], "one object stays one")
    for media in arrived:
        assert_equals(await content_of(media), expected)
    assert_throws_dom("DataCloneError", partial(channel.port1.postMessage, moved, [moved]))


@promise_test(
    "another thread receives it on an event loop of its own, and releases it",
    shows=[*_of_both("transfer#2", "transfer-receiving#1"), "media-resource"],
    variants=BOTH,
)
async def another_thread(t: Test, new_media: NewMedia) -> None:
    require_this_implementation("threads")
    channel = MessageChannel()
    ledger = ResourceLedger()

    async def worker() -> None:
        done = asyncio.Event()
        contents: list[bytes] = []

        async def answer(media: Media | None) -> None:
            if media is not None:
                contents.append(await content_of(media))
                media.close()
                return
            channel.port2.postMessage(contents)
            done.set()

        messages: asyncio.Queue[MessageEvent] = asyncio.Queue()
        channel.port2.onmessage = messages.put_nowait
        while not done.is_set():
            await answer(cast("Media | None", (await messages.get()).data))

    thread = threading.Thread(target=asyncio.run, args=(worker(),), daemon=True)
    thread.start()
    received: asyncio.Future[MessageEvent] = asyncio.get_running_loop().create_future()
    channel.port1.onmessage = received.set_result
    expected = []
    for _ in range(20):
        media = new_media(ledger)
        expected.append(await content_of(media))
        channel.port1.postMessage(media, [media])
    channel.port1.postMessage(None)
    assert_equals((await received).data, expected)
    assert_equals((ledger.made, ledger.live), (20, 0))
    await asyncio.to_thread(thread.join)


@promise_test(
    "a message that is never received releases its objects",
    shows=["raw-media-memory-model-reference-counting", *_of_both("transfer#2")],
    variants=BOTH,
)
async def lost_messages(t: Test, new_media: NewMedia) -> None:
    require_this_implementation("counts of resources")
    ledger = ResourceLedger()
    channel = MessageChannel()
    for _ in range(3):
        media = new_media(ledger)
        channel.port1.postMessage(media, [media])
    assert_equals(ledger.live, 3, "the port has not been started")
    channel.port2.close()
    assert_equals(ledger.live, 0)
    media = new_media(ledger)
    channel.port1.postMessage(media, [media])
    assert_equals((media.format, ledger.live), (None, 0), "detached all the same")


@promise_test(
    "it cannot be pickled, and says what to do instead",
    shows=["raw-media-serialization-and-transfer"],
    variants=BOTH,
)
async def pickling(t: Test, new_media: NewMedia) -> None:
    media = new_media(None)
    closed(t, media)
    for duplicate in (pickle.dumps, copy.copy, copy.deepcopy):
        try:
            duplicate(media)
        except TypeError as error:
            assert_true("copyTo()" in str(error) and "clone()" in str(error), str(error))
            continue
        raise AssertionError("it was duplicated")


@promise_test(
    "a chunk is cloned in messages, copied and pickled; it can't be transferred",
    shows=[
        f"encoded{kind}chunk-serialization:{step}"
        for kind in ("audio", "video")
        for step in ("serialization#2", "deserialization#1")
    ],
    variants=CHUNKS,
)
async def chunks(t: Test, interface: ChunkInterface) -> None:
    chunk = interface({"type": "delta", "timestamp": -7, "duration": 3, "data": b"\x0a\x0b"})
    clones = [structured_clone([chunk])[0]]
    if not is_another_implementation():
        clones += [copy.copy(chunk), pickle.loads(pickle.dumps(chunk))]
    for clone in clones:
        assert_equals(type(clone), interface)
        assert_equals((clone.type, clone.timestamp, clone.duration, clone.byteLength), ("delta", -7, 3, 2))
        destination = bytearray(2)
        clone.copyTo(destination)
        assert_equals(destination, bytearray(b"\x0a\x0b"))
    assert_throws_dom("DataCloneError", partial(structured_clone, chunk, [chunk]))
    if is_another_implementation():
        return
    assert_throws_dom("DataCloneError", partial(structured_serialize_with_transfer, chunk, [chunk]))
    assert_throws_js(TypeError, partial(structured_deserialize, chunk), "a chunk is no record")
