"""Chapter 5: AudioEncoder."""

from conformance.fixtures.encoder_session import AudioEncoderSession
from conformance.media.sources import ANY_ENCODED_AUDIO, DATA_DURATION, DATA_LENGTH, ENCODED_AUDIO, AudioSource, Source
from conformance.shared_scenarios.encoders import adopt_encoder_scenarios
from conformance.suite.harness import (
    Test,
    assert_array_equals,
    assert_equals,
    assert_greater_than_equal,
    promise_rejects_dom,
    promise_test,
)

adopt_encoder_scenarios(
    __name__,
    "audioencoder",
    every_codec=ENCODED_AUDIO,
    each_codec_once=ENCODED_AUDIO,
    any_codec=ANY_ENCODED_AUDIO,
)


async def _session(t: Test, source: Source) -> AudioEncoderSession:
    assert isinstance(source, AudioSource)
    session = AudioEncoderSession(t, source)
    await session.require_support()
    return session


@promise_test(
    "data of another sample rate or number of channels closes the encoder with EncodingError",
    shows=["dom-audioencoder-encode:message#4.1", "dom-audioencoder-encode:message#4.2", "close-audioencoder#4"],
    variants=ENCODED_AUDIO,
)
async def other_rate_or_channels(t: Test, source: Source) -> None:
    for changes in ({"sample_rate": 48_333}, {"channels": 1}, {"channels": 3}):
        session = await _session(t, source)
        session.expect_errors = True
        session.configure()
        session.encode(0)
        await session.flush()
        before = len(session.chunks)
        session.encode_data(session.source.data(1, **changes))
        await promise_rejects_dom(t, "EncodingError", session.flush())
        assert_array_equals([error.name for error in session.errors], ["EncodingError"])
        assert_equals(session.encoder.state, "closed")
        assert_equals(len(session.chunks), before)


@promise_test(
    "decoderConfig has codec, sample rate and channels of the configuration, and is enough to decode",
    shows=[
        "output-encodedaudiochunks#1.5.1",
        "output-encodedaudiochunks#1.5.2",
        "output-encodedaudiochunks#1.5.3",
        "output-encodedaudiochunks#1.5.4",
        "dom-encodedaudiochunkmetadata-decoderconfig",
    ],
    variants=ENCODED_AUDIO,
)
async def decoder_config(t: Test, source: Source) -> None:
    session = await _session(t, source)
    session.configure()
    for number in range(4):
        session.encode(number)
    await session.flush()
    [config] = session.decoder_configs
    for member in ("codec", "sampleRate", "numberOfChannels"):
        assert_equals(config[member], session.config()[member])
    assert_array_equals(sorted(set(config) - {"codec", "sampleRate", "numberOfChannels", "description"}), [])
    decoded = await session.decode()
    assert_greater_than_equal(sum(data.numberOfFrames for data in decoded), 4 * DATA_LENGTH)
    assert_equals({data.sampleRate for data in decoded}, {48_000.0})
    assert_equals({data.numberOfChannels for data in decoded}, {2})


@promise_test(
    "data smaller than the codec's frames is gathered; its tail comes with the flush, with its timestamp",
    shows=["dom-audioencoder-flush:message#1.1", "output-encodedaudiochunks#1.1.3"],
    variants=ENCODED_AUDIO,
)
async def small_data(t: Test, source: Source) -> None:
    session = await _session(t, source)
    session.configure()
    piece = 160
    for number in range(2 * DATA_LENGTH // piece):
        session.encode_data(session.source.data(0, timestamp=number * piece * 1_000_000 // 48_000, length=piece))
    await session.flush()
    assert_equals(session.timestamps[0], 0)
    ends = [chunk.timestamp + (chunk.duration or 0) for chunk in session.chunks]
    # Durations are rounded down.
    assert_greater_than_equal(ends[-1], 2 * DATA_DURATION - 1)
    decoded = await session.decode()
    assert_greater_than_equal(sum(data.numberOfFrames for data in decoded), 2 * DATA_LENGTH)
