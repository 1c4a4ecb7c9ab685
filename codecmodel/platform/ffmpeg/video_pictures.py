"""Frames on their way to an FFmpeg encoder: cropped, scaled, converted to its pixel format; copied only for that."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from codecmodel.platform.ffmpeg.pixel_formats import PIXEL_FORMATS as FFMPEG_FORMATS
from codecmodel.platform.ffmpeg.resources import CHROMA_LOCATIONS
from codecmodel.platform.ffmpeg.video_encoding import Colors, VideoEncoding
from codecmodel.platform.interface import CodecError, Plane, VideoInput
from codecmodel.raw_media.chroma import DEFAULT_LOCATION
from codecmodel.raw_media.color_space import (
    MATRIX_CODE_POINTS,
    PRIMARIES_CODE_POINTS,
    TRANSFER_CODE_POINTS,
    VideoColorSpaceInit,
    VideoMatrixCoefficients,
)
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS, VideoPixelFormat
from ffbind import Frame, Scaler, Scaling, lend_picture

#: The spec's formats → FFmpeg's. It has none for 12-bit 4:2:0 with alpha.
_FFMPEG_NAMES: Final[Mapping[VideoPixelFormat, str]] = {
    format: name for name, format in FFMPEG_FORMATS.items() if not name.startswith(("yuvj", "gb"))
}
#: The same planes, if they are G, B and R (H.273 § 8.3, value 0).
_GBR_NAMES: Final[Mapping[VideoPixelFormat, str]] = {
    format: name for name, format in FFMPEG_FORMATS.items() if name.startswith("gb")
}
_UNSPECIFIED: Final = 2
_LIMITED, _FULL = 1, 2
#: Interpolation, best first: where a picture becomes tens of times lower libswscale knows the simple ones alone.
_INTERPOLATIONS: Final = (Scaling.BICUBIC, Scaling.BILINEAR, Scaling.POINT)
_FLAGS: Final = Scaling.ACCURATE_ROUNDING | Scaling.FULL_CHROMA_INPUT


class Picture(NamedTuple):
    """What an encoder gets, how it is to be opened for it, and the colour space of what comes out."""

    frame: Frame
    format: str
    colors: Colors
    color_space: VideoColorSpaceInit


class Pictures:
    """Makes pictures for an encoding. Keeps what conversions need from frame to frame."""

    def __init__(self, encoding: VideoEncoding) -> None:
        self._encoding = encoding
        self._scalers: dict[tuple[object, ...], Scaler] = {}

    def close(self) -> None:
        """Drop everything."""
        for scaler in self._scalers.values():
            scaler.close()
        self._scalers.clear()

    def picture(self, input: VideoInput) -> Picture:
        """The picture of a frame. Raises CodecError for a format that has no name; FFbindError, ValueError."""
        if input.format is None or input.resource.format is None:
            raise CodecError("a frame of an unknown pixel format cannot be encoded")
        description = PIXEL_FORMATS[input.format]
        is_gbr = input.color_space.get("matrix") == "rgb" and input.format in _GBR_NAMES
        colors, color_space, source_matrix = _colors(input, is_rgb=is_gbr or description.is_rgb)
        has_alpha = self._encoding.alpha_format is not None and description.has_alpha
        target = self._encoding.pixel_format(description.bit_depth, has_alpha=has_alpha)
        format = input.format if has_alpha else description.equivalent_opaque_format
        planes = _visible_planes(input)[: len(PIXEL_FORMATS[format].planes)]
        _, _, width, height = input.visible_rect
        is_full = colors.range == _FULL
        location = CHROMA_LOCATIONS[input.resource.chroma_location or DEFAULT_LOCATION]
        if has_alpha and format not in _FFMPEG_NAMES:
            frame = self._with_alpha_apart(
                width, height, format, planes, target, source_matrix, location, is_full=is_full
            )
        else:
            name = _GBR_NAMES[format] if is_gbr else _FFMPEG_NAMES[format]
            lent = lend_picture(width, height, name, planes)
            frame = self._converted(lent, name, target, source_matrix, colors.matrix, location, is_full=is_full)
        frame.color_primaries, frame.color_trc, frame.colorspace = colors.primaries, colors.transfer, colors.matrix
        frame.color_range = colors.range
        return Picture(frame, target, colors, color_space)

    def _converted(
        self, frame: Frame, format: str, target: str, source_matrix: int, matrix: int, location: int, *, is_full: bool
    ) -> Frame:
        """The frame, or one of the encoder's size and format; then the frame is closed."""
        request = self._encoding.request
        if (frame.width, frame.height, format) == (request.width, request.height, target):
            return frame
        with frame:
            range = _FULL if is_full else _LIMITED
            key = frame.width, frame.height, format, target, source_matrix, matrix, location, range
            scaler = self._scalers.get(key)
            if scaler is None:
                # Whoever changes sizes all the time needs no more than a few.
                if len(self._scalers) >= 4:
                    self.close()
                for interpolation in _INTERPOLATIONS:
                    try:
                        scaler = Scaler(
                            frame.width,
                            frame.height,
                            format,
                            request.width,
                            request.height,
                            target,
                            flags=interpolation | _FLAGS,
                            src_matrix=source_matrix,
                            dst_matrix=matrix,
                            src_range=range,
                            dst_range=range,
                            src_chroma_location=location,
                            dst_chroma_location=CHROMA_LOCATIONS[DEFAULT_LOCATION],
                        )
                        break
                    except ValueError:
                        if interpolation is _INTERPOLATIONS[-1]:
                            raise
                assert scaler is not None, "made, or an error raised"
                self._scalers[key] = scaler
            return scaler.scale(frame)

    def _with_alpha_apart(
        self,
        width: int,
        height: int,
        format: VideoPixelFormat,
        planes: Sequence[Plane],
        target: str,
        matrix: int,
        location: int,
        *,
        is_full: bool,
    ) -> Frame:
        """For a format that FFmpeg has only without its alpha plane: colour and alpha are converted each for itself."""
        description = PIXEL_FORMATS[format]
        opaque = _FFMPEG_NAMES[description.equivalent_opaque_format]
        gray = "gray" if description.bit_depth == 8 else f"gray{description.bit_depth}le"
        color = self._converted(
            lend_picture(width, height, opaque, planes[:-1]),
            opaque,
            target.replace("yuva", "yuv"),
            matrix,
            matrix,
            location,
            is_full=is_full,
        )
        alpha = self._converted(
            lend_picture(width, height, gray, planes[-1:]),
            gray,
            "gray",
            _UNSPECIFIED,
            _UNSPECIFIED,
            location,
            is_full=True,
        )
        with color, alpha:
            result = Frame.video(self._encoding.request.width, self._encoding.request.height, target)
            for source, place in zip([*color.planes(), *alpha.planes()], result.writable_planes(), strict=True):
                shape = place.height, place.row_bytes
                np.ndarray(shape, np.uint8, place.data, 0, (place.stride, 1))[:] = np.ndarray(
                    shape, np.uint8, source.data, 0, (source.stride, 1)
                )
        return result


def _visible_planes(input: VideoInput) -> Sequence[Plane]:
    """The planes of the resource, from the first visible sample on."""
    assert input.resource.format is not None, "the format is known"
    left, top, _, _ = input.visible_rect
    planes = input.resource.planes()
    if not left and not top:
        return planes
    visible = []
    for plane, description in zip(planes, PIXEL_FORMATS[input.resource.format].planes, strict=True):
        offset = top // description.sample_height * plane.stride
        offset += left // description.sample_width * description.sample_bytes
        visible.append(Plane(plane.data[offset:], plane.stride))
    return visible


def _colors(input: VideoInput, *, is_rgb: bool) -> tuple[Colors, VideoColorSpaceInit, int]:
    """Colours to encode, the same as a colour space, and the matrix that the source has if that is one of YUV.

    YUV stays what it is. RGB becomes YUV of limited range, with the matrix that goes with its primaries.
    """
    space = input.color_space
    primaries, transfer = space.get("primaries"), space.get("transfer")
    matrix, full_range = space.get("matrix"), space.get("fullRange")
    if is_rgb:
        matrix, full_range = _matrix_for(primaries), False
    elif matrix == "rgb":
        # Chroma that is sub-sampled is none of G, B and R.
        matrix = None
    return _described(primaries, transfer, matrix, full_range)


@lru_cache(maxsize=64)
def _described(
    primaries: str | None, transfer: str | None, matrix: VideoMatrixCoefficients | None, full_range: bool | None
) -> tuple[Colors, VideoColorSpaceInit, int]:
    code_point = _UNSPECIFIED if matrix is None else MATRIX_CODE_POINTS[matrix]
    colors = Colors(
        next((code for name, code in PRIMARIES_CODE_POINTS.items() if name == primaries), _UNSPECIFIED),
        next((code for name, code in TRANSFER_CODE_POINTS.items() if name == transfer), _UNSPECIFIED),
        code_point,
        0 if full_range is None else _FULL if full_range else _LIMITED,
    )
    color_space: VideoColorSpaceInit = {
        "primaries": primaries,  # type: ignore[typeddict-item]  # a literal, of which the cache makes a string
        "transfer": transfer,  # type: ignore[typeddict-item]
        "matrix": matrix,
        "fullRange": full_range,
    }
    return colors, color_space, code_point


def _matrix_for(primaries: str | None) -> VideoMatrixCoefficients:
    match primaries:
        case "bt2020":
            return "bt2020-ncl"
        case "bt470bg" | "smpte170m":
            return "smpte170m"
        case _:
            return "bt709"
