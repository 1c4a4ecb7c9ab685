"""Encoding in ``conformance bench``: frames and samples through VideoEncoder and AudioEncoder, in turns with PyAV.

The frames and samples are in memory beforehand, as VideoFrame, AudioData or PyAV's frames. The settings of FFmpeg's
encoders are the same, down to their threads. Each packet becomes bytes. The costs are those of a frame, of audio those
of 20 ms. A turn is the whole life of an encoder where the end of a stream is its end, which is so for audio and for
AV1. VP8 and H.264 have one encoder for all turns, in the first of which a key frame is made; it does not count.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from itertools import cycle, islice
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from codecmodel import AudioData, AudioEncoder, EncodedAudioChunk, EncodedVideoChunk, VideoEncoder, VideoFrame
from codecmodel.configurations.encoder_configurations import AudioEncoderConfig, VideoEncoderConfig
from codecmodel.platform.ffmpeg.encoding.audio_settings import AudioEncoding, audio_encoding
from codecmodel.platform.ffmpeg.encoding.video_codecs import video_encoding
from codecmodel.platform.ffmpeg.encoding.video_settings import VideoEncoding
from codecmodel.raw_media.audio_sample_format import AudioSampleFormat, AudioSampleType
from conformance.bench.comparison import Clock, Comparisons, Costs, Settings, compare
from conformance.bench.libraries import has_pyav
from conformance.bench.media import scene
from conformance.media.signals import SAMPLE_RATE, Picture, Sound, tones

#: Name → description.
CASES: Final[Mapping[str, str]] = {
    "encode-vp8": "VP8 640×480, realtime, encoded",
    "encode-h264": "H.264 1920×1080, realtime, encoded",
    "encode-av1": "AV1 1280×720, realtime, encoded",
    "encode-opus": "Opus stereo, encoded",
    "encode-aac": "AAC stereo, encoded",
    "encode-flac": "FLAC stereo, encoded",
}
_VIDEO: Final[Mapping[str, VideoEncoderConfig]] = {
    "encode-vp8": {
        "codec": "vp8",
        "width": 640,
        "height": 480,
        "bitrate": 1_000_000,
        "framerate": 30.0,
        "latencyMode": "realtime",
    },
    "encode-h264": {
        "codec": "avc1.640028",
        "width": 1920,
        "height": 1080,
        "bitrate": 6_000_000,
        "framerate": 30.0,
        "latencyMode": "realtime",
    },
    "encode-av1": {
        "codec": "av01.0.08M.08",
        "width": 1280,
        "height": 720,
        "bitrate": 2_000_000,
        "framerate": 30.0,
        "latencyMode": "realtime",
    },
}


class _Audio(NamedTuple):
    """A configuration, and the format of samples, by the spec's name and by FFmpeg's, which is the encoder's own."""

    config: AudioEncoderConfig
    sample_type: AudioSampleType
    format: AudioSampleFormat
    ffmpeg_format: str


_STEREO: Final[AudioEncoderConfig] = {"codec": "flac", "sampleRate": SAMPLE_RATE, "numberOfChannels": 2}
_AUDIO: Final[Mapping[str, _Audio]] = {
    "encode-opus": _Audio({**_STEREO, "codec": "opus", "bitrate": 96_000}, "f32", "f32", "flt"),
    "encode-aac": _Audio({**_STEREO, "codec": "mp4a.40.2", "bitrate": 128_000}, "f32", "f32-planar", "fltp"),
    "encode-flac": _Audio(_STEREO, "s16", "s16", "s16"),
}
_PACKET: Final = SAMPLE_RATE // 50
#: The number of pictures that are encoded in turn, forth and back.
_RING: Final = 24
#: Frames of a turn for each second of a case's length.
_FRAMES_PER_SECOND: Final = {"encode-vp8": 20, "encode-h264": 8, "encode-av1": 8}

#: Encodes this many frames or packets. Returns the costs of one.
Work: TypeAlias = Callable[[int], Coroutine[None, None, Costs]]


def _pictures(config: VideoEncoderConfig) -> list[Picture]:
    width, height = config["width"], config["height"]
    pan = scene(height + _RING, width + 2 * _RING)
    pictures: list[Picture] = []
    for number in range(_RING):
        luma = pan[number : number + height, 2 * number : 2 * number + width]
        pictures.append((luma, luma[::2, ::2], luma[1::2, 1::2]))
    return pictures + pictures[-2:0:-1]


def _sounds() -> list[Sound]:
    random = np.random.default_rng(1)
    sound = 0.5 * tones(2, _RING * _PACKET) + random.normal(0, 0.02, (2, _RING * _PACKET))
    return [sound[:, start : start + _PACKET] for start in range(0, sound.shape[1], _PACKET)]


def frames_of(config: VideoEncoderConfig) -> list[VideoFrame]:
    """Pictures of a camera that pans forth and back."""
    return [
        VideoFrame(
            b"".join(plane.tobytes() for plane in picture),
            {
                "format": "I420",
                "codedWidth": config["width"],
                "codedHeight": config["height"],
                "timestamp": number,
            },
        )
        for number, picture in enumerate(_pictures(config))
    ]


def data_of(audio: _Audio) -> list[AudioData]:
    """Tones in noise, 20 ms each."""
    return [
        AudioData(
            {
                "format": audio.format,
                "sampleRate": SAMPLE_RATE,
                "numberOfFrames": _PACKET,
                "numberOfChannels": 2,
                "timestamp": 20_000 * number,
                "data": _samples(audio, sound).tobytes(),
            }
        )
        for number, sound in enumerate(_sounds())
    ]


def _samples(audio: _Audio, sound: Sound) -> npt.NDArray[np.float32] | npt.NDArray[np.int16]:
    """The samples in their order in memory: [channel, sample] if the format is planar, otherwise [sample, channel]."""
    ordered = np.ascontiguousarray(sound if audio.format.endswith("-planar") else sound.T)
    return np.rint(ordered * 32767).astype(np.int16) if audio.sample_type == "s16" else ordered.astype(np.float32)


def _codecmodel_video(config: VideoEncoderConfig, *, is_whole_life: bool) -> Work:
    frames = frames_of(config)
    chunks: list[EncodedVideoChunk] = []

    def new_encoder() -> VideoEncoder:
        encoder = VideoEncoder({"output": lambda chunk, metadata: chunks.append(chunk), "error": print})
        encoder.configure(config)
        return encoder

    lasting: VideoEncoder | None = None
    ring = cycle(frames)

    async def work(count: int) -> Costs:
        nonlocal lasting
        chunks.clear()
        clock = Clock()
        encoder = lasting or new_encoder()
        for frame in islice(ring, count):
            encoder.encode(frame)
        # In realtime, a flush leaves libvpx and libx264 as they are.
        await encoder.flush()
        if is_whole_life:
            encoder.close()
        else:
            lasting = encoder
        costs = clock.costs(count)
        assert len(chunks) == count, "each frame makes a chunk"
        return costs

    return work


def _codecmodel_audio(audio: _Audio) -> Work:
    data = data_of(audio)

    async def work(count: int) -> Costs:
        chunks: list[EncodedAudioChunk] = []
        clock = Clock()
        encoder = AudioEncoder({"output": lambda chunk, metadata: chunks.append(chunk), "error": print})
        encoder.configure(audio.config)
        for one in islice(cycle(data), count):
            encoder.encode(one)
        await encoder.flush()
        encoder.close()
        return clock.costs(count)

    return work


def _pyav_video(config: VideoEncoderConfig, *, is_whole_life: bool) -> Work:
    import av

    encoding = video_encoding(config)
    assert encoding is not None, "the configuration is supported"
    request = encoding.request
    frames = []
    for picture in _pictures(config):
        stacked = np.concatenate([plane.reshape(-1) for plane in picture]).reshape(-1, request.width)
        frames.append(av.VideoFrame.from_ndarray(np.ascontiguousarray(stacked), format="yuv420p"))

    def new_context() -> av.VideoCodecContext:
        context = av.CodecContext.create(encoding.encoder, "w")
        assert isinstance(context, av.VideoCodecContext)
        context.width, context.height, context.pix_fmt = request.width, request.height, "yuv420p"
        context.framerate, context.time_base = request.frame_rate, 1 / request.frame_rate
        context.bit_rate = encoding.bit_rate or 0
        context.gop_size = encoding.key_interval or request.key_interval
        context.max_b_frames = encoding.max_b_frames or 0
        context.thread_count = encoding.most_threads
        context.options = dict(encoding.options)
        context.open()
        return context

    lasting: av.VideoCodecContext | None = None
    ring = enumerate(cycle(frames))

    async def work(count: int) -> Costs:
        nonlocal lasting
        packets: list[bytes] = []
        clock = Clock()
        context = lasting or new_context()
        for number, frame in islice(ring, count):
            frame.pts, frame.time_base = number, context.time_base
            packets += [bytes(packet) for packet in context.encode(frame)]
        if is_whole_life:
            packets += [bytes(packet) for packet in context.encode(None)]
        else:
            lasting = context
        costs = clock.costs(count)
        assert len(packets) == count, "each frame makes a packet"
        return costs

    return work


def _pyav_audio(audio: _Audio) -> Work:
    import av

    encoding = audio_encoding(audio.config)
    assert encoding is not None, "the configuration is supported"
    frames = []
    for sound in _sounds():
        samples = _samples(audio, sound)
        # PyAV has packed samples in one row.
        rows = samples if audio.format.endswith("-planar") else samples.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(rows, format=audio.ffmpeg_format, layout="stereo")
        frame.sample_rate = SAMPLE_RATE
        frames.append(frame)

    async def work(count: int) -> Costs:
        clock = Clock()
        context = av.CodecContext.create(encoding.encoder, "w")
        assert isinstance(context, av.AudioCodecContext)
        context.sample_rate, context.format, context.layout = SAMPLE_RATE, audio.ffmpeg_format, "stereo"
        context.bit_rate = encoding.bit_rate or 0
        context.options = dict(encoding.options(audio.sample_type))
        context.open()
        packets: list[bytes] = []
        for number, frame in enumerate(islice(cycle(frames), count)):
            frame.pts = number * _PACKET
            packets += [bytes(packet) for packet in context.encode(frame)]
        packets += [bytes(packet) for packet in context.encode(None)]
        return clock.costs(count)

    return work


def _can_be_encoded(encoding: VideoEncoding | AudioEncoding | None) -> bool:
    """Whether both have the encoder. They are the same where both use the same libraries."""
    import av

    return encoding is not None and encoding.encoder in av.codecs_available


def measure(case: str, settings: Settings) -> Comparisons:
    """The comparison with PyAV. Empty without PyAV, or without the encoder."""
    if not has_pyav():
        return {}
    ours: Work
    peer: Work
    # The encoders that last stay on one event loop.
    with asyncio.Runner() as runner:
        if case in _VIDEO:
            if not _can_be_encoded(video_encoding(_VIDEO[case])):
                return {}
            is_whole_life, count = case == "encode-av1", max(2, round(settings.seconds * _FRAMES_PER_SECOND[case]))
            ours = _codecmodel_video(_VIDEO[case], is_whole_life=is_whole_life)
            peer = _pyav_video(_VIDEO[case], is_whole_life=is_whole_life)
        else:
            if not _can_be_encoded(audio_encoding(_AUDIO[case].config)):
                return {}
            count = settings.packets
            ours, peer = _codecmodel_audio(_AUDIO[case]), _pyav_audio(_AUDIO[case])
        unit = "a frame" if case in _VIDEO else "20 ms"
        return {
            f"{unit}, PyAV": compare(lambda: runner.run(ours(count)), lambda: runner.run(peer(count)), settings.rounds)
        }
