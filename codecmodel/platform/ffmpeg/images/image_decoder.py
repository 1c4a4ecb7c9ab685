"""The [[codec implementation]] of ImageDecoder on FFmpeg."""

from collections.abc import Callable, Mapping
from typing import Final

from codecmodel.image_files.bmp import BmpFile
from codecmodel.image_files.gif import GifFile
from codecmodel.image_files.jpeg import JpegFile
from codecmodel.image_files.png import PngFile
from codecmodel.image_files.reader import ImageFile, MalformedImage
from codecmodel.image_files.webp import WebpFile
from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.ffmpeg.failures import codec_error
from codecmodel.platform.ffmpeg.images.avif import AvifImage
from codecmodel.platform.ffmpeg.images.avif_samples import av1_decoder
from codecmodel.platform.ffmpeg.images.raster import RasterImage
from codecmodel.platform.ffmpeg.pixel_limit import PixelLimit
from codecmodel.platform.image_decoder_implementation import DecodedImage, EncodedImageFrame, ImageConfig, ImageTracks
from ffbind import FFbindError, find_decoder

_FILES: Final[Mapping[str, type[ImageFile]]] = {
    "image/png": PngFile,
    "image/apng": PngFile,
    "image/jpeg": JpegFile,
    "image/gif": GifFile,
    "image/webp": WebpFile,
    "image/bmp": BmpFile,
}


def supports_image_type(type: str) -> bool:
    """Whether this FFmpeg decodes images of a type."""
    if type == "image/avif":
        return av1_decoder() is not None
    file = _FILES.get(type)
    return file is not None and find_decoder(file.codec) is not None


class FFmpegImageDecoder:
    """Decodes images with FFmpeg. Frames keep the size that the file has, and are output when they are complete."""

    def __init__(self, limit: PixelLimit | None = None) -> None:
        self._limit = limit or PixelLimit()
        self._image: RasterImage | AvifImage | None = None
        self._data: bytes | bytearray | memoryview = b""

    @property
    def _opened(self) -> RasterImage | AvifImage:
        assert self._image is not None, "configure() comes first, and release() last"
        return self._image

    def configure(self, config: ImageConfig) -> None:
        ignores_colors = config.color_space_conversion == "none"
        if config.type == "image/avif":
            self._image = AvifImage(self._limit, ignores_colors=ignores_colors)
        else:
            self._image = RasterImage(_FILES[config.type](), self._limit, ignores_colors=ignores_colors)

    def append(self, data: bytes | memoryview) -> None:
        if not self._data:
            self._data = data
        else:
            if not isinstance(self._data, bytearray):
                self._data = bytearray(self._data)
            self._data += data
        self._opened.file.read(self._data, is_complete=False)

    def finish(self) -> None:
        self._opened.file.read(self._data, is_complete=True)

    def tracks(self) -> ImageTracks | None:
        return self._opened.tracks()

    def is_progressive(self) -> bool:
        return False

    def frame(self, track: int, frame_index: int) -> EncodedImageFrame:
        return self._opened.frame(track, frame_index)

    def decode(self, track: int, frame_index: int, is_aborted: Callable[[], bool]) -> DecodedImage:
        try:
            return self._opened.decode(track, frame_index, is_aborted)
        except MalformedImage as error:
            raise CodecError(str(error)) from error
        except MemoryError as error:
            raise codec_error(error, "there is not enough memory for the image") from error
        except (FFbindError, ValueError) as error:
            raise codec_error(error, f"the image can't be decoded: {error}") from error

    def release(self) -> None:
        if self._image is not None:
            self._image.release()
            self._image = None
        self._data = b""
