"""Images of the formats whose pictures FFmpeg decodes one by one: PNG, JPEG, GIF, WebP and BMP."""

from collections.abc import Callable

from codecmodel.image_files.colors import SRGB, ImageColors
from codecmodel.image_files.reader import CodedPicture, ImageFile
from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.ffmpeg.images.composition import Composition
from codecmodel.platform.ffmpeg.images.pixels import Bytes, image_resource, rgb_resource, rgba_samples
from codecmodel.platform.ffmpeg.pixel_limit import PixelLimit
from codecmodel.platform.image_decoder_implementation import (
    DecodedImage,
    EncodedImageFrame,
    ImageTrackDescription,
    ImageTracks,
)
from ffbind import Decoder, Frame


class RasterImage:
    """An image, or an animation, of one track. The frames of animations are composed in RGB."""

    def __init__(self, file: ImageFile, limit: PixelLimit, *, ignores_colors: bool) -> None:
        self.file = file
        self._limit = limit
        self._ignores_colors = ignores_colors
        self._composition: Composition | None = None

    def tracks(self) -> ImageTracks | None:
        file = self.file
        if not file.is_described:
            return ImageTracks(()) if file.is_malformed else None
        return ImageTracks((ImageTrackDescription(file.is_animated, file.count, file.repetition_count),))

    def frame(self, track: int, frame_index: int) -> EncodedImageFrame:
        file = self.file
        if frame_index < len(file.pictures):
            return EncodedImageFrame("complete")
        if file.is_malformed:
            return EncodedImageFrame("malformed")
        has_begun = file.has_begun_picture and frame_index == len(file.pictures)
        return EncodedImageFrame("malformed" if file.is_complete and has_begun else "incomplete")

    def decode(self, track: int, frame_index: int, is_aborted: Callable[[], bool]) -> DecodedImage:
        file = self.file
        picture = file.pictures[frame_index]
        colors = self._colors
        rotation, flip = file.orientation
        if not file.is_animated and file.canvas in (None, (picture.width, picture.height)):
            frame = self._decoded(picture)
            resource = image_resource(frame, colors, file.color_model, is_opaque=picture.is_opaque)
            return DecodedImage(resource, rotation=rotation, flip=flip)
        if self._composition is None:
            assert file.canvas is not None, "only formats with a canvas have pictures that don't fill it"
            self._limit.check(*file.canvas)
            self._composition = Composition(*file.canvas, self._pixels)
        samples = self._composition.frame(file.pictures, frame_index, is_aborted)
        composed = rgb_resource(samples, not file.is_opaque, colors)
        if not file.is_animated:
            return DecodedImage(composed, rotation=rotation, flip=flip)
        return DecodedImage(composed, None, picture.duration, picture.timestamp, rotation=rotation, flip=flip)

    @property
    def _colors(self) -> ImageColors:
        colors = self.file.colors
        if self._ignores_colors:
            return colors._replace(primaries=SRGB.primaries, transfer=SRGB.transfer)
        return colors

    def _decoded(self, picture: CodedPicture) -> Frame:
        self._limit.check(picture.width, picture.height)
        with Decoder(self.file.codec, options=self._limit.options) as decoder:
            frames = decoder.decode(self.file.packet(picture), 0) or decoder.drain()
        if not frames:
            raise CodecError("there is no image in the data")
        frame, *others = frames
        for other in others:
            other.close()
        is_of_size = (frame.width, frame.height) == (picture.width, picture.height)
        if frame.corrupt or frame.decode_error_flags or not is_of_size:
            frame.close()
            raise CodecError("the image is damaged")
        return frame

    def _pixels(self, picture: CodedPicture) -> Bytes:
        frame = self._decoded(picture)
        return rgba_samples(frame, self._colors, self.file.color_model, is_opaque=picture.is_opaque)

    def release(self) -> None:
        self._composition = None
