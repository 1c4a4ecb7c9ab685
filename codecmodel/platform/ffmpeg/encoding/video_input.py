"""Frames on their way to an FFmpeg encoder: cropped, scaled and converted to the encoder's pixel format.

A frame that needs no conversion is not copied.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from codecmodel.lazy_numpy import np
from codecmodel.platform.codec_implementation import CodecError, VideoInput
from codecmodel.platform.ffmpeg.color_codes import CHROMA_LOCATIONS
from codecmodel.platform.ffmpeg.encoding.encoder_colors import Colors, colors_to_encode
from codecmodel.platform.ffmpeg.encoding.video_settings import VideoEncoding
from codecmodel.platform.ffmpeg.pixel_formats import PIXEL_FORMATS as NAMED_FORMATS
from codecmodel.platform.ffmpeg.resources import FFmpegVideoResource
from codecmodel.raw_media.chroma import DEFAULT_LOCATION, ChromaLocation
from codecmodel.raw_media.color_space import VideoColorSpaceInit
from codecmodel.raw_media.media_resource import CachesForEncoders
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS, VideoPixelFormat
from codecmodel.raw_media.resource_protocols import Plane
from ffbind import Frame, PictureKind, Scaler, Scaling, lend_picture
from ffbind.h273 import FULL_RANGE, LIMITED_RANGE, UNSPECIFIED

#: The spec's formats → FFmpeg's. FFmpeg has no 12-bit 4:2:0 with alpha.
_FFMPEG_NAMES: Final[Mapping[VideoPixelFormat, str]] = {
    format: name for name, format in NAMED_FORMATS.items() if not name.startswith(("yuvj", "gb"))
}
#: FFmpeg's names for the same planes if they are G, B and R (H.273 § 8.3, value 0).
_GBR_NAMES: Final[Mapping[VideoPixelFormat, str]] = {
    format: name for name, format in NAMED_FORMATS.items() if name.startswith("gb")
}
#: Interpolation, best first: where a picture becomes tens of times lower, libswscale has the simple kinds only.
_INTERPOLATIONS: Final = (Scaling.BICUBIC, Scaling.BILINEAR, Scaling.POINT)
_FLAGS: Final = Scaling.ACCURATE_ROUNDING | Scaling.FULL_CHROMA_INPUT
#: Scalers that a converter keeps. A program whose frames change their size all the time needs no more.
_CACHED_SCALERS: Final = 4


class EncoderFormat(NamedTuple):
    """The format an encoder is opened for: FFmpeg's pixel format, and the colours, also as a colour space."""

    pixel_format: str
    colors: Colors
    color_space: VideoColorSpaceInit


class EncoderPicture(NamedTuple):
    """A frame for an encoder, and the format it has.

    If ``is_cached``, the frame is shared with other encoders; otherwise the caller closes it.
    """

    frame: Frame
    format: EncoderFormat
    is_cached: bool


class _Plan(NamedTuple):
    """The way from frames of one format, colour space and location of chroma to the encoder.

    ``format`` is the spec's name for the planes that are used, ``name`` FFmpeg's; it is None if FFmpeg has no such
    format, so that alpha is converted on its own.
    """

    format: VideoPixelFormat
    name: str | None
    target: EncoderFormat
    location: int
    #: The process that made the plan. A process that is forked from it cannot use its FFmpeg frames.
    process: int


class _CachedPicture(NamedTuple):
    """The picture that a resource's memory was last used as, and the plan and rectangle it was made for."""

    plan: _Plan
    rect: tuple[int, int, int, int]
    picture: EncoderPicture


class _Conversion(NamedTuple):
    """A scaler's work: FFmpeg's names of two pixel formats, and the matrix, the range and the source's chroma location.

    YUV keeps its matrix and range.
    """

    source: str
    target: str
    matrix: int
    range: int
    location: int


class InputConverter:
    """Makes pictures for the encoder of one encoding. It keeps its scalers from frame to frame."""

    def __init__(self, encoding: VideoEncoding) -> None:
        self._encoding = encoding
        self._size = encoding.request.width, encoding.request.height
        self._scalers: dict[tuple[int, int, _Conversion], Scaler] = {}
        # The plan for frames like the last one; most frames are.
        self._plan: _Plan | None = None
        self._kind: tuple[VideoPixelFormat | None, VideoColorSpaceInit, ChromaLocation | None] | None = None

    def close(self) -> None:
        """Close the scalers."""
        for scaler in self._scalers.values():
            scaler.close()
        self._scalers.clear()

    def picture(self, input: VideoInput) -> EncoderPicture:
        """The picture of a frame.

        Raises CodecError for a pixel format that the spec has no name for, and FFbindError or ValueError for a picture
        that FFmpeg cannot convert.
        """
        kind = input.format, input.color_space, input.resource.chroma_location
        plan = self._plan
        if plan is None or kind != self._kind:
            plan = self._plan = self._plan_for(*kind)
            self._kind = kind
        if plan.name is None:
            return self._own(self._with_alpha_apart(input, plan), plan.target)
        picture = _lent_picture(input, plan, plan.name)
        _, _, width, height = input.visible_rect
        if plan.name == plan.target.pixel_format and (width, height) == self._size:
            return picture
        frame = self._converted(picture.frame.ref() if picture.is_cached else picture.frame, _conversion(plan))
        return self._own(frame, plan.target)

    def _own(self, frame: Frame, format: EncoderFormat) -> EncoderPicture:
        _set_colors(frame, format.colors)
        return EncoderPicture(frame, format, is_cached=False)

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
        colors, color_space = colors_to_encode(frame_color_space, is_rgb=is_gbr or description.is_rgb)
        has_alpha = self._encoding.alpha_format is not None and description.has_alpha
        format = frame_format if has_alpha else description.equivalent_opaque_format
        name: str | None = None
        if not has_alpha or format in _FFMPEG_NAMES:
            name = _GBR_NAMES[format] if is_gbr else _FFMPEG_NAMES[format]
        target = self._encoding.pixel_format(description.bit_depth, has_alpha=has_alpha)
        return _Plan(
            format,
            name,
            EncoderFormat(target, colors, color_space),
            CHROMA_LOCATIONS[chroma_location or DEFAULT_LOCATION],
            os.getpid(),
        )

    def _converted(self, frame: Frame, conversion: _Conversion) -> Frame:
        """The frame in the encoder's size and the conversion's target format. The frame is closed if it has to change.

        Raises ValueError for a conversion that libswscale cannot do.
        """
        if (frame.width, frame.height) == self._size and conversion.source == conversion.target:
            return frame
        with frame:
            key = frame.width, frame.height, conversion
            scaler = self._scalers.get(key)
            if scaler is None:
                if len(self._scalers) >= _CACHED_SCALERS:
                    self.close()
                scaler = self._scalers[key] = self._new_scaler(*key)
            return scaler.scale(frame)

    def _new_scaler(self, width: int, height: int, conversion: _Conversion) -> Scaler:
        source_format, target_format, matrix, range, location = conversion
        source = PictureKind(width, height, source_format, matrix, range, location)
        target = PictureKind(*self._size, target_format, matrix, range, CHROMA_LOCATIONS[DEFAULT_LOCATION])
        *preferred, last = _INTERPOLATIONS
        for interpolation in preferred:
            try:
                return Scaler(source, target, interpolation | _FLAGS)
            except ValueError:
                continue
        return Scaler(source, target, last | _FLAGS)

    def _with_alpha_apart(self, input: VideoInput, plan: _Plan) -> Frame:
        """The picture of a frame whose format FFmpeg has only without its alpha plane: both parts are converted."""
        _, _, width, height = input.visible_rect
        planes = _visible_planes(input, plan.format)
        description = PIXEL_FORMATS[plan.format]
        opaque = _FFMPEG_NAMES[description.equivalent_opaque_format]
        gray = "gray" if description.bit_depth == 8 else f"gray{description.bit_depth}le"
        target = plan.target.pixel_format
        of_color = _conversion(plan)._replace(source=opaque, target=target.replace("yuva", "yuv"))
        of_alpha = _Conversion(gray, "gray", UNSPECIFIED, FULL_RANGE, plan.location)
        color = self._converted(lend_picture(width, height, opaque, planes[:-1]), of_color)
        alpha = self._converted(lend_picture(width, height, gray, planes[-1:]), of_alpha)
        with color, alpha:
            result = Frame.video(*self._size, target)
            for source, place in zip([*color.planes(), *alpha.planes()], result.writable_planes(), strict=True):
                shape = place.height, place.row_bytes
                np.ndarray(shape, np.uint8, place.data, 0, (place.stride, 1))[:] = np.ndarray(
                    shape, np.uint8, source.data, 0, (source.stride, 1)
                )
        return result


def _conversion(plan: _Plan) -> _Conversion:
    colors = plan.target.colors
    range = FULL_RANGE if colors.range == FULL_RANGE else LIMITED_RANGE
    return _Conversion(plan.name or "", plan.target.pixel_format, colors.matrix, range, plan.location)


def _lent_picture(input: VideoInput, plan: _Plan, name: str) -> EncoderPicture:
    """The visible part of the frame in the frame's own memory."""
    resource, rect = input.resource, input.visible_rect
    if not isinstance(resource, CachesForEncoders):
        return _new_lent_picture(input, plan, name, is_cached=False)
    # For speed: FFmpeg's description of the memory is found out once for all encoders of the resource.
    cached = resource.encoder_cache
    if isinstance(cached, _CachedPicture) and cached.plan == plan and cached.rect == rect:
        return cached.picture
    picture = _new_lent_picture(input, plan, name, is_cached=True)
    resource.encoder_cache = _CachedPicture(plan, rect, picture)
    return picture


def _new_lent_picture(input: VideoInput, plan: _Plan, name: str, *, is_cached: bool) -> EncoderPicture:
    left, top, width, height = input.visible_rect
    resource = input.resource
    frame: Frame | None = None
    if isinstance(resource, FFmpegVideoResource) and resource.format == plan.format and not left and not top:
        # For speed: FFmpeg knows its own memory.
        frame = resource.share_picture(width, height, name)
    if frame is None:
        frame = lend_picture(width, height, name, _visible_planes(input, plan.format))
    _set_colors(frame, plan.target.colors)
    return EncoderPicture(frame, plan.target, is_cached)


def _set_colors(frame: Frame, colors: Colors) -> None:
    frame.color_primaries, frame.color_trc, frame.colorspace = colors.primaries, colors.transfer, colors.matrix
    frame.color_range = colors.range


def _visible_planes(input: VideoInput, format: VideoPixelFormat) -> Sequence[Plane]:
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
