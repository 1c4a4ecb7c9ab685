"""Decoding files whose pictures each are an image of their own to FFmpeg: PNG, JPEG, GIF, WebP and BMP."""

from collections.abc import Callable
from typing import Final

from codecmodel.image_files.colors import SRGB, ImageColors
from codecmodel.image_files.reader import ImageFile, Picture
from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.ffmpeg.images.composition import Composition
from codecmodel.platform.ffmpeg.images.pixels import Bytes, image_resource, rgba_resource, rgba_samples
from codecmodel.platform.image_decoder_implementation import (
    DecodedImage,
    EncodedImageFrame,
    ImageTrackDescription,
    ImageTracks,
)
from ffbind import Decoder, Frame

#: av_image_check_size: (width + 128) · (height + 128) is below this.
_MAXIMUM_PIXELS: Final = (2**31 - 1) // 8


class RasterImage:
    """An image, or an animation, of one track. The frames of animations are composed as RGBA."""

    def __init__(self, file: ImageFile, *, ignores_colors: bool) -> None:
        self._file = file
        self._ignores_colors = ignores_colors
        self._composition: Composition | None = None

    def read(self, data: bytes | bytearray | memoryview, *, is_complete: bool) -> None:
        """Read on in all data that has arrived."""
        self._file.read(data, is_complete=is_complete)

    def tracks(self) -> ImageTracks | None:
        file = self._file
        if not file.is_described:
            return ImageTracks(()) if file.is_malformed else None
        return ImageTracks((ImageTrackDescription(file.is_animated, file.count, file.repetition_count or 0),))

    def frame(self, track: int, frame_index: int) -> EncodedImageFrame:
        file = self._file
        if frame_index < len(file.pictures):
            return EncodedImageFrame("complete")
        if file.is_malformed:
            return EncodedImageFrame("malformed")
        has_begun = file.has_begun_picture and frame_index == len(file.pictures)
        return EncodedImageFrame("malformed" if file.is_complete and has_begun else "incomplete")

    def decode(self, track: int, frame_index: int, is_aborted: Callable[[], bool]) -> DecodedImage:
        file = self._file
        picture = file.pictures[frame_index]
        colors = self._colors
        rotation, flip = file.orientation
        if not file.is_animated and file.canvas in (None, (picture.width, picture.height)):
            resource = image_resource(self._picture(picture), colors, is_opaque=picture.is_opaque)
            return DecodedImage(resource, rotation=rotation, flip=flip)
        if self._composition is None:
            assert file.canvas is not None, "only formats that have it compose pictures"
            width, height = file.canvas
            if (width + 128) * (height + 128) >= _MAXIMUM_PIXELS:
                raise CodecError("the image is too large")
            self._composition = Composition(width, height, self._pixels)
        samples = self._composition.frame(file.pictures, frame_index, is_aborted)
        composed = rgba_resource(samples, colors)
        if not file.is_animated:
            return DecodedImage(composed, rotation=rotation, flip=flip)
        timestamp = sum(before.duration for before in file.pictures[:frame_index])
        return DecodedImage(composed, None, picture.duration, timestamp, rotation=rotation, flip=flip)

    @property
    def _colors(self) -> ImageColors:
        colors = self._file.colors
        if self._ignores_colors:
            return colors._replace(primaries=SRGB.primaries, transfer=SRGB.transfer)
        return colors

    def _picture(self, picture: Picture) -> Frame:
        with Decoder(self._file.codec) as decoder:
            frames = decoder.decode(self._file.packet(picture), 0) or decoder.drain()
        if not frames:
            raise CodecError("there is no image in the data")
        frame, *others = frames
        for other in others:
            other.close()
        is_of_size = not picture.width or (frame.width, frame.height) == (picture.width, picture.height)
        if frame.corrupt or frame.decode_error_flags or not is_of_size:
            frame.close()
            raise CodecError("the image is damaged")
        return frame

    def _pixels(self, picture: Picture) -> Bytes:
        return rgba_samples(self._picture(picture), self._colors)

    def release(self) -> None:
        self._composition = None
