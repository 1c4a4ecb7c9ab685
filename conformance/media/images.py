"""Image files with known content, made by FFmpeg's encoders and muxers."""

import itertools
import math
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from conformance.media.encoding import FRAMES_PER_SECOND, encode_images, first_encoder
from conformance.suite.scenario import Variant

#: Rows, columns, and the components red, green, blue.
RgbPicture: TypeAlias = npt.NDArray[np.uint8]

WIDTH, HEIGHT = 48, 32
#: Of an animation's frames, in microseconds.
DURATION: Final = 1_000_000 // FRAMES_PER_SECOND
_FRAMES: Final = 4
#: The name of the chunk that begins a frame of an APNG, its data and its check sum. The frame before has as many chunks
#: as it likes.
_REST_OF_FCTL: Final = 4 + 26 + 4


@dataclass(frozen=True)
class ImageMaterial:
    """A file of one track, and its frames: ``pictures``, off by ``tolerance`` at most.

    ``durations`` in microseconds, None of a still image. ``chunks`` are parts of the file, as they might arrive.
    """

    type: str
    file: bytes
    pictures: Sequence[RgbPicture]
    durations: Sequence[int | None] = field(default=(None,))
    repetition_count: float = 0
    tolerance: int = 0
    #: The bytes that each frame of an animation has once, and how many bytes behind their beginning an implementation
    #: knows that the frame before has ended.
    frame_mark: tuple[bytes, int] = (b"", 0)

    @property
    def animated(self) -> bool:
        return len(self.pictures) > 1

    @property
    def timestamps(self) -> list[int]:
        return [sum(duration or 0 for duration in self.durations[:index]) for index in range(len(self.pictures))]

    def chunks(self, count: int) -> list[bytes]:
        """The file in so many parts of about the same size."""
        size = -(-len(self.file) // count)
        return [self.file[start : start + size] for start in range(0, len(self.file), size)]

    def parts(self) -> list[bytes]:
        """The file of an animation in as many parts as it has frames. With each part another frame has arrived."""
        mark, behind = self.frame_mark
        starts = [match.start() + behind for match in re.finditer(re.escape(mark), self.file)]
        assert len(starts) == len(self.pictures)
        bounds = [0, *starts[1:], len(self.file)]
        return [self.file[start:end] for start, end in itertools.pairwise(bounds)]


def _gray(number: int) -> npt.NDArray[np.uint8]:
    """A picture with a slope, and a bright square that moves from picture to picture."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    slope = 20 + 3 * columns + rows
    square = (rows // 8 == 1) & (columns // 8 == number)
    return np.where(square, 240, slope).astype(np.uint8)


def _rgb(number: int) -> RgbPicture:
    gray = _gray(number)
    return np.stack([gray, gray[::-1], gray[:, ::-1]], axis=-1)


def _grays(count: int) -> list[RgbPicture]:
    return [np.repeat(_gray(number)[..., None], 3, axis=-1) for number in range(count)]


@cache
def png() -> ImageMaterial:
    picture = _rgb(0)
    return ImageMaterial("image/png", encode_images(first_encoder("png"), "rgb24", [picture]), [picture])


@cache
def bmp() -> ImageMaterial:
    picture = _rgb(0)
    file = encode_images(first_encoder("bmp"), "bgr24", [np.ascontiguousarray(picture[..., ::-1])])
    return ImageMaterial("image/bmp", file, [picture])


@cache
def jpeg() -> ImageMaterial:
    """A gray JPEG. Nothing of it is lost except by quantization."""
    [picture] = _grays(1)
    chroma = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
    file = encode_images(
        first_encoder("mjpeg"), "yuvj420p", [(_gray(0), chroma, chroma)], options={"global_quality": "1"}
    )
    return ImageMaterial("image/jpeg", file, [picture], tolerance=8)


@cache
def jpeg_with_orientation(orientation: int) -> ImageMaterial:
    """With Exif metadata that holds nothing but the orientation (1 to 8)."""
    entry = struct.pack(">HHIHH", 0x112, 3, 1, orientation, 0)
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01" + entry + b"\0\0\0\0"
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    material = jpeg()
    return replace(material, file=material.file[:2] + segment + material.file[2:])


@cache
def gif(loop: int = 0, repetition_count: float = math.inf) -> ImageMaterial:
    """An animated GIF. ``loop`` is the number of its Netscape extension, or -1 if it has none."""
    pictures = _grays(_FRAMES)
    file = encode_images(
        first_encoder("gif"),
        "gray",
        [picture[..., 0] for picture in pictures],
        muxer="gif",
        muxer_options={"loop": str(loop)},
    )
    return ImageMaterial(
        "image/gif", file, pictures, [DURATION] * _FRAMES, repetition_count, frame_mark=(b"!\xf9\x04", 0)
    )


@cache
def apng(plays: int = 3, repetition_count: float = 2) -> ImageMaterial:
    pictures = [_rgb(number) for number in range(_FRAMES)]
    file = encode_images(first_encoder("apng"), "rgb24", pictures, muxer="apng", muxer_options={"plays": str(plays)})
    return ImageMaterial(
        "image/png", file, pictures, [DURATION] * _FRAMES, repetition_count, frame_mark=(b"fcTL", _REST_OF_FCTL)
    )


@cache
def webp(loop: int = 6, repetition_count: float = 5) -> ImageMaterial:
    pictures = [_rgb(number) for number in range(_FRAMES)]
    file = encode_images(
        first_encoder("libwebp_anim"),
        "bgra",
        [_bgra(picture) for picture in pictures],
        muxer="webp",
        options={"lossless": "1"},
        muxer_options={"loop": str(loop)},
    )
    return ImageMaterial("image/webp", file, pictures, [DURATION] * _FRAMES, repetition_count, frame_mark=(b"ANMF", 0))


@cache
def still_webp() -> ImageMaterial:
    picture = _rgb(0)
    file = encode_images(first_encoder("libwebp"), "bgra", [_bgra(picture)], options={"lossless": "1"})
    return ImageMaterial("image/webp", file, [picture])


@cache
def avif() -> ImageMaterial:
    """A gray AVIF."""
    return ImageMaterial("image/avif", _avif_file(1), _grays(1), tolerance=4)


@cache
def avif_sequence() -> ImageMaterial:
    """An AVIF with two tracks: a still image, and an animation, which has the pictures. The still one is the first."""
    return ImageMaterial("image/avif", _avif_file(_FRAMES), _grays(_FRAMES), [DURATION] * _FRAMES, tolerance=4)


def _avif_file(count: int) -> bytes:
    chroma = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
    pictures = [(_gray(number), chroma, chroma) for number in range(count)]
    encoder = first_encoder("libaom-av1", "libsvtav1")
    return encode_images(encoder, "yuv420p", pictures, muxer="avif", options={"crf": "1"})


def _bgra(picture: RgbPicture) -> npt.NDArray[np.uint8]:
    return np.dstack([picture[..., ::-1], np.full(picture.shape[:2], 255, np.uint8)])


#: Still images, animations, and all of them.
STILL_IMAGES: Final = [
    Variant("png", png),
    Variant("bmp", bmp),
    Variant("jpeg", jpeg),
    Variant("still_webp", still_webp),
    Variant("avif", avif),
]
ANIMATIONS: Final = [Variant("gif", gif), Variant("apng", apng), Variant("webp", webp)]
IMAGES: Final = [*STILL_IMAGES, *ANIMATIONS]
#: Animations that are shown once, endlessly, or so many times: each number as its format has it. Those of ANIMATIONS
#: are not among them.
REPETITIONS: Final = [
    Variant("gif_once", partial(gif, -1, 0)),
    Variant("gif_repeated", partial(gif, 5, 5)),
    Variant("apng_once", partial(apng, 1, 0)),
    Variant("apng_endless", partial(apng, 0, math.inf)),
    Variant("webp_once", partial(webp, 1, 0)),
    Variant("webp_endless", partial(webp, 0, math.inf)),
]
