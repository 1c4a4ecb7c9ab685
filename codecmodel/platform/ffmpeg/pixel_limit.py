"""The limit on the size of pictures, which is checked before memory is taken for them."""

from collections.abc import Mapping
from typing import Final

from codecmodel.platform.codec_implementation import CodecError

#: As many pixels as Pillow opens without being told to. The largest pictures of AV1's highest level have a fifth of it.
DEFAULT_MAXIMUM_PIXELS: Final = 178_956_970
#: FFmpeg rounds widths up to a multiple of this, at most. Heights are below 2 to the power of 16 in all formats.
_ALIGNMENT: Final = 64
_MAXIMUM_HEIGHT: Final = 1 << 16
_INT_MAX: Final = 2**31 - 1


class PixelLimit:
    """The most pixels that a picture may have.

    ``maximum`` is at least 1. ``options`` are for FFmpeg's decoders. They count pixels after rounding the width up,
    so their limit has to be higher. It is for bitstreams whose containers and headers tell something else.
    """

    def __init__(self, maximum: int = DEFAULT_MAXIMUM_PIXELS) -> None:
        if maximum < 1:
            raise ValueError(f"a picture has at least one pixel; the limit can't be {maximum}")
        self.maximum: Final = maximum
        rounded = min(_ALIGNMENT * maximum, maximum + _ALIGNMENT * _MAXIMUM_HEIGHT, _INT_MAX)
        self.options: Final[Mapping[str, str]] = {"max_pixels": str(rounded)}

    def allows(self, width: int, height: int) -> bool:
        """Whether a picture may have this width and height in pixels."""
        return width * height <= self.maximum

    def check(self, width: int, height: int) -> None:
        """Raises CodecError if a picture may not have this width and height in pixels."""
        if not self.allows(width, height):
            raise CodecError(self.refusal(width, height))

    def refusal(self, width: int, height: int) -> str:
        """The message for a picture that is too large."""
        return f"{width} × {height} pixels are more than the limit, which is {self.maximum} (maximum_pixels)"
