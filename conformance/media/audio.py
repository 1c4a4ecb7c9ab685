"""Audio that is made on the spot: a third of a second of two tones, in every registered codec."""

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Final

import numpy as np

from conformance.media.encoding import EncodedStream, encode_sound, first_encoder, quantized
from conformance.media.material import AudioMaterial, ChunkData
from conformance.media.signals import SAMPLE_RATE, Sound, alaw_levels, tones, ulaw_levels
from conformance.suite.scenario import Variant

CHANNELS: Final = 2
#: The number of samples of each channel. It is a multiple of no codec's frame.
LENGTH: Final = 16_000


def _chunks(stream: EncodedStream, samples_per_chunk: int) -> list[ChunkData]:
    """Chunks with the encoder's timestamps. ``samples_per_chunk`` is for the duration of the last."""
    starts = [packet.pts for packet in stream.packets]
    ends = [*starts[1:], starts[-1] + samples_per_chunk]
    times = [(_microseconds(start), _microseconds(end)) for start, end in zip(starts, ends, strict=True)]
    return [
        ChunkData(packet.data, start, end - start) for packet, (start, end) in zip(stream.packets, times, strict=True)
    ]


def _microseconds(samples: int) -> int:
    return samples * 1_000_000 // SAMPLE_RATE


def _zeroed(data: bytes) -> bytes:
    return bytes(len(data))


def _halved(data: bytes) -> bytes:
    return data[: len(data) // 2]


@cache
def _aac_stream() -> EncodedStream:
    return encode_sound(
        first_encoder("aac"),
        tones(CHANNELS, LENGTH),
        SAMPLE_RATE,
        format="fltp",
        samples_per_packet=1024,
        bit_rate=192_000,
    )


@cache
def mp4_aac() -> AudioMaterial:
    """AAC LC with an AudioSpecificConfig."""
    stream = _aac_stream()
    return AudioMaterial(
        config={
            "codec": "mp4a.40.2",
            "sampleRate": SAMPLE_RATE,
            "numberOfChannels": CHANNELS,
            "description": stream.extradata,
        },
        chunks=_chunks(stream, 1024),
        sound=tones(CHANNELS, LENGTH),
        delay=stream.initial_padding,
        minimum_snr=20,
        corrupt=_halved,
    )


@cache
def adts_aac() -> AudioMaterial:
    """AAC LC, each frame with an ADTS header."""
    stream = _aac_stream()
    chunks = [
        ChunkData(adts_header(len(chunk.data)) + chunk.data, chunk.timestamp, chunk.duration)
        for chunk in _chunks(stream, 1024)
    ]
    return AudioMaterial(
        config={"codec": "mp4a.40.2", "sampleRate": SAMPLE_RATE, "numberOfChannels": CHANNELS},
        chunks=chunks,
        sound=tones(CHANNELS, LENGTH),
        delay=stream.initial_padding,
        minimum_snr=20,
        corrupt=_zeroed,
    )


def adts_header(size: int) -> bytes:
    """The ADTS header of a frame of AAC LC, 48 kHz, stereo (ISO/IEC 14496-3, 1.A.3.2). ``size`` without header."""
    sampling_frequency_index, buffer_fullness = 3, 0x7FF
    length = size + 7
    bits = 0xFFF << 44 | 1 << 40  # syncword; MPEG-4, layer 0, no CRC
    bits |= 1 << 38 | sampling_frequency_index << 34 | CHANNELS << 30  # profile: object type 2, less 1
    bits |= length << 13 | buffer_fullness << 2
    return bits.to_bytes(7, "big")


@cache
def mp3() -> AudioMaterial:
    """MP3. No frame needs bits of the one before it."""
    stream = encode_sound(
        first_encoder("libmp3lame"),
        tones(CHANNELS, LENGTH),
        SAMPLE_RATE,
        format="fltp",
        samples_per_packet=1152,
        bit_rate=192_000,
        options={"reservoir": "0"},
    )
    return AudioMaterial(
        config={"codec": "mp3", "sampleRate": SAMPLE_RATE, "numberOfChannels": CHANNELS},
        chunks=_chunks(stream, 1152),
        sound=tones(CHANNELS, LENGTH),
        delay=stream.initial_padding,
        minimum_snr=25,
        corrupt=_zeroed,
    )


@cache
def _opus_stream() -> EncodedStream:
    return encode_sound(
        first_encoder("libopus"),
        tones(CHANNELS, LENGTH),
        SAMPLE_RATE,
        format="flt",
        samples_per_packet=960,
        bit_rate=192_000,
    )


def _opus_without_frames(data: bytes) -> bytes:
    """A packet of code 3 that says it has no frames, which RFC 6716 § 3.2.5 forbids."""
    return bytes([data[0] | 3, 0])


@cache
def opus() -> AudioMaterial:
    """Opus packets alone. Nothing says how much to trim."""
    stream = _opus_stream()
    return AudioMaterial(
        config={"codec": "opus", "sampleRate": SAMPLE_RATE, "numberOfChannels": CHANNELS},
        chunks=_chunks(stream, 960),
        sound=tones(CHANNELS, LENGTH),
        delay=stream.initial_padding,
        minimum_snr=35,
        corrupt=_opus_without_frames,
    )


@cache
def opus_ogg() -> AudioMaterial:
    """Opus with an identification header, whose pre-skip is trimmed."""
    stream = _opus_stream()
    return AudioMaterial(
        config={
            "codec": "opus",
            "sampleRate": SAMPLE_RATE,
            "numberOfChannels": CHANNELS,
            "description": stream.extradata,
        },
        chunks=_chunks(stream, 960),
        sound=tones(CHANNELS, LENGTH),
        delay=0,
        minimum_snr=35,
        corrupt=_opus_without_frames,
    )


@cache
def flac() -> AudioMaterial:
    """FLAC, 16 bits: lossless."""
    stream = encode_sound(
        first_encoder("flac"),
        tones(CHANNELS, LENGTH),
        SAMPLE_RATE,
        format="s16",
        samples_per_packet=1024,
        options={"frame_size": "1152"},
    )
    # FFmpeg's extradata is the content of STREAMINFO; before it belong the marker, and a header: last block, type 0.
    description = b"fLaC" + bytes([0x80]) + len(stream.extradata).to_bytes(3, "big") + stream.extradata
    return AudioMaterial(
        config={
            "codec": "flac",
            "sampleRate": SAMPLE_RATE,
            "numberOfChannels": CHANNELS,
            "description": description,
        },
        chunks=_chunks(stream, LENGTH % 1152),
        sound=quantized(tones(CHANNELS, LENGTH)),
        delay=0,
        minimum_snr=None,
        corrupt=_zeroed,
    )


@cache
def vorbis() -> AudioMaterial:
    """Vorbis. The first chunk only begins the overlap of the blocks."""
    encoder = first_encoder("libvorbis", "vorbis")
    stream = encode_sound(
        encoder,
        tones(CHANNELS, LENGTH),
        SAMPLE_RATE,
        format="fltp",
        samples_per_packet=1024,
        bit_rate=192_000,
    )
    return AudioMaterial(
        config={
            "codec": "vorbis",
            "sampleRate": SAMPLE_RATE,
            "numberOfChannels": CHANNELS,
            "description": stream.extradata,
        },
        chunks=_chunks(stream, 1024),
        sound=tones(CHANNELS, LENGTH),
        delay=0,
        # FFmpeg's own encoder turns these tones into little more than noise.
        minimum_snr=30 if encoder == "libvorbis" else 3,
        corrupt=lambda data: bytes([data[0] | 1]) + data[1:],  # the first bit makes it a header
        unproductive_chunks=1,
    )


def _ramp(low: int, high: int) -> Sequence[int]:
    """Levels from the lowest to the highest, both included, in both channels."""
    return [round(level) for level in np.linspace(low, high, 2400)]


def _raw(codec: str, data: bytes, sound: Sound, bytes_per_frame: int) -> AudioMaterial:
    """Raw samples, cut to chunks of 5 ms. Any bytes are good ones."""
    frames_per_chunk = SAMPLE_RATE // 200
    size = frames_per_chunk * bytes_per_frame
    chunks = [ChunkData(data[start : start + size], start // size * 5000, 5000) for start in range(0, len(data), size)]
    return AudioMaterial(
        config={"codec": codec, "sampleRate": SAMPLE_RATE, "numberOfChannels": CHANNELS},
        chunks=chunks,
        sound=sound,
        delay=0,
        minimum_snr=None,
        corrupt=None,
    )


def _frames(levels: Sequence[int]) -> list[tuple[int, int]]:
    """Left rises while right falls."""
    return list(zip(levels, reversed(levels), strict=True))


@cache
def pcm_integer(codec: str, bits: int) -> AudioMaterial:
    """Linear PCM: signed little-endian, but for 8 bits, which are unsigned."""
    scale = 2 ** (bits - 1)
    frames = _frames(_ramp(-scale, scale - 1))
    bias = 128 if bits == 8 else 0
    data = b"".join(
        (level + bias).to_bytes(bits // 8, "little", signed=bits > 8) for frame in frames for level in frame
    )
    return _raw(codec, data, np.array(frames, np.float64).T / scale, CHANNELS * bits // 8)


@cache
def pcm_f32() -> AudioMaterial:
    """Linear PCM: 32-bit floating point, beyond full scale too."""
    samples = (np.array(_frames(_ramp(-(2**16), 2**16))) / 2**15).astype("<f4")
    return _raw("pcm-f32", samples.tobytes(), samples.T.astype(np.float64), CHANNELS * 4)


@cache
def g711(codec: str) -> AudioMaterial:
    """A-law or µ-law, with every code."""
    codes = np.tile(np.arange(256, dtype=np.uint8), 10)[:2400]
    frames = np.stack([codes, codes[::-1]])
    levels = alaw_levels(frames) if codec == "alaw" else ulaw_levels(frames)
    return _raw(codec, frames.T.tobytes(), levels.astype(np.float64) / 2**15, CHANNELS)


def _variants(makers: dict[str, Callable[[], AudioMaterial]]) -> list[Variant[AudioMaterial]]:
    return [Variant(name, make) for name, make in makers.items()]


#: Codecs whose chunks can be broken.
COMPRESSED_AUDIO: Final = _variants(
    {
        "adts_aac": adts_aac,
        "mp4_aac": mp4_aac,
        "mp3": mp3,
        "opus": opus,
        "opus_ogg": opus_ogg,
        "flac": flac,
        "vorbis": vorbis,
    }
)
RAW_AUDIO: Final = _variants(
    {
        "pcm_u8": partial(pcm_integer, "pcm-u8", 8),
        "pcm_s16": partial(pcm_integer, "pcm-s16", 16),
        "pcm_s24": partial(pcm_integer, "pcm-s24", 24),
        "pcm_s32": partial(pcm_integer, "pcm-s32", 32),
        "pcm_f32": pcm_f32,
        "pcm_alaw": partial(g711, "alaw"),
        "pcm_ulaw": partial(g711, "ulaw"),
    }
)
AUDIO: Final = COMPRESSED_AUDIO + RAW_AUDIO

#: For scenarios to which the codec does not matter. PCM needs no encoder.
ANY_AUDIO: Final = Variant("any_codec", partial(pcm_integer, "pcm-s16", 16))
