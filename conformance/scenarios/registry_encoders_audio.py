"""The registrations of audio codecs, for encoders: the content of chunks, and the effect of each option on it."""

from collections.abc import Sequence
from functools import partial
from typing import Final, NamedTuple, cast

from codecmodel.configurations.encoder_configurations import AudioEncoderConfig
from codecmodel.registry.aac import parse_audio_specific_config
from codecmodel.registry.flac import parse_flac_description
from codecmodel.registry.opus import parse_opus_head
from codecmodel.registry.vorbis import parse_vorbis_description
from conformance.fixtures.encoder_session import AudioEncoderSession
from conformance.interfaces import AudioData
from conformance.media import sound_of
from conformance.media.encoding import first_encoder
from conformance.media.signals import SAMPLE_RATE, signal_to_noise
from conformance.media.sources import DATA_LENGTH, AudioSource
from conformance.suite.harness import (
    Test,
    Variant,
    assert_array_equals,
    assert_equals,
    assert_greater_than,
    assert_in_array,
    assert_less_than,
    assert_not_equals,
    assert_true,
    promise_test,
)

_AAC: Final = "webcodecs-aac-codec-registration"
_FLAC: Final = "webcodecs-flac-codec-registration"
_OPUS: Final = "webcodecs-opus-codec-registration"
_COUNT: Final = 6


class Codec(NamedTuple):
    """A codec, the delay of its sound in samples, and the least signal-to-noise ratio in dB."""

    source: AudioSource
    delay: int
    least: float


def _codec(codec: str, encoder: str, delay: int, least: float) -> Codec:
    first_encoder(encoder)
    config: AudioEncoderConfig = {"codec": codec, "sampleRate": SAMPLE_RATE, "numberOfChannels": 2}
    return Codec(AudioSource(config), delay, least)


def _variant(name: str, codec: str, encoder: str, delay: int, least: float) -> Variant[Codec]:
    return Variant(name, partial(_codec, codec, encoder, delay, least))


_LOSSY: Final = [
    _variant("aac", "mp4a.40.2", "aac", 1024, 16),
    _variant("mp3", "mp3", "libmp3lame", 1105, 20),
    _variant("opus", "opus", "libopus", 0, 25),
    _variant("vorbis", "vorbis", "libvorbis", 0, 15),
    _variant("ulaw", "ulaw", "pcm_mulaw", 0, 35),
    _variant("alaw", "alaw", "pcm_alaw", 0, 35),
]
#: The loss is less than a step of this many bits.
_EXACT: Final = [
    _variant("flac", "flac", "flac", 0, 130),
    _variant("pcm-u8", "pcm-u8", "pcm_u8", 0, 40),
    _variant("pcm-s16", "pcm-s16", "pcm_s16le", 0, 88),
    _variant("pcm-s24", "pcm-s24", "pcm_s24le", 0, 130),
    _variant("pcm-s32", "pcm-s32", "pcm_s32le", 0, 150),
    _variant("pcm-f32", "pcm-f32", "pcm_f32le", 0, 150),
]
_OPUS_ONLY: Final = [_variant("opus", "opus", "libopus", 0, 25)]
_FLAC_ONLY: Final = [_variant("flac", "flac", "flac", 0, 130)]
_AAC_ONLY: Final = [_variant("aac", "mp4a.40.2", "aac", 1024, 16)]
_REGISTRATIONS: Final = ("aac", "mp3", "opus", "vorbis", "ulaw", "alaw", "flac", "pcm")


async def _encode(t: Test, codec: Codec, count: int = _COUNT, **changes: object) -> AudioEncoderSession:
    """Encode the source with a changed configuration, which must be supported."""
    session = AudioEncoderSession(t, codec.source)
    await session.require_support(**changes)
    session.configure(**changes)
    for number in range(count):
        session.encode(number)
    await session.flush()
    return session


def _payloads(session: AudioEncoderSession) -> list[bytes]:
    payloads = []
    for chunk in session.chunks:
        data = bytearray(chunk.byteLength)
        chunk.copyTo(data)
        payloads.append(bytes(data))
    return payloads


def _size(session: AudioEncoderSession) -> int:
    return sum(chunk.byteLength for chunk in session.chunks)


def _description(session: AudioEncoderSession) -> bytes | None:
    return cast("bytes | None", session.decoder_configs[0].get("description"))


def _required_description(session: AudioEncoderSession) -> bytes:
    description = _description(session)
    assert description is not None
    return bytes(description)


@promise_test(
    "the decoder that decoderConfig describes decodes the chunks to the samples that were encoded",
    shows=[
        *(f"webcodecs-{name}-codec-registration/encodedaudiochunk-data" for name in _REGISTRATIONS),
        *(f"webcodecs-{name}-codec-registration/encodedaudiochunk-type" for name in _REGISTRATIONS),
        "output-encodedaudiochunks#1.5.4",
    ],
    variants=[*_LOSSY, *_EXACT],
)
async def round_trip(t: Test, codec: Codec) -> None:
    session = await _encode(t, codec)
    assert_array_equals(session.types, ["key"] * len(session.chunks))
    decoded = sound_of(cast("Sequence[AudioData]", await session.decode()))
    expected = codec.source.sound(_COUNT)
    assert_greater_than(decoded.shape[1], expected.shape[1] - 1)
    actual = decoded[:, codec.delay : codec.delay + expected.shape[1]]
    assert_greater_than(signal_to_noise(actual, expected[:, : actual.shape[1]]), codec.least)


@promise_test(
    "a chunk lasts as long as its data, for data of any sizes; the rest comes with a flush",
    shows=["output-encodedaudiochunks#1.1.3", "output-encodedaudiochunks#1.1.4", "dom-audioencoder-flush:message#1.1"],
    variants=_FLAC_ONLY,
)
async def left_over(t: Test, codec: Codec) -> None:
    session = await _encode(t, codec, 2, flac={"blockSize": 4000})
    assert_array_equals(session.timestamps, [0, 83_333, 166_666])
    assert_array_equals([chunk.duration for chunk in session.chunks], [83_333, 83_333, 33_333])
    assert_equals(sound_of(cast("Sequence[AudioData]", await session.decode())).shape[1], 2 * DATA_LENGTH)


@promise_test(
    "the bit rate, on average",
    shows=["dom-audioencoderconfig-bitrate"],
    variants=[variant for variant in _LOSSY if variant.name in ("aac", "mp3", "opus", "vorbis")],
)
async def bit_rate(t: Test, codec: Codec) -> None:
    sizes = [_size(await _encode(t, codec, 10, bitrate=rate)) for rate in (64_000, 160_000)]
    # Tones need few bits, so some codecs do not use all that they may.
    assert_greater_than(sizes[1], 1.3 * sizes[0])
    assert_less_than(sizes[0] * 8, 1.3 * 64_000 + 16_000)


@promise_test(
    "constant: every chunk has the size that the bit rate comes to",
    shows=["dom-audioencoderconfig-bitratemode"],
    variants=_OPUS_ONLY,
)
async def constant_bit_rate(t: Test, codec: Codec) -> None:
    session = await _encode(t, codec, bitrate=96_000, bitrateMode="constant")
    assert_array_equals(sorted({chunk.byteLength for chunk in session.chunks}), [96_000 // 8 // 50])
    variable = await _encode(t, codec, bitrate=96_000, bitrateMode="variable")
    assert_greater_than(len({chunk.byteLength for chunk in variable.chunks}), 1)


# AAC


@promise_test(
    "aac: raw frames, and their configuration in the description",
    shows=[
        f"{_AAC}/audiodecoderconfig-description",
        f"{_AAC}/dom-aacencoderconfig-format",
        f"{_AAC}/dom-aacbitstreamformat-aac",
        f"{_AAC}/dom-audioencoderconfig-aac",
    ],
    variants=_AAC_ONLY,
)
async def aac_format(t: Test, codec: Codec) -> None:
    for session in (
        await _encode(t, codec, 1),
        await _encode(t, codec, 1, aac={}),
        await _encode(t, codec, 1, aac={"format": "aac"}),
    ):
        config = parse_audio_specific_config(_required_description(session))
        assert_equals((config.object_type, config.sampling_frequency, config.channels), (2, SAMPLE_RATE, 2))


@promise_test(
    "adts: frames that describe themselves, and no description",
    shows=[f"{_AAC}/dom-aacbitstreamformat-adts", f"{_AAC}/dom-aacencoderconfig-format"],
    variants=_AAC_ONLY,
)
async def adts_format(t: Test, codec: Codec) -> None:
    session = await _encode(t, codec, aac={"format": "adts"})
    assert_equals(_description(session), None)
    for payload in _payloads(session):
        # Syncword without CRC, MPEG-4; AAC LC, 48 kHz, two channels; the length of the whole.
        assert_equals(payload[:2], b"\xff\xf1")
        assert_equals((payload[2] >> 6, payload[2] >> 2 & 15, payload[3] >> 6), (1, 3, 2))
        assert_equals((payload[3] & 3) << 11 | payload[4] << 3 | payload[5] >> 5, len(payload))
    decoded = sound_of(cast("Sequence[AudioData]", await session.decode()))
    expected = codec.source.sound(_COUNT)
    actual = decoded[:, codec.delay : codec.delay + expected.shape[1]]
    assert_greater_than(signal_to_noise(actual, expected[:, : actual.shape[1]]), codec.least)


# Opus


@promise_test(
    "the identification header is in the description for both formats, opus and ogg",
    shows=[
        f"{_OPUS}/audiodecoderconfig-description",
        f"{_OPUS}/dom-opusencoderconfig-format",
        f"{_OPUS}/dom-opusbitstreamformat-opus",
        f"{_OPUS}/dom-opusbitstreamformat-ogg",
        f"{_OPUS}/dom-audioencoderconfig-opus",
    ],
    variants=_OPUS_ONLY,
)
async def opus_format(t: Test, codec: Codec) -> None:
    sessions = [await _encode(t, codec)]
    for extension in ({}, {"format": "opus"}, {"format": "ogg"}):
        sessions.append(await _encode(t, codec, opus=extension))
    for session in sessions:
        head = parse_opus_head(_required_description(session))
        assert_equals((head.channels, head.mapping_family), (2, 0))
        # The packets are the same, and the header says how many samples to skip.
        assert_array_equals(_payloads(session), _payloads(sessions[0]))
        decoded = sound_of(cast("Sequence[AudioData]", await session.decode()))
        assert_equals(decoded.shape[1], len(session.chunks) * 960 - head.pre_skip)


@promise_test(
    "frameDuration: the duration of every chunk, from 2.5 ms to 120 ms",
    shows=[f"{_OPUS}/dom-opusencoderconfig-frameduration"],
    variants=_OPUS_ONLY,
)
async def frame_duration(t: Test, codec: Codec) -> None:
    for duration in (2500, 7500, 10_000, 30_000, 60_000, 120_000):
        session = await _encode(t, codec, opus={"frameDuration": duration, "format": "opus"})
        assert_array_equals([chunk.duration for chunk in session.chunks], [duration] * len(session.chunks))
        assert_array_equals(session.timestamps, [duration * number for number in range(len(session.chunks))])
        decoded = sound_of(cast("Sequence[AudioData]", await session.decode()))
        pre_skip = parse_opus_head(_required_description(session)).pre_skip
        assert_equals(decoded.shape[1], len(session.chunks) * duration * 48 // 1000 - pre_skip)


def _modes(session: AudioEncoderSession) -> set[str]:
    """The modes of the packets (RFC 6716, table 2): linear prediction, hybrid, transform."""
    return {"silk" if one[0] >> 3 < 12 else "hybrid" if one[0] >> 3 < 16 else "celt" for one in _payloads(session)}


@promise_test(
    "signal: speech is predicted, music transformed",
    shows=[
        f"{_OPUS}/dom-opusencoderconfig-signal",
        f"{_OPUS}/dom-opussignal-auto",
        f"{_OPUS}/dom-opussignal-music",
        f"{_OPUS}/dom-opussignal-voice",
    ],
    variants=_OPUS_ONLY,
)
async def signal(t: Test, codec: Codec) -> None:
    assert_array_equals(sorted(_modes(await _encode(t, codec, bitrate=32_000, opus={"signal": "music"}))), ["celt"])
    assert_true("celt" not in _modes(await _encode(t, codec, bitrate=32_000, opus={"signal": "voice"})))
    automatic = await _encode(t, codec, bitrate=32_000, opus={"signal": "auto"})
    assert_array_equals(_payloads(automatic), _payloads(await _encode(t, codec, bitrate=32_000, opus={})))


@promise_test(
    "application: speech is predicted, low delay leaves prediction out and delays less",
    shows=[
        f"{_OPUS}/dom-opusencoderconfig-application",
        f"{_OPUS}/dom-opusapplication-voip",
        f"{_OPUS}/dom-opusapplication-audio",
        f"{_OPUS}/dom-opusapplication-lowdelay",
    ],
    variants=_OPUS_ONLY,
)
async def application(t: Test, codec: Codec) -> None:
    skips: dict[str, int] = {}
    modes: dict[str, set[str]] = {}
    for name in ("voip", "audio", "lowdelay"):
        session = await _encode(t, codec, bitrate=20_000, opus={"application": name, "format": "ogg"})
        skips[name] = parse_opus_head(_required_description(session)).pre_skip
        modes[name] = _modes(session)
    assert_true(modes["voip"] != {"celt"})
    assert_array_equals(sorted(modes["lowdelay"]), ["celt"])
    assert_less_than(skips["lowdelay"], skips["audio"])


@promise_test(
    "complexity, packetlossperc and useinbandfec change what is encoded; usedtx leaves silence out",
    shows=[
        f"{_OPUS}/dom-opusencoderconfig-complexity",
        f"{_OPUS}/dom-opusencoderconfig-packetlossperc",
        f"{_OPUS}/dom-opusencoderconfig-useinbandfec",
    ],
    variants=_OPUS_ONLY,
)
async def complexity_and_loss(t: Test, codec: Codec) -> None:
    async def payloads(**options: object) -> list[bytes]:
        opus = {"application": "voip", "format": "opus", **options}
        return _payloads(await _encode(t, codec, bitrate=32_000, opus=opus))

    plain = await payloads()
    assert_array_equals(await payloads(), plain, "the same twice")
    assert_array_equals(await payloads(complexity=9), plain, "9 is the default")
    assert_not_equals(await payloads(complexity=0), plain)
    assert_not_equals(await payloads(packetlossperc=20), plain)
    assert_not_equals(
        await payloads(packetlossperc=20, useinbandfec=True), await payloads(packetlossperc=20, useinbandfec=False)
    )


@promise_test(
    "usedtx: of silence most is not transmitted, and what is has the time that it is of",
    shows=[f"{_OPUS}/dom-opusencoderconfig-usedtx"],
    variants=_OPUS_ONLY,
)
async def discontinuous_transmission(t: Test, codec: Codec) -> None:
    for usedtx in (True, False):
        session = AudioEncoderSession(t, codec.source)
        changes = {"numberOfChannels": 1, "bitrate": 16_000, "opus": {"application": "voip", "usedtx": usedtx}}
        await session.require_support(**changes)
        session.configure(**changes)
        for number in range(10):
            session.encode_data(
                AudioData(
                    {
                        "format": "f32",
                        "sampleRate": SAMPLE_RATE,
                        "numberOfFrames": DATA_LENGTH,
                        "numberOfChannels": 1,
                        "timestamp": number * 100_000,
                        "data": bytes(4 * DATA_LENGTH),
                    }
                )
            )
        await session.flush()
        timestamps = [chunk.timestamp for chunk in session.chunks]
        # A second has 50 packets of 20 ms. One more has the end of it, because the encoder is late.
        if usedtx:
            assert_less_than(len(timestamps), 25)
            assert_array_equals([timestamp % 20_000 for timestamp in timestamps], [0] * len(timestamps))
        else:
            assert_array_equals(timestamps, [number * 20_000 for number in range(51)])


# FLAC


@promise_test(
    "the description is fLaC and STREAMINFO",
    shows=[f"{_FLAC}/audiodecoderconfig-description", f"{_FLAC}/dom-audioencoderconfig-flac"],
    variants=_FLAC_ONLY,
)
async def flac_description(t: Test, codec: Codec) -> None:
    info = parse_flac_description(_required_description(await _encode(t, codec, 1)))
    assert_equals((info.sample_rate, info.channels), (SAMPLE_RATE, 2))
    assert_in_array(info.bits_per_sample, [24, 32])


@promise_test(
    "blockSize: samples of every chunk but the last",
    shows=[f"{_FLAC}/dom-flacencoderconfig-blocksize"],
    variants=_FLAC_ONLY,
)
async def block_size(t: Test, codec: Codec) -> None:
    for size in (16, 480, 4800, 9600):
        count = 1 if size == 16 else 2
        session = await _encode(t, codec, count, flac={"blockSize": size})
        assert_array_equals(
            [chunk.duration for chunk in session.chunks], [size * 1000 // 48] * (count * DATA_LENGTH // size)
        )


@promise_test(
    "compressLevel: smaller, and just as exact",
    shows=[f"{_FLAC}/dom-flacencoderconfig-compresslevel"],
    variants=_FLAC_ONLY,
)
async def compress_level(t: Test, codec: Codec) -> None:
    sessions = [await _encode(t, codec, flac={"compressLevel": level, "blockSize": 4800}) for level in (0, 5, 8)]
    sizes = [_size(session) for session in sessions]
    assert_greater_than(sizes[0], sizes[1])
    assert_greater_than(sizes[1], sizes[2] - 1)
    sounds = [sound_of(cast("Sequence[AudioData]", await session.decode())) for session in sessions]
    assert_true(bool((sounds[0] == sounds[1]).all() and (sounds[0] == sounds[2]).all()))


# Vorbis


@promise_test(
    "the description has the three headers",
    shows=["webcodecs-vorbis-codec-registration/audiodecoderconfig-description"],
    variants=[_variant("vorbis", "vorbis", "libvorbis", 0, 15)],
)
async def vorbis_description(t: Test, codec: Codec) -> None:
    headers = parse_vorbis_description(_required_description(await _encode(t, codec, 1)))
    assert_equals((headers.channels, headers.sample_rate), (2, SAMPLE_RATE))
