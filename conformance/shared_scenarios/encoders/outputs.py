"""Chunks and their metadata on real codecs, and the callback that gets them."""

from collections.abc import Sequence
from typing import cast

from conformance.fixtures.encoder_session import (
    AudioEncoderSession,
    Chunk,
    EncoderSession,
    duration_of,
    new_session,
)
from conformance.interfaces import AudioData, VideoFrame
from conformance.media.sources import Source, VideoSource
from conformance.shared_scenarios.template import SharedScenarios
from conformance.suite.harness import Test, assert_array_equals, assert_equals, assert_greater_than, assert_true

SCENARIOS = SharedScenarios[Source]("audioencoder", "videoencoder")

_CALLBACK = ("output-encodedaudiochunks#1.7", "output-encodedvideochunks#1.9")
_DESCRIBED = ("output-encodedaudiochunks#1.6", "output-encodedvideochunks#1.6")


def _described(session: EncoderSession) -> list[int]:
    """The timestamps of the chunks that came with a decoderConfig."""
    pairs = zip(session.chunks, session.metadata, strict=True)
    return [chunk.timestamp for chunk, metadata in pairs if "decoderConfig" in metadata]


@SCENARIOS.promise_test(
    "no chunk comes within encode() or flush(), even if nothing holds the request back",
    shows=["dom-{}-encode:message#4.4", "codec-task-source"],
    needs="every codec",
)
async def outputs_are_asynchronous(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    session.configure()
    await session.flush()
    for number in range(4):
        session.encode(number)
    flush = session.flush()
    assert_array_equals(session.log, ["flush resolved"])
    await flush
    assert_true(bool(session.chunks))


@SCENARIOS.promise_test(
    "an exception of the output callback is reported, and encoding goes on",
    shows=[_CALLBACK],
    needs="every codec",
)
async def output_callback_throws(t: Test, source: Source) -> None:
    uncaught = t.collect_uncaught_exceptions()
    session = await new_session(t, source)
    thrown: list[Exception] = []

    def throw(chunk: object) -> None:
        thrown.append(ValueError(str(len(thrown))))
        raise thrown[-1]

    session.on_output = throw
    session.configure()
    for number in range(4):
        session.encode(number)
    await session.flush()
    if isinstance(source, VideoSource):
        assert_equals(len(session.chunks), 4)
    assert_greater_than(len(session.chunks), 1)
    assert_equals(len(thrown), len(session.chunks))
    assert_array_equals(uncaught, thrown)
    assert_equals(session.encoder.state, "configured")


@SCENARIOS.promise_test(
    "the output callback may call encode(): the request is one like any other",
    shows=[_CALLBACK, "dom-{}-encode:message#4.4"],
    needs="every codec",
)
async def encode_in_output_callback(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    duration = duration_of(source)
    inside: list[int] = []

    def encode_more(chunk: object) -> None:
        session.on_output = None
        before = len(session.chunks)
        session.encode(4, timestamp=4 * duration)
        inside.append(len(session.chunks) - before)

    session.on_output = encode_more
    session.configure()
    for number in range(4):
        session.encode(number)
    await session.flush()
    assert_array_equals(inside, [0], "chunks that came within encode()")
    await session.flush()
    timestamps = sorted(session.timestamps)
    if isinstance(source, VideoSource):
        assert_array_equals(timestamps, [number * duration for number in range(5)])
    else:
        assert_greater_than(timestamps[-1], 4 * duration - 1)


@SCENARIOS.promise_test(
    "a configuration that changes nothing is not described again",
    shows=[_DESCRIBED, "equal-dictionaries"],
    needs="any codec",
)
async def described_once(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    for number in range(6):
        if number % 2 == 0:
            session.configure()
        session.encode(number)
    await session.flush()
    assert_array_equals(_described(session), [0])


@SCENARIOS.promise_test(
    "a decoderConfig is the callback's to change",
    shows=[("output-encodedaudiochunks#1.6.1", "output-encodedvideochunks#1.6.1")],
    needs="any codec",
)
async def decoder_config_of_the_callback(t: Test, source: Source) -> None:
    session = await new_session(t, source)

    def spoil(chunk: object) -> None:
        session.on_output = None
        cast("dict[str, object]", session.metadata[0]["decoderConfig"])["codec"] = "bogus"

    session.on_output = spoil
    session.configure()
    for number in range(4):
        session.encode(number)
    await session.flush()
    assert_array_equals(_described(session), [0])


@SCENARIOS.promise_test(
    "another configuration describes its chunks, and not those before it",
    shows=[
        "dom-{}-configure:message#2.4",
        "dom-{}-configure:message#2.5",
        ("output-encodedaudiochunks#1.4", "output-encodedvideochunks#1.4"),
        ("output-encodedaudiochunks#1.5.3", "output-encodedvideochunks#1.5.2"),
        _DESCRIBED,
        ("output-encodedaudiochunks#1.6.2", "output-encodedvideochunks#1.6.2"),
    ],
    needs="each codec once",
)
async def other_configuration(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    is_video = isinstance(source, VideoSource)
    changes: dict[str, object] = {"width": 64, "height": 64} if is_video else {"numberOfChannels": 1}
    member = "codedWidth" if is_video else "numberOfChannels"
    await session.require_support(**changes)
    session.configure()
    session.encode(0)
    session.encode(1)
    session.configure(**changes)
    for number in (2, 3):
        if isinstance(session, AudioEncoderSession):
            session.encode_data(session.source.data(number, channels=1))
        else:
            session.encode(number)
    await session.flush()
    described = [config[member] for config in session.decoder_configs]
    assert_array_equals(described, [128, 64] if is_video else [2, 1])
    assert_array_equals(_described(session), [0, 2 * duration_of(source)])
    second = next(number for number, metadata in enumerate(session.metadata) if number and "decoderConfig" in metadata)
    if session.types[second] == "delta":
        # An encoder may go on with references of another size. No decoder can be configured anew then.
        return
    if is_video:
        sizes = [frame.codedWidth for frame in cast("Sequence[VideoFrame]", await session.decode())]
        assert_array_equals(sizes, [128, 128, 64, 64])
    else:
        channels = [data.numberOfChannels for data in cast("Sequence[AudioData]", await session.decode())]
        assert_array_equals(channels, sorted(channels, reverse=True))
        assert_equals((channels[0], channels[-1]), (2, 1))


@SCENARIOS.promise_test(
    "encoded bytes are those of the chunk: they stay when the encoder is gone",
    shows=[("output-encodedaudiochunks#1.1.1", "output-encodedvideochunks#1.1.1"), "close-{}#3"],
    needs="any codec",
)
async def chunks_outlive_the_encoder(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    session.configure()
    for number in range(2):
        session.encode(number)
    await session.flush()
    before = [_bytes_of(chunk) for chunk in session.chunks]
    session.encoder.close()
    other = await new_session(t, source)
    other.configure()
    other.encode(1)
    await other.flush()
    assert_array_equals([_bytes_of(chunk) for chunk in session.chunks], before)
    await session.decode()


def _bytes_of(chunk: Chunk) -> bytes:
    data = bytearray(chunk.byteLength)
    chunk.copyTo(data)
    return bytes(data)
