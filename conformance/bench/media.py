"""Files for ``conformance bench``: a camera that pans over a textured scene, and tones in noise."""

from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

import ffbind
from conformance.media.encoding import first_encoder

_FRAMES_PER_SECOND: Final = 30
_SAMPLE_RATE: Final = 48_000
_SEED: Final = 1


class _Video(NamedTuple):
    encoders: tuple[str, ...]
    width: int
    height: int
    bit_rate: int
    options: dict[str, str]


_VIDEOS: Final = {
    "h264": _Video(("libx264",), 1920, 1080, 6_000_000, {"preset": "veryfast"}),
    "vp9": _Video(
        ("libvpx-vp9",),
        1280,
        720,
        3_000_000,
        {"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "tile-columns": "2"},
    ),
}


class _Audio(NamedTuple):
    encoders: tuple[str, ...]
    #: FFmpeg's sample format. With a "p" at its end, a frame has one plane per channel, otherwise one plane.
    format: str
    bit_rate: int | None
    options: dict[str, str]
    #: The extension of the file, by which FFmpeg chooses the container.
    extension: str


_AUDIO: Final = {
    "opus": _Audio(("libopus",), "flt", 96_000, {"frame_duration": "20"}, "ogg"),
    "aac": _Audio(("aac",), "fltp", 128_000, {}, "mp4"),
    "mp3": _Audio(("libmp3lame",), "fltp", 128_000, {}, "mp3"),
    "flac": _Audio(("flac",), "s16", None, {}, "flac"),
}


def make_benchmark_audio(codec: str, seconds: float, directory: Path) -> Path:
    """Write a file of ``codec`` (``opus``, ``aac``, ``mp3`` or ``flac``) to a directory. Returns its path."""
    audio = _AUDIO[codec]
    path = directory / f"{codec}.{audio.extension}"
    with ffbind.ContainerWriter.open(path) as writer:
        _write_audio(writer, audio, seconds)
    return path


def make_benchmark_media(case: str, seconds: float, path: Path) -> None:
    """Write the media of a case (``h264``, ``vp9`` or ``opus``) to a Matroska file."""
    with ffbind.ContainerWriter.open(path, "matroska") as writer:
        if case == "opus":
            # Packets of audio are small: 25 times as long, a round takes about as long as one of video.
            _write_audio(writer, _AUDIO["opus"], 25 * seconds)
        else:
            _write_video(writer, _VIDEOS[case], seconds)


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
    pan = scene(video.height + count, video.width + 2 * count)
    with ffbind.Encoder(
        first_encoder(*video.encoders),
        ffbind.PictureParameters(
            width=video.width, height=video.height, format="yuv420p", framerate=(_FRAMES_PER_SECOND, 1)
        ),
        ffbind.EncoderSettings(
            gop_size=60, bit_rate=video.bit_rate, threads=0, global_header=writer.needs_global_header
        ),
        options=video.options,
    ) as encoder:
        stream = writer.add_stream(encoder)
        for number in range(count):
            with ffbind.Frame.video(video.width, video.height, "yuv420p") as frame:
                luma = pan[number : number + video.height, 2 * number : 2 * number + video.width]
                for plane, source in zip(
                    frame.writable_planes(), (luma, luma[::2, ::2], luma[1::2, 1::2]), strict=True
                ):
                    rows = np.frombuffer(plane.data, np.uint8).reshape(-1, plane.stride)
                    rows[: source.shape[0], : source.shape[1]] = source
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
        first_encoder(*audio.encoders),
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
