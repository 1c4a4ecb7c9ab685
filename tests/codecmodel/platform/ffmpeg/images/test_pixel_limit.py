"""Pictures beyond the limit on their size are refused before memory is taken for them."""

import struct

import pytest

from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.ffmpeg import FFmpegPlatform
from codecmodel.platform.ffmpeg.images import avif_samples, raster
from codecmodel.platform.ffmpeg.images.image_decoder import FFmpegImageDecoder
from codecmodel.platform.ffmpeg.pixel_limit import DEFAULT_MAXIMUM_PIXELS, PixelLimit
from codecmodel.platform.image_decoder_implementation import ImageConfig
from tests.codecmodel.platform.ffmpeg.images import image_writers as write
from tests.codecmodel.platform.ffmpeg.images.image_writers import GifPicture
from tests.codecmodel.platform.ffmpeg.images.images import HEIGHT, WIDTH, Image, never, noise, png_chunk, saved

FORMATS = ["PNG", "JPEG", "GIF", "WEBP", "BMP", *(["AVIF"] if "AVIF" in Image.SAVE else [])]


def _decode(decoder: FFmpegImageDecoder, type: str, file: bytes) -> None:
    decoder.configure(ImageConfig(type))
    decoder.append(file)
    decoder.finish()
    try:
        decoder.decode(0, 0, never).resource.release()
    finally:
        decoder.release()


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("is_animated", [False, True])
def test_an_image_may_have_as_many_pixels_as_the_limit_says(
    format: str, is_animated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_animated and format in ("JPEG", "BMP"):
        pytest.skip("the format has no animations")
    options = {"save_all": True, "append_images": [Image.fromarray(noise(2, 3))]} if is_animated else {}
    file = saved(Image.fromarray(noise(1, 3)), format, **options)
    type = f"image/{format.lower()}"
    _decode(FFmpegPlatform(maximum_pixels=WIDTH * HEIGHT).new_image_decoder(), type, file)

    def no_decoder(*arguments: object, **options: object) -> None:
        raise AssertionError("the limit comes before the decoder")

    monkeypatch.setattr(raster, "Decoder", no_decoder)
    monkeypatch.setattr(avif_samples, "Decoder", no_decoder)
    with pytest.raises(CodecError, match=f"{WIDTH} × {HEIGHT} pixels are more than the limit, which is 383"):
        _decode(FFmpegPlatform(maximum_pixels=WIDTH * HEIGHT - 1).new_image_decoder(), type, file)


def test_a_small_file_of_a_huge_image() -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 6, 0, 0, 0)
    data = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", b"") + png_chunk(b"IEND", b"")
    with pytest.raises(CodecError, match=f"60000 × 60000 .* {DEFAULT_MAXIMUM_PIXELS}"):
        _decode(FFmpegImageDecoder(), "image/png", write.PNG_SIGNATURE + data)
    pictures = [GifPicture([0], (0, 0, 1, 1)), GifPicture([1], (0, 0, 1, 1))]
    with pytest.raises(CodecError, match=f"65535 × 65535 .* {DEFAULT_MAXIMUM_PIXELS}"):
        _decode(FFmpegImageDecoder(), "image/gif", write.gif(pictures, 65_535, 65_535, bytes(12)))


def test_where_headers_lie_the_bitstream_counts() -> None:
    file = bytearray(saved(Image.fromarray(noise(1, 3)), "AVIF")) if "AVIF" in Image.SAVE else None
    if file is None:
        pytest.skip("this Pillow has no AVIF")
    place = file.index(b"ispe") + 8
    file[place : place + 8] = struct.pack(">II", 1, 1)
    with pytest.raises(CodecError, match="24 × 16 pixels are more than the limit"):
        _decode(FFmpegImageDecoder(PixelLimit(WIDTH * HEIGHT - 1)), "image/avif", bytes(file))


def test_a_limit_is_at_least_a_pixel() -> None:
    with pytest.raises(ValueError, match="at least one pixel"):
        FFmpegPlatform(maximum_pixels=0)
    assert PixelLimit(2**40).allows(2**20, 2**20)
