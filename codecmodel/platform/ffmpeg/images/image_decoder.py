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
from codecmodel.platform.ffmpeg.images.avif import AvifImage, av1_decoder
from codecmodel.platform.ffmpeg.images.raster import RasterImage
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
    """Decodes images with FFmpeg. They keep their own size, and come when they are complete."""

    def __init__(self) -> None:
        self._image: RasterImage | AvifImage | None = None
        self._data: bytes | bytearray | memoryview = b""

    @property
    def _configured(self) -> RasterImage | AvifImage:
        assert self._image is not None, "configured before anything else, and not released"
        return self._image

    def configure(self, config: ImageConfig) -> None:
        ignores_colors = config.color_space_conversion == "none"
        if config.type == "image/avif":
            self._image = AvifImage(ignores_colors=ignores_colors)
        else:
            self._image = RasterImage(_FILES[config.type](), ignores_colors=ignores_colors)

    def append(self, data: bytes | memoryview) -> None:
        if not self._data:
            self._data = data
        else:
            if not isinstance(self._data, bytearray):
                self._data = bytearray(self._data)
            self._data += data
        self._configured.read(self._data, is_complete=False)

    def finish(self) -> None:
        self._configured.read(self._data, is_complete=True)

    def tracks(self) -> ImageTracks | None:
        return self._configured.tracks()

    def is_progressive(self) -> bool:
        return False

    def frame(self, track: int, frame_index: int) -> EncodedImageFrame:
        return self._configured.frame(track, frame_index)

    def decode(self, track: int, frame_index: int, is_aborted: Callable[[], bool]) -> DecodedImage:
        try:
            return self._configured.decode(track, frame_index, is_aborted)
        except (FFbindError, MalformedImage, MemoryError, ValueError) as error:
            raise CodecError(str(error)) from error

    def release(self) -> None:
        if self._image is not None:
            self._image.release()
            self._image = None
        self._data = b""
