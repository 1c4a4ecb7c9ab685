"""Chapter 3: AudioDecoder."""

from conformance.fixtures.decoder_session import AudioSession
from conformance.media import ANY_AUDIO, AUDIO, COMPRESSED_AUDIO, AudioMaterial, sound_of
from conformance.media.signals import signal_to_noise
from conformance.shared_scenarios.decoders import adopt_decoder_scenarios
from conformance.suite.harness import (
    Test,
    assert_array_equals,
    assert_equals,
    assert_greater_than_equal,
    assert_in_array,
    promise_test,
)

adopt_decoder_scenarios(
    __name__, "audiodecoder", every_codec=AUDIO, broken_chunks=COMPRESSED_AUDIO, any_codec=ANY_AUDIO
)


@promise_test(
    "the samples are those that were encoded",
    shows=["output-audiodata#1.1.2", "output-audiodata#1.1.4", "dom-audiodecoder-decode:message#4.1"],
    variants=AUDIO,
)
async def samples(t: Test, media: AudioMaterial) -> None:
    session = AudioSession(t, media)
    session.configure()
    session.decode_all()
    await session.flush()
    channels, length = media.sound.shape
    decoded = sound_of(session.data)
    assert_equals(decoded.shape[0], channels)
    assert_greater_than_equal(decoded.shape[1], media.delay + length)
    decoded = decoded[:, media.delay : media.delay + length]
    if media.minimum_snr is None:
        assert_array_equals(decoded, media.sound)
    else:
        ratio = signal_to_noise(decoded, media.sound)
        assert_greater_than_equal(ratio, media.minimum_snr, "signal-to-noise ratio in dB:")


@promise_test(
    "format, sample rate, number of channels and of frames are the output's",
    shows=["output-audiodata#1.1.1", "output-audiodata#1.1.7", "output-audiodata#1.1.8"],
    variants=AUDIO,
)
async def attributes(t: Test, media: AudioMaterial) -> None:
    session = AudioSession(t, media)
    session.configure()
    session.decode_all()
    await session.flush()
    for data in session.data:
        assert_in_array(data.format, ["u8", "s16", "s32", "f32", "u8-planar", "s16-planar", "s32-planar", "f32-planar"])
        assert_equals(data.sampleRate, 48_000)
        assert_equals(data.numberOfChannels, media.sound.shape[0])
    frames = sum(data.numberOfFrames for data in session.data)
    assert_equals(frames, sound_of(session.data).shape[1])


@promise_test(
    "each chunk's output has the duration of the chunk, less what is trimmed from the first",
    shows=["output-audiodata#1.1.8", "dom-audiodata-duration"],
    variants=[variant for variant in AUDIO if variant.name not in ("vorbis", "opus_ogg")],
)
async def durations(t: Test, media: AudioMaterial) -> None:
    session = AudioSession(t, media)
    session.configure()
    session.decode_all()
    await session.flush()
    for data, chunk in zip(session.data, media.chunks, strict=True):
        # Both are whole microseconds, and each is rounded in its own way.
        assert_in_array(data.duration - chunk.duration, [-1, 0, 1])


@promise_test(
    "the first output has the timestamp of the first chunk, for every timestamp",
    shows=["output-audiodata#1.1.5", "output-audiodata#1.1.6"],
    variants=AUDIO,
)
async def first_timestamp(t: Test, media: AudioMaterial) -> None:
    for timestamp in (-42, 42):
        session = AudioSession(t, media)
        session.configure()
        session.decode(media.chunk(0, timestamp=timestamp))
        session.decode(media.chunk(1, timestamp=timestamp + media.chunks[0].duration))
        await session.flush()
        assert_equals(session.timestamps[0], timestamp)
        assert_equals(len(session.outputs), media.output_count(2))
