"""Files for ``conformance bench``: a camera that pans over a textured scene, and tones in noise."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

import ffbind
from conformance.media.encoding import first_encoder

_FRAMES_PER_SECOND: Final = 30
_SAMPLE_RATE: Final = 48_000
_SEED: Final = 1
#: Frames in which the camera pans in one direction.
_REACH: Final = 240


class _Video(NamedTuple):
    #: Encoders with their options. The first that FFmpeg has is used.
    encoders: Mapping[str, Mapping[str, str]]
    width: int
    height: int
    bit_rate: int


_FULL_HD: Final = (1920, 1080)
_VIDEOS: Final = {
    "h264": _Video({"libx264": {"preset": "veryfast"}}, *_FULL_HD, 6_000_000),
    "hevc": _Video({"libx265": {"preset": "superfast", "x265-params": "log-level=error"}}, *_FULL_HD, 4_000_000),
    "vp8": _Video({"libvpx": {"deadline": "realtime", "cpu-used": "8"}}, 640, 360, 1_000_000),
    "vp9": _Video(
        {"libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "tile-columns": "2"}},
        1280,
        720,
        3_000_000,
    ),
    "av1": _Video(
        {"libsvtav1": {"preset": "10"}, "libaom-av1": {"usage": "realtime", "cpu-used": "9", "row-mt": "1"}},
        *_FULL_HD,
        4_000_000,
    ),
}


class _Audio(NamedTuple):
    encoder: str
    #: Samples of a packet.
    packet: int
    #: FFmpeg's sample format. With a "p" at its end, a frame has one plane per channel, otherwise one plane.
    format: str
    bit_rate: int | None
    options: dict[str, str]
    #: The extension of the file, by which FFmpeg chooses the container.
    extension: str


_AUDIO: Final = {
    "opus": _Audio("libopus", 960, "flt", 96_000, {"frame_duration": "20"}, "ogg"),
    "aac": _Audio("aac", 1024, "fltp", 128_000, {}, "mp4"),
    "mp3": _Audio("libmp3lame", 1152, "fltp", 128_000, {}, "mp3"),
    "flac": _Audio("flac", 4608, "s16", None, {}, "flac"),
}


def make_benchmark_audio(codec: str, seconds: float, directory: Path) -> Path:
    """Write audio (``opus``, ``aac``, ``mp3`` or ``flac``) to a file in a directory. Returns its path."""
    audio = _AUDIO[codec]
    path = directory / f"{codec}.{audio.extension}"
    with ffbind.ContainerWriter.open(path) as writer:
        _write_audio(writer, audio, seconds)
    return path


def seconds_of_audio(codec: str, packets: int) -> float:
    """The length of a file of audio that has at least so many packets."""
    return (packets + 2) * _AUDIO[codec].packet / _SAMPLE_RATE


def make_benchmark_video(codec: str, seconds: float, path: Path, size: tuple[int, int] | None = None) -> None:
    """Write video (``h264``, ``hevc``, ``vp8``, ``vp9`` or ``av1``) to a Matroska file.

    The pictures are ``size`` (width, height) pixels large, or as large as is usual for the codec. Raises
    OptionalFeatureUnsupportedError if FFmpeg has no encoder.
    """
    video = _VIDEOS[codec]
    if size is not None:
        width, height = size
        share = width * height / (video.width * video.height)
        video = video._replace(width=width, height=height, bit_rate=round(video.bit_rate * share))
    with ffbind.ContainerWriter.open(path, "matroska") as writer:
        _write_video(writer, video, seconds)


def scene(height: int, width: int) -> npt.NDArray[np.uint8]:
    """Smooth shapes with fine grain, so that both transform and motion have work to do."""
    random = np.random.default_rng(_SEED)
    rows, columns = np.mgrid[0:height, 0:width]
    shapes = 128 + 60 * np.sin(columns / 37) * np.cos(rows / 23) + 20 * np.sin((rows + columns) / 5)
    grain = random.normal(0, 6, (height, width))
    texture: npt.NDArray[np.uint8] = np.clip(shapes + grain, 16, 235).astype(np.uint8)
    return texture


def _write_video(writer: ffbind.ContainerWriter, video: _Video, seconds: float) -> None:
    count = round(seconds * _FRAMES_PER_SECOND)
    # The camera goes forth and back, so that a long film needs no larger scene.
    reach = min(count, _REACH)
    pan = scene(video.height + reach, video.width + 2 * reach)
    name = first_encoder(*video.encoders)
    with ffbind.Encoder(
        name,
        ffbind.PictureParameters(
            width=video.width, height=video.height, format="yuv420p", framerate=(_FRAMES_PER_SECOND, 1)
        ),
        ffbind.EncoderSettings(
            gop_size=60, bit_rate=video.bit_rate, threads=0, global_header=writer.needs_global_header
        ),
        options=video.encoders[name],
    ) as encoder:
        stream = writer.add_stream(encoder)
        for number in range(count):
            with ffbind.Frame.video(video.width, video.height, "yuv420p") as frame:
                place = reach - abs(number % (2 * reach) - reach)
                luma = pan[place : place + video.height, 2 * place : 2 * place + video.width]
                for plane, source in zip(
                    frame.writable_planes(), (luma, luma[::2, ::2], luma[1::2, 1::2]), strict=True
                ):
                    # The last row has no padding.
                    rows = np.ndarray(source.shape, np.uint8, plane.data, 0, (plane.stride, 1))
                    rows[:] = source
                frame.pts = number
                packets = encoder.encode(frame)
            _write(writer, packets, stream)
        _write(writer, encoder.drain(), stream)


def _write_audio(writer: ffbind.ContainerWriter, audio: _Audio, seconds: float) -> None:
    count = round(seconds * _SAMPLE_RATE)
    time = np.arange(count) / _SAMPLE_RATE
    random = np.random.default_rng(_SEED)
    tones = 0.3 * np.sin(2 * np.pi * 440 * time) + 0.1 * np.sin(2 * np.pi * 3100 * time)
    samples = (np.stack([tones, tones]) + random.normal(0, 0.02, (2, count))).astype(np.float32)
    with ffbind.Encoder(
        first_encoder(audio.encoder),
        ffbind.SampleParameters(audio.format, _SAMPLE_RATE, 2),
        ffbind.EncoderSettings(bit_rate=audio.bit_rate, global_header=writer.needs_global_header),
        options=audio.options,
    ) as encoder:
        stream = writer.add_stream(encoder)
        size = encoder.frame_size
        for start in range(0, count - size + 1, size):
            with ffbind.Frame.audio(size, audio.format, 2, _SAMPLE_RATE) as frame:
                _fill(frame, samples[:, start : start + size])
                frame.pts = start
                packets = encoder.encode(frame)
            _write(writer, packets, stream)
        _write(writer, encoder.drain(), stream)


def _fill(frame: ffbind.Frame, samples: npt.NDArray[np.float32]) -> None:
    """Give a frame samples [channel, sample], whose largest magnitude is 1."""
    values = np.rint(samples * 32767).astype(np.int16) if frame.format.startswith("s16") else samples
    planes = [*values] if frame.format.endswith("p") else [values.T]
    for plane, of_plane in zip(frame.writable_planes(), planes, strict=True):
        data = np.ascontiguousarray(of_plane).tobytes()
        plane.data[: len(data)] = data


def _write(writer: ffbind.ContainerWriter, packets: list[ffbind.Packet], stream: int) -> None:
    for packet in packets:
        with packet:
            writer.write(packet, stream)
