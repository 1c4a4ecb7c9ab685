"""The registrations of audio codecs."""

from collections.abc import Mapping
from functools import partial
from typing import Final, NamedTuple, cast

from codecmodel.configurations.decoder_configurations import AudioDecoderConfig
from conformance.fixtures.decoder_session import AudioSession
from conformance.interfaces import AudioDecoder
from conformance.media import AUDIO, COMPRESSED_AUDIO, RAW_AUDIO, AudioMaterial, sound_of
from conformance.media.audio import mp4_aac, opus, opus_ogg, pcm_integer
from conformance.suite.harness import (
    Test,
    Variant,
    assert_array_equals,
    assert_equals,
    assert_implements_optional,
    assert_in_array,
    promise_rejects_dom,
    promise_test,
)

_AAC: Final = "webcodecs-aac-codec-registration"
_FLAC: Final = "webcodecs-flac-codec-registration"
_MP3: Final = "webcodecs-mp3-codec-registration"
_OPUS: Final = "webcodecs-opus-codec-registration"
_PCM: Final = "webcodecs-pcm-codec-registration"
_VORBIS: Final = "webcodecs-vorbis-codec-registration"
_ALAW: Final = "webcodecs-alaw-codec-registration"
_ULAW: Final = "webcodecs-ulaw-codec-registration"


class Strings(NamedTuple):
    """Codec strings of a registration, similar strings that are none, and strings that few platforms can decode."""

    valid: tuple[str, ...]
    invalid: tuple[str, ...]
    optional: tuple[str, ...] = ()


_STRINGS: Final = {
    "flac": Strings(("flac",), ("FLAC", "fLaC", "flac.1")),
    "mp3": Strings(("mp3", "mp4a.69", "mp4a.6B"), ("MP3", "mp3.1", "mp4a.6", "mp4a.6C", "mp4a.69.1")),
    "aac": Strings(
        ("mp4a.40.2", "mp4a.40.02", "mp4a.40.5", "mp4a.40.05", "mp4a.40.29", "mp4a.67"),
        ("mp4a", "mp4a.40", "mp4a.40.", "mp4a.40.0", "mp4a.40.002", "mp4a.40.99", "mp4a.67.1", "aac", "mp4a.40.2,opus"),
        ("mp4a.40.42",),
    ),
    "opus": Strings(("opus",), ("Opus", "opus.1", "opus ")),
    "vorbis": Strings(("vorbis",), ("Vorbis", "vorbis.1")),
    "ulaw": Strings(("ulaw",), ("mulaw", "u-law", "pcm-ulaw")),
    "alaw": Strings(("alaw",), ("a-law", "pcm-alaw")),
    "pcm": Strings(
        ("pcm-u8", "pcm-s16", "pcm-s24", "pcm-s32", "pcm-f32"),
        ("pcm", "pcm-", "pcm-s8", "pcm-u16", "pcm-s16le", "pcm-f64", "pcm-s64", "PCM-S16"),
    ),
}
_REGISTRATIONS: Final = {codec: f"webcodecs-{codec}-codec-registration" for codec in _STRINGS}


def _strings(codec: str) -> Strings:
    return _STRINGS[codec]


async def _is_supported(config: Mapping[str, object]) -> bool:
    support = await AudioDecoder.isConfigSupported(cast("AudioDecoderConfig", config))
    return support["supported"]


@promise_test(
    "the registration's codec strings are supported, and nothing that merely looks like them",
    shows=[
        "valid-codec-string#1",
        *(f"{registration}/fully-qualified-codec-strings" for registration in _REGISTRATIONS.values()),
    ],
    variants=[Variant(codec, partial(_strings, codec)) for codec in _STRINGS],
)
async def codec_strings(t: Test, strings: Strings) -> None:
    config = {"sampleRate": 48_000, "numberOfChannels": 2}
    answers = {codec: await _is_supported({**config, "codec": codec}) for codec in strings.valid + strings.invalid}
    assert_equals([codec for codec in strings.valid if not answers[codec]], [], "valid, not supported:")
    assert_equals([codec for codec in strings.invalid if answers[codec]], [], "invalid, supported:")


@promise_test(
    "Extended HE-AAC, where the codec library has it",
    shows=[f"{_AAC}/fully-qualified-codec-strings"],
)
async def extended_he_aac(t: Test) -> None:
    supported = await _is_supported({"codec": "mp4a.40.42", "sampleRate": 48_000, "numberOfChannels": 2})
    assert_implements_optional(supported, "this FFmpeg does not decode mp4a.40.42 (Extended HE-AAC)")


@promise_test(
    "rate and channels are the bitstream's, not those of the configuration",
    shows=[
        f"{_AAC}/audiodecoderconfig-description",
        f"{_MP3}/audiodecoderconfig-description",
        f"{_FLAC}/audiodecoderconfig-description",
        f"{_VORBIS}/audiodecoderconfig-description",
    ],
    variants=[variant for variant in COMPRESSED_AUDIO if not variant.name.startswith("opus")],
)
async def rate_and_channels_of_the_bitstream(t: Test, media: AudioMaterial) -> None:
    session = AudioSession(t, media)
    session.configure({**media.config, "sampleRate": 8000, "numberOfChannels": 1})
    session.decode_all()
    await session.flush()
    assert_equals({(data.sampleRate, data.numberOfChannels) for data in session.data}, {(48_000, 2)})


@promise_test(
    "rate and channels are the configuration's where the bitstream says neither",
    shows=[
        f"{_PCM}/encodedaudiochunk-data",
        f"{_ALAW}/encodedaudiochunk-data",
        f"{_ULAW}/encodedaudiochunk-data",
    ],
    variants=RAW_AUDIO,
)
async def rate_and_channels_of_the_configuration(t: Test, media: AudioMaterial) -> None:
    session = AudioSession(t, media)
    session.configure({**media.config, "sampleRate": 8000, "numberOfChannels": 1})
    session.decode(0)
    await session.flush()
    (data,) = session.data
    assert_equals((data.sampleRate, data.numberOfChannels), (8000, 1))
    # The channels alternate, so as one channel they have twice the samples.
    frames = media.sound.shape[1] // len(media.chunks)
    assert_array_equals(sound_of([data])[0], media.sound[:, :frames].T.reshape(-1))


@promise_test(
    "a description that the registration has no use for changes nothing",
    shows=[f"{_MP3}/audiodecoderconfig-description"],
    variants=[variant for variant in AUDIO if variant.name == "mp3"],
)
async def unused_description(t: Test, media: AudioMaterial) -> None:
    session = AudioSession(t, media)
    session.configure({**media.config, "description": b"\xff\x00\xff\x00"})
    session.decode_all()
    await session.flush()
    assert_array_equals(session.timestamps, media.timestamps())


class BadDescription(NamedTuple):
    """A configuration whose description is missing, or is not as the registration demands."""

    config: Mapping[str, object]


def _bad(codec: str, channels: int = 2, description: bytes | None = None) -> BadDescription:
    config: dict[str, object] = {"codec": codec, "sampleRate": 48_000, "numberOfChannels": channels}
    if description is not None:
        config["description"] = description
    return BadDescription(config)


@promise_test(
    "without the description it needs, or with a broken one, a codec cannot be configured: NotSupportedError",
    shows=[
        "dom-audiodecoder-configure:message#2.2",
        f"{_AAC}/audiodecoderconfig-description",
        f"{_FLAC}/audiodecoderconfig-description",
        f"{_OPUS}/audiodecoderconfig-description",
        f"{_VORBIS}/audiodecoderconfig-description",
    ],
    variants=[
        Variant("vorbis_without", partial(_bad, "vorbis")),
        Variant("vorbis_broken", partial(_bad, "vorbis", 2, b"\x02\x1e\x3e" + bytes(100))),
        Variant("flac_without", partial(_bad, "flac")),
        Variant("flac_broken", partial(_bad, "flac", 2, b"fLaC" + bytes(10))),
        Variant("flac_without_marker", partial(_bad, "flac", 2, bytes(42))),
        Variant("opus_three_channels_without", partial(_bad, "opus", 3)),
        Variant("opus_three_channels_too_short", partial(_bad, "opus", 3, bytes(9))),
        Variant("opus_broken", partial(_bad, "opus", 2, b"OpusHea\x00" + bytes(11))),
        Variant("aac_broken", partial(_bad, "mp4a.40.2", 2, b"\xff")),
    ],
)
async def bad_description(t: Test, bad: BadDescription) -> None:
    errors: list[str] = []
    decoder = AudioDecoder({"output": t.unreached_func("output"), "error": lambda error: errors.append(error.name)})
    decoder.configure(cast("AudioDecoderConfig", bad.config))
    await promise_rejects_dom(t, "NotSupportedError", decoder.flush())
    assert_array_equals(errors, ["NotSupportedError"])
    assert_equals(decoder.state, "closed")


@promise_test(
    "AAC without a description is ADTS: a frame that has no header is broken",
    shows=[f"{_AAC}/audiodecoderconfig-description", f"{_AAC}/encodedaudiochunk-data"],
    variants=[Variant("mp4_aac", mp4_aac)],
)
async def aac_formats(t: Test, media: AudioMaterial) -> None:
    session = AudioSession(t, media)
    session.expect_errors = True
    session.configure({"codec": "mp4a.40.2", "sampleRate": 48_000, "numberOfChannels": 2})
    session.decode(1)
    await promise_rejects_dom(t, "EncodingError", session.flush())


@promise_test(
    "Opus: the pre-skip of the identification header is trimmed; without the header nothing is",
    shows=[f"{_OPUS}/audiodecoderconfig-description", f"{_OPUS}/encodedaudiochunk-data"],
    variants=[Variant("opus", opus), Variant("opus_ogg", opus_ogg)],
)
async def opus_pre_skip(t: Test, media: AudioMaterial) -> None:
    pre_skip = int.from_bytes(cast("bytes", media.config.get("description", bytes(12)))[10:12], "little")
    session = AudioSession(t, media)
    session.configure()
    session.decode_all()
    await session.flush()
    frames = [data.numberOfFrames for data in session.data]
    assert_array_equals(frames, [960 - pre_skip] + [960] * (len(media.chunks) - 1))
    assert_equals(session.timestamps[0], media.chunks[0].timestamp)


@promise_test(
    "24-bit samples come out in a format that holds them",
    shows=[f"{_PCM}/fully-qualified-codec-strings", "audio-samples-magnitude"],
    variants=[Variant("pcm_s24", partial(pcm_integer, "pcm-s24", 24))],
)
async def pcm_s24(t: Test, media: AudioMaterial) -> None:
    session = AudioSession(t, media)
    session.configure()
    session.decode_all()
    await session.flush()
    for data in session.data:
        assert_in_array(data.format, ["s32", "f32", "s32-planar", "f32-planar"])
    assert_array_equals(sound_of(session.data), media.sound)


@promise_test(
    "linear PCM chunks may have any length, none at all included",
    shows=[f"{_PCM}/encodedaudiochunk-data", f"{_ALAW}/encodedaudiochunk-data", f"{_ULAW}/encodedaudiochunk-data"],
    variants=RAW_AUDIO,
)
async def empty_pcm_chunk(t: Test, media: AudioMaterial) -> None:
    session = AudioSession(t, media)
    session.configure()
    session.decode(0)
    session.decode(media.empty_chunk(1))
    session.decode(1)
    await session.flush()
    assert_array_equals(session.timestamps, media.timestamps(2))


@promise_test(
    "any chunk is a key chunk: decoding can begin with each",
    shows=[f"{registration}/encodedaudiochunk-type" for registration in _REGISTRATIONS.values()],
    variants=AUDIO,
)
async def begin_anywhere(t: Test, media: AudioMaterial) -> None:
    for start in (1, len(media.chunks) // 2):
        session = AudioSession(t, media)
        session.configure()
        for number in range(start, len(media.chunks)):
            session.decode(number)
        await session.flush()
        expected = media.outputs_of([chunk.timestamp for chunk in media.chunks[start:]])
        assert_array_equals(session.timestamps, expected)
