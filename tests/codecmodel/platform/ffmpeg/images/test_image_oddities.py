"""Files that break the rules of their format, or stretch them, are decoded as browsers decode them.

The expected values are those of Chromium 156. Pillow agrees unless a comment says otherwise.
"""

import io
import struct
import zlib

import numpy as np
import pytest

from codecmodel.image_files.reader import FOREVER
from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.ffmpeg.images.image_decoder import FFmpegImageDecoder
from codecmodel.platform.image_decoder_implementation import ImageConfig, ImageTrackDescription
from tests.codecmodel.platform.ffmpeg.images import image_writers as write
from tests.codecmodel.platform.ffmpeg.images.image_writers import BLUE, GREEN, RED, GifPicture
from tests.codecmodel.platform.ffmpeg.images.images import (
    HEIGHT,
    WIDTH,
    Array,
    Image,
    all_frames,
    decoded,
    never,
    noise,
    opened,
    pixels_of,
    png_chunk,
    saved,
    skip_if_lossless_webp_is_refused,
)

TRANSPARENT = (0, 0, 0, 0)
BLACK = (0, 0, 0, 255)
COLOR_TABLE = bytes([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 0])


def track_of(type: str, file: bytes) -> ImageTrackDescription:
    decoder = opened(type, file)
    tracks = decoder.tracks()
    decoder.release()
    assert tracks is not None
    (track,) = tracks.tracks
    return track


def colors_of(type: str, file: bytes) -> list[tuple[int, ...]]:
    """The colour of each frame, which has one throughout."""
    colors = []
    for output in all_frames(type, file):
        pixels = pixels_of(output)
        assert (pixels == pixels[0, 0]).all()
        colors.append(tuple(pixels[0, 0].tolist()))
    return colors


# BMP


def _expected_alpha(header_size: int, bits: int, compression: int, has_mask: bool) -> bool:
    if compression == 0:
        return bits == 32 and header_size >= 108
    return has_mask and (header_size >= 56 or (compression == 6 and header_size == 40))


@pytest.mark.parametrize("header_size", [40, 52, 56, 108, 124])
@pytest.mark.parametrize("compression", [0, 3, 6])
@pytest.mark.parametrize("bits", [16, 32])
@pytest.mark.parametrize("has_mask", [False, True])
@pytest.mark.parametrize("alphas", [(0, 0, 0, 0, 0, 0), (0, 255, 255, 0, 255, 0)])
def test_alpha_of_bmp(header_size: int, compression: int, bits: int, has_mask: bool, alphas: tuple[int, ...]) -> None:
    if bits == 32:
        masks = (0xFF0000, 0xFF00, 0xFF, 0xFF000000 if has_mask else 0)
        words = [alpha << 24 | 200 << 16 | 20 << 8 | 10 for alpha in alphas]
        color = (200, 20, 10)
    else:
        masks = (0x7C00, 0x3E0, 0x1F, 0x8000 if has_mask else 0)
        words = [alpha >> 7 << 15 | 5 << 10 | 7 << 5 | 9 for alpha in alphas]
        color = (41, 58, 74)
    output = decoded("image/bmp", write.bmp(header_size, bits, compression, masks, words, 3))
    has_alpha = _expected_alpha(header_size, bits, compression, has_mask)
    assert output.resource.format in (("RGBA", "BGRA") if has_alpha else ("RGBX", "BGRX"))
    pixels = pixels_of(output)
    assert (pixels[:, :, :3] == color).all()
    bottom_first = pixels[::-1, :, 3].reshape(-1)
    assert bottom_first.tolist() == (list(alphas) if has_alpha else [255] * 6)


@pytest.mark.parametrize("header_size", [40, 52])
def test_a_bmp_with_a_palette(header_size: int) -> None:
    image = Image.fromarray(noise(1, 3)).quantize(16)
    file = saved(image, "BMP")
    more = header_size - 40
    begin = int.from_bytes(file[10:14], "little") + more
    file = (
        file[:10]
        + begin.to_bytes(4, "little")
        + header_size.to_bytes(4, "little")
        + file[18:54]
        + bytes(more)
        + file[54:]
    )
    assert (pixels_of(decoded("image/bmp", file)) == np.asarray(image.convert("RGBA"))).all()


# GIF


@pytest.mark.parametrize("disposal", range(8))
def test_disposal_of_gif(disposal: int) -> None:
    pictures = [
        GifPicture([0] * 12, (0, 0, 4, 3)),
        GifPicture([1] * 2, (1, 1, 2, 1), disposal),
        GifPicture([2], (3, 2, 1, 1)),
    ]
    last = pixels_of(all_frames("image/gif", write.gif(pictures, 4, 3, COLOR_TABLE))[2])
    left = TRANSPARENT if disposal == 2 else RED if disposal in (3, 4) else GREEN
    expected = np.full((3, 4, 4), RED, np.uint8)
    expected[1, 1:3] = left
    expected[2, 3] = BLUE
    assert (last == expected).all()


def test_a_gif_without_a_colour_table_is_black() -> None:
    # Pillow makes a ramp of grays instead.
    pixels = [0, 1, 2, 3] * 3
    assert colors_of("image/gif", write.gif([GifPicture(pixels, (0, 0, 4, 3))], 4, 3)) == [BLACK]
    with_transparency = write.gif([GifPicture(pixels, (0, 0, 4, 3), transparent=1)], 4, 3)
    alpha = pixels_of(decoded("image/gif", with_transparency))[:, :, 3]
    assert (alpha == [255, 0, 255, 255]).all()
    second_has_none = [
        GifPicture(pixels, (0, 0, 4, 3), color_table=bytes([9, 8, 7] * 4)),
        GifPicture(pixels, (0, 0, 4, 3)),
    ]
    assert colors_of("image/gif", write.gif(second_has_none, 4, 3)) == [(9, 8, 7, 255), BLACK]


@pytest.mark.parametrize("size", [(0, 0), (0, 2), (2, 0)])
@pytest.mark.parametrize("pixels", [[], [1] * 12])
def test_a_gif_with_an_empty_image(size: tuple[int, int], pixels: list[int]) -> None:
    # Pillow refuses these.
    empty = GifPicture(pixels, (1, 1, *size), 2)
    whole = GifPicture([0] * 12, (0, 0, 4, 3))
    assert colors_of("image/gif", write.gif([whole, empty, whole], 4, 3, COLOR_TABLE)) == [RED, RED, RED]
    assert colors_of("image/gif", write.gif([empty, whole], 4, 3, COLOR_TABLE)) == [TRANSPARENT, RED]
    assert colors_of("image/gif", write.gif([empty], 4, 3, COLOR_TABLE)) == [TRANSPARENT]


# PNG


@pytest.mark.parametrize(
    ("declared", "colors"),
    [(1, [RED]), (2, [RED, GREEN]), (3, [RED, GREEN, BLUE]), (5, [RED, GREEN, BLUE]), (0, [RED])],
)
def test_frames_of_apng_are_those_that_are_there(declared: int, colors: list[tuple[int, ...]]) -> None:
    file = write.png(
        write.animation_control(declared),
        write.frame_control(0),
        write.image_data(RED),
        write.frame_control(1),
        write.frame_data(2, GREEN),
        write.frame_control(3),
        write.frame_data(4, BLUE),
    )
    is_animated = declared > 1
    assert track_of("image/png", file) == ImageTrackDescription(is_animated, len(colors), FOREVER if is_animated else 0)
    assert colors_of("image/png", file) == colors


def test_frames_of_apng_are_counted_while_they_arrive() -> None:
    first = write.animation_control(5) + write.frame_control(0) + write.image_data(RED)
    second = write.frame_control(1) + write.frame_data(2, GREEN)
    file = write.png(first, second)
    decoder = FFmpegImageDecoder()
    decoder.configure(ImageConfig("image/png"))
    seen: list[int | None] = []
    for position in range(len(file)):
        decoder.append(file[position : position + 1])
        tracks = decoder.tracks()
        count = None if tracks is None else tracks.tracks[0].frame_count
        if not seen or seen[-1] != count:
            seen.append(count)
    decoder.finish()
    assert seen == [None, 1, 2]
    assert [decoder.frame(0, index).availability for index in range(3)] == ["complete", "complete", "incomplete"]
    decoder.release()


def test_the_default_image_of_apng() -> None:
    default, control = write.image_data(RED), write.animation_control
    frame = write.frame_control(0) + write.frame_data(1, GREEN)
    # Pillow counts the default image as well.
    assert colors_of("image/png", write.png(control(2), default, frame)) == [GREEN]
    assert colors_of("image/png", write.png(control(1), default, frame)) == [GREEN]
    # Without any frame, the default image is shown by Chromium's <img>. Its ImageDecoder finds no frame.
    for declared in (1, 2):
        alone = write.png(control(declared), default)
        assert track_of("image/png", alone) == ImageTrackDescription(False, 1)
        assert colors_of("image/png", alone) == [RED]
    # acTL has to come before it.
    assert colors_of("image/png", write.png(default, control(2), frame)) == [RED]
    # A frame without data does not count.
    file = write.png(control(2), write.frame_control(0), default, write.frame_control(1))
    assert track_of("image/png", file) == ImageTrackDescription(True, 1, FOREVER)


def test_a_single_frame_of_apng_may_be_smaller_than_the_image() -> None:
    file = write.png(
        write.animation_control(1),
        write.image_data(RED),
        write.frame_control(0, 2, 1),
        write.frame_data(1, GREEN, 2, 1),
    )
    pixels = pixels_of(decoded("image/png", file))
    assert pixels.tolist() == [[list(GREEN), list(GREEN), [0] * 4], [[0] * 4] * 3]


@pytest.mark.parametrize("interlacing", [0, 1])
@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_a_transparent_gray(depth: int, interlacing: int) -> None:
    # Pillow ignores it if there are two or four bits.
    last = (1 << depth) - 1
    header = struct.pack(">IIBBBBB", 8 // depth, 1, depth, 0, 0, 0, interlacing)
    row = 0b10110100
    # Interlaced, a row is in passes 1, 2, 4 and 6.
    values = [row >> 8 - depth * (number + 1) & last for number in range(8 // depth)]
    passes = [values[0::8], values[4::8], values[2::4], values[1::2]] if interlacing else [values]
    rows = b""
    for part in passes:
        if part:
            bits = sum(value << 8 - depth * (place + 1) for place, value in enumerate(part))
            rows += bytes([0, bits])
    chunks = png_chunk(b"tRNS", struct.pack(">H", values[0])), png_chunk(b"IDAT", zlib.compress(rows))
    file = write.PNG_SIGNATURE + png_chunk(b"IHDR", header) + b"".join(chunks) + png_chunk(b"IEND", b"")
    output = decoded("image/png", file)
    assert output.resource.format == "RGBA"
    expected = [[value * 255 // last] * 3 + [0 if value == values[0] else 255] for value in values]
    assert pixels_of(output)[0].tolist() == expected


# Exif


@pytest.mark.parametrize(("first", "rotation"), [(exif, rotation) for exif, rotation in [(6, 90), (8, 270), (None, 0)]])
def test_the_first_exif_counts(first: int | None, rotation: float) -> None:
    ours, other = write.exif(first), write.exif(3)
    signature = b"Exif\0\0"
    picture = Image.fromarray(noise(2, 3))
    file = saved(picture, "JPEG")
    segments = write.jpeg_segment(0xE1, signature + ours) + write.jpeg_segment(0xE1, signature + other)
    assert decoded("image/jpeg", file[:2] + segments + file[2:]).rotation == rotation
    png = write.png(png_chunk(b"eXIf", ours), png_chunk(b"eXIf", other), write.image_data(RED))
    assert decoded("image/png", png).rotation == rotation
    header, *chunks = write.webp_chunks(saved(picture, "WEBP", exif=signature + ours))
    assert decoded("image/webp", write.webp(header, *chunks, (b"EXIF", other))).rotation == rotation


def test_broken_exif_is_the_first_all_the_same() -> None:
    file = saved(Image.fromarray(noise(2, 3)), "JPEG")
    segments = write.jpeg_segment(0xE1, b"Exif\0\0broken") + write.jpeg_segment(0xE1, b"Exif\0\0" + write.exif(6))
    assert decoded("image/jpeg", file[:2] + segments + file[2:]).rotation == 0


# JPEG


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("stray", [b"\0\0\0", b"\x12\xff\0\x34", b"\xff\xff", b"ab"])
def test_stray_bytes_before_any_marker_of_a_jpeg(stray: bytes, progressive: bool) -> None:
    file = saved(Image.fromarray(noise(3, 3)), "JPEG", progressive=progressive)
    expected = pixels_of(decoded("image/jpeg", file))
    # One before each segment. Pillow wants a marker right at the beginning.
    result = file[:2] + b"".join(
        stray
        + (b"\xff\xda" + file[file.index(b"\xff\xda") + 2 :] if marker == 0xDA else write.jpeg_segment(marker, content))
        for marker, content in write.jpeg_parts(file)
    )
    assert (pixels_of(decoded("image/jpeg", result)) == expected).all()


def _color(file: bytes) -> Array:
    color: Array = pixels_of(decoded("image/jpeg", file))[3, 5]
    return color


@pytest.mark.parametrize("identifiers", [b"\1\2\3", b"\0\1\2", b"RGB", b"BGR"])
@pytest.mark.parametrize("transform", [None, 0, 1, 2])
@pytest.mark.parametrize("jfif", [False, True])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_three_components_of_a_jpeg(identifiers: bytes, transform: int | None, jfif: bool, subsampling: int) -> None:
    plain = saved(Image.new("RGB", (16, 8), (200, 30, 90)), "JPEG", quality=95, subsampling=subsampling)
    file = write.jpeg_with_components(plain, identifiers, jfif=jfif, transform=transform)
    is_rgb = not jfif and (transform == 0 or (transform is None and identifiers == b"RGB"))
    expected = (88, 129, 208, 255) if is_rgb else (200, 30, 90, 255)
    assert np.abs(_color(file).astype(int) - expected).max() <= 1


@pytest.mark.parametrize("identifiers", [b"\1\2\3\4", b"\0\1\2\3", b"CMYK"])
@pytest.mark.parametrize("transform", [None, 0, 1, 2])
@pytest.mark.parametrize("jfif", [False, True])
@pytest.mark.parametrize("subsampling", [0, 2])
def test_four_components_of_a_jpeg(identifiers: bytes, transform: int | None, jfif: bool, subsampling: int) -> None:
    plain = saved(Image.new("CMYK", (16, 8), (200, 30, 90, 60)), "JPEG", quality=95, subsampling=subsampling)
    file = write.jpeg_with_components(plain, identifiers, jfif=jfif, transform=transform)
    with Image.open(io.BytesIO(file)) as image:
        assert np.abs(_color(file).astype(int) - image.convert("RGBA").getpixel((5, 3))).max() <= 1
    expected = (113, 195, 21, 255) if transform else (42, 172, 126, 255)
    assert np.abs(_color(file).astype(int) - expected).max() <= 1
    assert decoded("image/jpeg", file).resource.format == "RGBX"


@pytest.mark.parametrize(
    ("frame", "words"),
    [(marker, "arithmetic coding is not supported") for marker in (0xC9, 0xCA, 0xCB)]
    + [(marker, "hierarchical JPEG is not supported") for marker in (0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF)],
)
def test_kinds_of_jpeg_that_ffmpeg_does_not_have(frame: int, words: str) -> None:
    file = saved(Image.fromarray(noise(4, 3)), "JPEG")
    place = file.index(b"\xff\xc0")
    decoder = opened("image/jpeg", file[:place] + bytes([0xFF, frame]) + file[place + 2 :])
    with pytest.raises(CodecError, match=words):
        decoder.decode(0, 0, never)
    decoder.release()


# WebP


def _without_alpha_flag(file: bytes) -> bytes:
    """The file with a header that declares no alpha. The header may have declared alpha before."""
    chunks = [(kind, content) for kind, content in write.webp_chunks(file) if kind != b"VP8X"]
    flags = next((content[0] for kind, content in write.webp_chunks(file) if kind == b"VP8X"), 0)
    header = bytes([flags & ~0x10, 0, 0, 0, WIDTH - 1, 0, 0, HEIGHT - 1, 0, 0])
    return write.webp((b"VP8X", header), *chunks)


@pytest.mark.parametrize("lossless", [False, True])
def test_a_webp_whose_header_says_no_alpha_is_opaque(lossless: bool) -> None:
    file = saved(Image.fromarray(noise(5)), "WEBP", lossless=lossless, exact=True)
    skip_if_lossless_webp_is_refused(file)
    output = decoded("image/webp", _without_alpha_flag(file))
    assert output.resource.format == ("RGBX" if lossless else "I420")
    opaque, transparent = pixels_of(output), pixels_of(decoded("image/webp", file))
    assert (transparent[:, :, 3] == noise(5)[:, :, 3]).all()
    assert (opaque[:, :, :3] == transparent[:, :, :3]).all()
    assert (opaque[:, :, 3] == 255).all()


@pytest.mark.parametrize("lossless", [False, True])
def test_an_animated_webp_whose_header_says_no_alpha_is_opaque(lossless: bool) -> None:
    pictures = [Image.fromarray(noise(seed)) for seed in (6, 7)]
    file = saved(pictures[0], "WEBP", save_all=True, append_images=pictures[1:], lossless=lossless, exact=True)
    skip_if_lossless_webp_is_refused(file)
    outputs = all_frames("image/webp", _without_alpha_flag(file))
    assert [output.resource.format for output in outputs] == ["RGBX"] * 2
    first, second = (pixels_of(output) for output in outputs)
    assert (first[:, :, 3] == 255).all()
    assert (second[:, :, 3] == 255).all()
    if lossless:
        assert (first[:, :, :3] == noise(6)[:, :, :3]).all()
