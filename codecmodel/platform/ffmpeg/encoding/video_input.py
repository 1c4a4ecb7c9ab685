"""Frames on their way to an FFmpeg encoder: cropped, scaled, converted to its pixel format; copied only for that."""

import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from codecmodel.platform.codec_implementation import CodecError, VideoInput
from codecmodel.platform.ffmpeg.encoding.video_settings import Colors, VideoEncoding
from codecmodel.platform.ffmpeg.pixel_formats import PIXEL_FORMATS as FFMPEG_FORMATS
from codecmodel.platform.ffmpeg.resources import CHROMA_LOCATIONS
from codecmodel.raw_media.chroma import DEFAULT_LOCATION, ChromaLocation
from codecmodel.raw_media.color_space import (
    MATRIX_CODE_POINTS,
    PRIMARIES_CODE_POINTS,
    TRANSFER_CODE_POINTS,
    VideoColorSpaceInit,
    VideoMatrixCoefficients,
)
from codecmodel.raw_media.media_resource import KeepsLoan
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS, VideoPixelFormat
from codecmodel.raw_media.resource_protocols import Plane
from ffbind import Frame, PictureKind, Scaler, Scaling, lend_picture
from ffbind.h273 import FULL_RANGE, LIMITED_RANGE, UNSPECIFIED

#: The spec's formats → FFmpeg's. It has none for 12-bit 4:2:0 with alpha.
_FFMPEG_NAMES: Final[Mapping[VideoPixelFormat, str]] = {
    format: name for name, format in FFMPEG_FORMATS.items() if not name.startswith(("yuvj", "gb"))
}
#: The same planes, if they are G, B and R (H.273 § 8.3, value 0).
_GBR_NAMES: Final[Mapping[VideoPixelFormat, str]] = {
    format: name for name, format in FFMPEG_FORMATS.items() if name.startswith("gb")
}
#: Interpolation, best first: where a picture becomes tens of times lower libswscale knows the simple ones alone.
_INTERPOLATIONS: Final = (Scaling.BICUBIC, Scaling.BILINEAR, Scaling.POINT)
_FLAGS: Final = Scaling.ACCURATE_ROUNDING | Scaling.FULL_CHROMA_INPUT


class Stream(NamedTuple):
    """What an encoder is opened for: FFmpeg's pixel format and colours, and the latter as a colour space."""

    format: str
    colors: Colors
    color_space: VideoColorSpaceInit


class Picture(NamedTuple):
    """What an encoder gets, and the stream it is for.

    A frame that is kept with its resource is for many encoders; any other is to be closed.
    """

    frame: Frame
    stream: Stream
    is_kept: bool


class _Plan(NamedTuple):
    """What becomes of frames that have a format, a colour space and a place of chroma in common.

    ``format`` is the spec's of the planes that are used, ``name`` FFmpeg's, None if alpha has to be treated apart.
    """

    format: VideoPixelFormat
    name: str | None
    stream: Stream
    source_matrix: int
    location: int
    #: FFmpeg's frames are of no use in a process that has forked since.
    process: int


class _Loan(NamedTuple):
    """What a resource keeps: a picture of its own memory, and what it was made for."""

    plan: _Plan
    rect: tuple[int, int, int, int]
    picture: Picture


class Pictures:
    """Makes pictures for an encoding. Keeps what conversions need from frame to frame."""

    def __init__(self, encoding: VideoEncoding) -> None:
        self._encoding = encoding
        self._size = encoding.request.width, encoding.request.height
        self._scalers: dict[tuple[object, ...], Scaler] = {}
        # The plan for frames like the last one, as most are.
        self._plan: _Plan | None = None
        self._kind: tuple[VideoPixelFormat | None, VideoColorSpaceInit, ChromaLocation | None] | None = None

    def close(self) -> None:
        """Drop everything."""
        for scaler in self._scalers.values():
            scaler.close()
        self._scalers.clear()

    def picture(self, input: VideoInput) -> Picture:
        """The picture of a frame. Raises CodecError for a format that has no name; FFbindError, ValueError."""
        resource, rect = input.resource, input.visible_rect
        kind = input.format, input.color_space, resource.chroma_location
        plan = self._plan
        if plan is None or kind != self._kind:
            plan = self._plan = self._plan_for(*kind)
            self._kind = kind
        name, stream = plan.name, plan.stream
        _, _, width, height = rect
        if name is None:
            frame = self._with_alpha_apart(width, height, plan, _planes(input, plan.format))
        else:
            # The next encoder, or the same with the same frame, has at once what a resource can keep.
            keeper = resource if isinstance(resource, KeepsLoan) else None
            loan = None if keeper is None else keeper.loan
            if isinstance(loan, _Loan) and loan.plan == plan and loan.rect == rect:
                lent = loan.picture
            else:
                frame = lend_picture(width, height, name, _planes(input, plan.format))
                _set_colors(frame, stream.colors)
                lent = Picture(frame, stream, keeper is not None)
                if keeper is not None:
                    keeper.loan = _Loan(plan, rect, lent)
            if name == stream.format and (width, height) == self._size:
                return lent
            frame = self._converted(
                lent.frame.ref() if lent.is_kept else lent.frame,
                name,
                stream.format,
                plan.source_matrix,
                stream.colors.matrix,
                plan.location,
                is_full=stream.colors.range == FULL_RANGE,
            )
        _set_colors(frame, stream.colors)
        return Picture(frame, stream, is_kept=False)

    def _plan_for(
        self,
        frame_format: VideoPixelFormat | None,
        frame_color_space: VideoColorSpaceInit,
        chroma_location: ChromaLocation | None,
    ) -> _Plan:
        if frame_format is None:
            raise CodecError("a frame of an unknown pixel format cannot be encoded")
        description = PIXEL_FORMATS[frame_format]
        is_gbr = frame_color_space.get("matrix") == "rgb" and frame_format in _GBR_NAMES
        colors, color_space, source_matrix = _colors(frame_color_space, is_rgb=is_gbr or description.is_rgb)
        has_alpha = self._encoding.alpha_format is not None and description.has_alpha
        format = frame_format if has_alpha else description.equivalent_opaque_format
        name: str | None = None
        if not has_alpha or format in _FFMPEG_NAMES:
            name = _GBR_NAMES[format] if is_gbr else _FFMPEG_NAMES[format]
        target = self._encoding.pixel_format(description.bit_depth, has_alpha=has_alpha)
        return _Plan(
            format,
            name,
            Stream(target, colors, color_space),
            source_matrix,
            CHROMA_LOCATIONS[chroma_location or DEFAULT_LOCATION],
            os.getpid(),
        )

    def _converted(
        self, frame: Frame, format: str, target: str, source_matrix: int, matrix: int, location: int, *, is_full: bool
    ) -> Frame:
        """The frame, or one of the encoder's size and format; then the frame is closed."""
        request = self._encoding.request
        if (frame.width, frame.height, format) == (request.width, request.height, target):
            return frame
        with frame:
            range = FULL_RANGE if is_full else LIMITED_RANGE
            key = frame.width, frame.height, format, target, source_matrix, matrix, location, range
            scaler = self._scalers.get(key)
            if scaler is None:
                # Whoever changes sizes all the time needs no more than a few.
                if len(self._scalers) >= 4:
                    self.close()
                source = PictureKind(frame.width, frame.height, format, source_matrix, range, location)
                destination = PictureKind(
                    request.width, request.height, target, matrix, range, CHROMA_LOCATIONS[DEFAULT_LOCATION]
                )
                for interpolation in _INTERPOLATIONS:
                    try:
                        scaler = Scaler(source, destination, interpolation | _FLAGS)
                        break
                    except ValueError:
                        if interpolation is _INTERPOLATIONS[-1]:
                            raise
                assert scaler is not None, "made, or an error raised"
                self._scalers[key] = scaler
            return scaler.scale(frame)

    def _with_alpha_apart(self, width: int, height: int, plan: _Plan, planes: Sequence[Plane]) -> Frame:
        """For a format that FFmpeg has only without its alpha plane: colour and alpha are converted each for itself."""
        description = PIXEL_FORMATS[plan.format]
        opaque = _FFMPEG_NAMES[description.equivalent_opaque_format]
        gray = "gray" if description.bit_depth == 8 else f"gray{description.bit_depth}le"
        target, matrix = plan.stream.format, plan.source_matrix
        color = self._converted(
            lend_picture(width, height, opaque, planes[:-1]),
            opaque,
            target.replace("yuva", "yuv"),
            matrix,
            matrix,
            plan.location,
            is_full=plan.stream.colors.range == FULL_RANGE,
        )
        alpha = self._converted(
            lend_picture(width, height, gray, planes[-1:]),
            gray,
            "gray",
            UNSPECIFIED,
            UNSPECIFIED,
            plan.location,
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


def _set_colors(frame: Frame, colors: Colors) -> None:
    frame.color_primaries, frame.color_trc, frame.colorspace = colors.primaries, colors.transfer, colors.matrix
    frame.color_range = colors.range


def _planes(input: VideoInput, format: VideoPixelFormat) -> Sequence[Plane]:
    """The planes of the format, which are the first of the resource's, from the first visible sample on."""
    left, top, _, _ = input.visible_rect
    descriptions = PIXEL_FORMATS[format].planes
    planes = input.resource.planes()[: len(descriptions)]
    if not left and not top:
        return planes
    visible = []
    for plane, description in zip(planes, descriptions, strict=True):
        offset = top // description.sample_height * plane.stride
        offset += left // description.sample_width * description.sample_bytes
        visible.append(Plane(plane.data[offset:], plane.stride))
    return visible


def _colors(space: VideoColorSpaceInit, *, is_rgb: bool) -> tuple[Colors, VideoColorSpaceInit, int]:
    """Colours to encode, the same as a colour space, and the matrix that the source has if that is one of YUV.

    YUV stays what it is. RGB becomes YUV of limited range, with the matrix that goes with its primaries.
    """
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
    code_point = UNSPECIFIED if matrix is None else MATRIX_CODE_POINTS[matrix]
    colors = Colors(
        next((code for name, code in PRIMARIES_CODE_POINTS.items() if name == primaries), UNSPECIFIED),
        next((code for name, code in TRANSFER_CODE_POINTS.items() if name == transfer), UNSPECIFIED),
        code_point,
        0 if full_range is None else FULL_RANGE if full_range else LIMITED_RANGE,
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
