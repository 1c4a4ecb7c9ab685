"""Encoding cases of ``conformance bench``: frames and samples through VideoEncoder and AudioEncoder, beside PyAV.

The frames and samples are in memory beforehand, as VideoFrame, AudioData or PyAV's frames. The settings of FFmpeg's
encoders are the same, down to their threads. Each packet becomes bytes. In one process the contestants take many turns
of less than a tenth of a second, since a machine is not equally fast at all times. For video, each contestant keeps one
encoder. For audio, each turn has a new encoder, because it ends with the end of a stream. The first turn, in which
a key frame is made, does not count.
"""

import asyncio
import json
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from importlib.util import find_spec
from itertools import cycle, islice
from time import perf_counter
from typing import Final, TypeAlias

import numpy as np

from codecmodel import AudioData, AudioEncoder, EncodedAudioChunk, EncodedVideoChunk, VideoEncoder, VideoFrame
from codecmodel.configurations.encoder_configurations import AudioEncoderConfig, VideoEncoderConfig
from codecmodel.platform.ffmpeg.encoding.audio_settings import audio_encoding
from codecmodel.platform.ffmpeg.encoding.video_codecs import video_encoding
from conformance.bench.media import scene
from conformance.media.signals import SAMPLE_RATE, Picture, Sound, tones

#: Name → description.
CASES: Final = {
    "encode-vp8": "VP8 640×480, realtime, encoded",
    "encode-h264": "H.264 1920×1080, realtime, encoded",
    "encode-opus": "Opus stereo, 20 ms packets, encoded",
}
_VIDEO: Final[dict[str, VideoEncoderConfig]] = {
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
}
_AUDIO: Final[AudioEncoderConfig] = {
    "codec": "opus",
    "sampleRate": SAMPLE_RATE,
    "numberOfChannels": 2,
    "bitrate": 96_000,
}
_PACKET: Final = SAMPLE_RATE // 50
#: The number of pictures that are encoded in turn, forth and back.
_RING: Final = 24
#: Frames or packets of a turn, and turns in a second of a case's length.
_TURN: Final = {"encode-vp8": 20, "encode-h264": 5, "encode-opus": 200}
_TURNS_PER_SECOND: Final = {"encode-vp8": 8.0, "encode-h264": 4.0, "encode-opus": 2.0}

#: Encodes this many frames or packets. Returns the seconds that it took.
Turn: TypeAlias = Callable[[int], Awaitable[float]]


def unit(case: str) -> str:
    """The unit that the rates of a case count."""
    return "packets/s" if case == "encode-opus" else "frames/s"


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


def _codecmodel_video(config: VideoEncoderConfig) -> Turn:
    frames = [
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

    chunks: list[EncodedVideoChunk] = []
    encoder = VideoEncoder({"output": lambda chunk, metadata: chunks.append(chunk), "error": print})
    encoder.configure(config)
    ring = cycle(frames)

    async def turn(count: int) -> float:
        chunks.clear()
        start = perf_counter()
        for frame in islice(ring, count):
            encoder.encode(frame)
        # In realtime a flush leaves the encoder as it is.
        await encoder.flush()
        elapsed = perf_counter() - start
        assert len(chunks) == count, "each frame makes a chunk"
        return elapsed

    return turn


def _codecmodel_audio(config: AudioEncoderConfig) -> Turn:
    data = [
        AudioData(
            {
                "format": "f32",
                "sampleRate": SAMPLE_RATE,
                "numberOfFrames": _PACKET,
                "numberOfChannels": 2,
                "timestamp": 20_000 * number,
                "data": np.ascontiguousarray(sound.T.astype(np.float32)).tobytes(),
            }
        )
        for number, sound in enumerate(_sounds())
    ]

    async def turn(count: int) -> float:
        chunks: list[EncodedAudioChunk] = []
        encoder = AudioEncoder({"output": lambda chunk, metadata: chunks.append(chunk), "error": print})
        encoder.configure(config)
        await encoder.flush()
        start = perf_counter()
        for one in islice(cycle(data), count):
            encoder.encode(one)
        await encoder.flush()
        elapsed = perf_counter() - start
        encoder.close()
        return elapsed

    return turn


def _pyav_video(config: VideoEncoderConfig) -> Turn:
    import av

    encoding = video_encoding(config)
    assert encoding is not None, "the configuration is supported"
    request = encoding.request
    frames = []
    for picture in _pictures(config):
        stacked = np.concatenate([plane.reshape(-1) for plane in picture]).reshape(-1, request.width)
        frames.append(av.VideoFrame.from_ndarray(np.ascontiguousarray(stacked), format="yuv420p"))

    context = av.CodecContext.create(encoding.encoder, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = request.width, request.height, "yuv420p"
    context.framerate, context.time_base = request.frame_rate, 1 / request.frame_rate
    context.bit_rate = encoding.bit_rate or 0
    context.gop_size = encoding.key_interval or request.key_interval
    context.max_b_frames = encoding.max_b_frames or 0
    context.thread_count = encoding.threads or request.threads
    context.options = dict(encoding.options)
    context.open()
    ring = enumerate(cycle(frames))

    async def turn(count: int) -> float:
        packets: list[bytes] = []
        start = perf_counter()
        for number, frame in islice(ring, count):
            frame.pts, frame.time_base = number, context.time_base
            packets += [bytes(packet) for packet in context.encode(frame)]
        elapsed = perf_counter() - start
        assert len(packets) == count, "each frame makes a packet"
        return elapsed

    return turn


def _pyav_audio(config: AudioEncoderConfig) -> Turn:
    import av

    encoding = audio_encoding(config)
    assert encoding is not None, "the configuration is supported"
    frames = []
    for sound in _sounds():
        packed = np.ascontiguousarray(sound.T.astype(np.float32)).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format="flt", layout="stereo")
        frame.sample_rate = SAMPLE_RATE
        frames.append(frame)

    async def turn(count: int) -> float:
        context = av.CodecContext.create(encoding.encoder, "w")
        assert isinstance(context, av.AudioCodecContext)
        context.sample_rate, context.format, context.layout = SAMPLE_RATE, "flt", "stereo"
        context.bit_rate = encoding.bit_rate or 0
        context.options = dict(encoding.options("f32"))
        context.open()
        start = perf_counter()
        packets: list[bytes] = []
        for number, frame in enumerate(islice(cycle(frames), count)):
            frame.pts = number * _PACKET
            packets += [bytes(packet) for packet in context.encode(frame)]
        packets += [bytes(packet) for packet in context.encode(None)]
        return perf_counter() - start

    return turn


async def _rates(case: str, seconds: float) -> dict[str, list[float]]:
    """The frames or packets that each contestant encodes a second, turn by turn."""
    has_pyav = find_spec("av") is not None
    turns: dict[str, Turn] = {}
    if case in _VIDEO:
        turns["codecmodel"] = _codecmodel_video(_VIDEO[case])
        if has_pyav:
            turns["PyAV"] = _pyav_video(_VIDEO[case])
    else:
        turns["codecmodel"] = _codecmodel_audio(_AUDIO)
        if has_pyav:
            turns["PyAV"] = _pyav_audio(_AUDIO)
    rates: dict[str, list[float]] = {name: [] for name in turns}
    in_turn = deque(turns.items())
    for number in range(1 + max(1, round(seconds * _TURNS_PER_SECOND[case]))):
        in_turn.rotate(1)
        for name, turn in in_turn:
            elapsed = await turn(_TURN[case])
            if number > 0:
                rates[name].append(_TURN[case] / elapsed)
    return rates


def main(arguments: Sequence[str], write: Callable[[str], object] = sys.stdout.write) -> None:
    """Print the rates of all contestants as JSON. Arguments are ``CASE SECONDS``."""
    case, seconds = arguments
    write(json.dumps(asyncio.run(_rates(case, float(seconds)))) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
