"""Image files, made by Pillow, and the outputs of the platform's decoder for them."""

import io
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import ffbind
from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.ffmpeg.images.image_decoder import FFmpegImageDecoder
from codecmodel.platform.image_decoder_implementation import DecodedImage, ImageConfig
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS, VideoPixelFormat
from codecmodel.raw_media.rgb.conversion import rgb_array, source_picture_of_resource
from codecmodel.raw_media.rgb.source_picture import Region

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")

Array = npt.NDArray[np.uint8]

WIDTH, HEIGHT = 24, 16


def never() -> bool:
    return False


def noise(seed: int, channels: int = 4, width: int = WIDTH, height: int = HEIGHT) -> Array:
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)


def saved(image: Any, format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def frames_of(file: bytes) -> list[Array]:
    """The frames of an animation as Pillow decodes them, as RGBA."""
    image = Image.open(io.BytesIO(file))
    frames = []
    for index in range(getattr(image, "n_frames", 1)):
        image.seek(index)
        frames.append(np.asarray(image.convert("RGBA")).copy())
    return frames


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_with(file: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """The PNG with chunks right after its header."""
    return file[:33] + b"".join(png_chunk(*chunk) for chunk in chunks) + file[33:]


def opened(type: str, *parts: bytes, **config: Any) -> FFmpegImageDecoder:
    """A decoder that has all parts of a file."""
    decoder = FFmpegImageDecoder()
    decoder.configure(ImageConfig(type, **config))
    for part in parts:
        decoder.append(part)
    decoder.finish()
    return decoder


def decoded(type: str, file: bytes, index: int = 0, **config: Any) -> DecodedImage:
    """A frame of the first track; its resource stays valid."""
    decoder = opened(type, file, **config)
    output = decoder.decode(0, index, never)
    decoder.release()
    return output


def planes_of(output: DecodedImage) -> list[npt.NDArray[Any]]:
    """The planes as arrays [row, column, component]."""
    resource = output.resource
    format: VideoPixelFormat = resource.format  # type: ignore[assignment]
    width, height = resource.coded_size
    planes = []
    for plane, part in zip(resource.planes(), PIXEL_FORMATS[format].planes, strict=True):
        size = part.sample_bytes // len(part.components)
        shape = -(-height // part.sample_height), -(-width // part.sample_width), len(part.components)
        strides = plane.stride, part.sample_bytes, size
        planes.append(np.ndarray(shape, f"<u{size}", plane.data, 0, strides).copy())
    return planes


def rgba_of(output: DecodedImage) -> Array:
    """The pixels of an output in RGB, as RGBA."""
    format = output.resource.format
    (samples,) = planes_of(output)
    output.resource.release()
    assert format in ("RGBA", "RGBX", "BGRA", "BGRX")
    return samples if format.startswith("RGB") else samples[:, :, [2, 1, 0, 3]]


def pixels_of(output: DecodedImage) -> Array:
    """The pixels of an output as RGBA, converted as those of a VideoFrame are. Releases its resource."""
    resource = output.resource
    region = Region(0, 0, *resource.coded_size)
    assert resource.format is not None
    picture = source_picture_of_resource(resource, resource.format, region, resource.color_space or {})
    pixels = rgb_array(picture, region, "RGBA", None)
    resource.release()
    return pixels


def all_frames(type: str, file: bytes, order: Sequence[int] | None = None) -> list[DecodedImage]:
    """All frames of the first track, or those given."""
    decoder = opened(type, file)
    tracks = decoder.tracks()
    assert tracks is not None
    outputs = [decoder.decode(0, index, never) for index in order or range(tracks.tracks[0].frame_count)]
    decoder.release()
    return outputs


def skip_if_lossless_webp_is_refused(file: bytes) -> None:
    """Skip a test on FFmpeg 8.0, which refuses some lossless WebP files that every other version decodes."""
    if ffbind.load().versions["avcodec"][:2] != (62, 11):
        return
    try:
        decoded("image/webp", file).resource.release()
    except CodecError:
        pytest.skip("FFmpeg 8.0 refuses this lossless WebP, which is valid")
