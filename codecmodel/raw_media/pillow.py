"""Not in the spec: VideoFrames are made from Pillow images. Pillow itself is not imported.

An animation gives the image that it is at, which is the first unless the program has sought another. If EXIF says how
to turn or flip an image, its pixels stay as they are, and the frame gets that rotation and flip. Without an ICC profile
the colours are taken to be sRGB; with one, the colour space is not known.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Final, Protocol, cast

from codecmodel.lazy_numpy import np
from codecmodel.raw_media.color_space import VideoColorSpaceInit
from codecmodel.raw_media.image_source import ImageElementSource, pixels_in_memory
from codecmodel.raw_media.resource_protocols import VideoResource

_SRGB: Final[VideoColorSpaceInit] = {
    "primaries": "bt709",
    "transfer": "iec61966-2-1",
    "matrix": "rgb",
    "fullRange": True,
}
_EXIF_ORIENTATION: Final = 0x0112
#: EXIF's orientation → degrees clockwise to turn the image, and whether to flip it then.
_ORIENTATIONS: Final = {
    2: (0.0, True),
    3: (180.0, False),
    4: (180.0, True),
    5: (90.0, True),
    6: (90.0, False),
    7: (270.0, True),
    8: (270.0, False),
}
_WITH_ALPHA: Final = frozenset({"RGBA", "RGBa", "LA", "La", "PA"})
_SIXTEEN_BITS: Final = frozenset({"I;16", "I;16L", "I;16B", "I;16N"})
#: Modes that do not define which number is white.
_WITHOUT_WHITE: Final = frozenset({"I", "F"})


class _Exif(Protocol):
    def get(self, tag: int) -> object: ...


class PillowImage(Protocol):
    """The part of PIL.Image.Image that is used here."""

    @property
    def info(self) -> object: ...

    @property
    def mode(self) -> str: ...

    @property
    def size(self) -> tuple[int, int]: ...

    def load(self) -> object: ...

    def convert(self, mode: str) -> PillowImage: ...

    def tobytes(self, encoder_name: str = ..., *args: object) -> bytes: ...

    def getexif(self) -> _Exif: ...


def is_pillow_image(value: object) -> bool:
    """Whether ``value`` is a Pillow image."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(value, cast("type", module.Image))


class PillowSource(ImageElementSource):
    """A Pillow image as an image of the host."""

    def __init__(self, image: object) -> None:
        self._image = cast("PillowImage", image)

    def is_usable(self) -> bool:
        """False if the image has no pixels, or if they cannot be read from its file."""
        try:
            self._image.load()
        except (OSError, ValueError, SyntaxError):
            return False
        return min(self._image.size) > 0

    def is_origin_clean(self) -> bool:
        return True

    @property
    def natural_size(self) -> tuple[int, int]:
        width, height = self._image.size
        return (height, width) if self.orientation[0] in (90, 270) else (width, height)

    @property
    def orientation(self) -> tuple[float, bool]:
        orientation = self._image.getexif().get(_EXIF_ORIENTATION)
        return _ORIENTATIONS.get(orientation if isinstance(orientation, int) else 1, (0.0, False))

    def media_data(self) -> VideoResource:
        """RGBA if the image can have transparent pixels, else RGBX. Raises TypeError for the modes "I" and "F"."""
        image = self._image
        if image.mode in _WITHOUT_WHITE:
            raise TypeError(f"the mode {image.mode} does not define which number is white: convert the image first")
        width, height = image.size
        info = cast("Mapping[object, object]", image.info)
        color_space = None if info.get("icc_profile") else _SRGB
        if image.mode in _SIXTEEN_BITS:
            return pixels_in_memory("RGBX", width, height, _gray_of_16_bits(image), color_space)
        if image.mode in _WITH_ALPHA or "transparency" in info:
            return pixels_in_memory("RGBA", width, height, image.convert("RGBA").tobytes(), color_space)
        return pixels_in_memory("RGBX", width, height, image.convert("RGB").tobytes("raw", "RGBX"), color_space)

    def __repr__(self) -> str:
        return repr(self._image)


def _gray_of_16_bits(image: PillowImage) -> memoryview:
    """RGBX, correctly rounded. (Pillow itself clips numbers above 255.)"""
    samples = np.frombuffer(image.tobytes(), ">u2" if image.mode.endswith("B") else "<u2")
    gray = ((samples.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
    pixels = np.full((len(gray), 4), 255, np.uint8)
    pixels[:, :3] = gray[:, None]
    return pixels.reshape(-1).data
