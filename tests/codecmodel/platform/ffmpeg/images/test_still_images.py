"""Still images: their pixels, colours and orientation, broken files, and files that arrive in parts."""

import contextlib
import struct
import zlib

import numpy as np
import pytest

from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.ffmpeg import ffmpeg_platform
from codecmodel.platform.ffmpeg.images.image_decoder import FFmpegImageDecoder
from codecmodel.platform.image_decoder_implementation import (
    EncodedImageFrame,
    ImageConfig,
    ImageTrackDescription,
    ImageTracks,
)
from ffbind import live_objects, load
from tests.codecmodel.platform.ffmpeg.images.images import (
    HEIGHT,
    WIDTH,
    Image,
    decoded,
    never,
    noise,
    opened,
    planes_of,
    png_chunk,
    png_with,
    rgba_of,
    saved,
    skip_if_lossless_webp_is_refused,
)

SRGB = {"primaries": "bt709", "transfer": "iec61966-2-1", "matrix": "rgb", "fullRange": True}
JFIF = {"primaries": "bt709", "transfer": "iec61966-2-1", "matrix": "smpte170m", "fullRange": True}
STILL = ImageTracks((ImageTrackDescription(False, 1),))
EXIF = {
    1: (0, False),
    2: (0, True),
    3: (180, False),
    4: (180, True),
    5: (90, True),
    6: (90, False),
    7: (270, True),
    8: (270, False),
}


def test_types() -> None:
    supports = ffmpeg_platform().supports_image_type
    for name in ("png", "apng", "jpeg", "gif", "webp", "bmp", "avif"):
        assert supports(f"image/{name}")
    assert not supports("image/svg+xml")
    assert not supports("image/tiff")
    assert not supports("video/mp4")


@pytest.mark.parametrize("mode", ["RGBA", "RGB", "L", "LA", "P", "1"])
def test_png_of_eight_bits_or_fewer(mode: str) -> None:
    image = Image.fromarray(noise(1)).convert("RGB" if mode in ("P", "1") else mode).convert(mode)
    output = decoded("image/png", saved(image, "PNG"))
    assert output.resource.color_space in (SRGB, JFIF)
    if mode == "L":
        # No copy is needed: gray is luma of full range.
        luma, u, v = planes_of(output)
        assert (luma[:, :, 0] == np.asarray(image)).all()
        assert (u == 128).all()
        assert (v == 128).all()
        return
    has_alpha = mode in ("RGBA", "LA")
    assert output.resource.format == ("RGBA" if has_alpha else "RGBX")
    assert (rgba_of(output) == np.asarray(image.convert("RGBA"))).all()


def test_png_of_sixteen_bits_is_rounded() -> None:
    samples = np.random.default_rng(2).integers(0, 65536, (HEIGHT, WIDTH, 4), np.uint16)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 16, 6, 0, 0, 0)
    chunks = png_chunk(b"IHDR", header), png_chunk(b"IDAT", zlib.compress(rows)), png_chunk(b"IEND", b"")
    output = decoded("image/png", b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    assert (rgba_of(output) == np.rint(samples / 257)).all()


@pytest.mark.parametrize("mode", ["RGB", "P", "L"])
def test_bmp(mode: str) -> None:
    image = Image.fromarray(noise(3, 3)).convert(mode)
    assert (rgba_of(decoded("image/bmp", saved(image, "BMP")))[:, :, :3] == np.asarray(image.convert("RGB"))).all()


def test_gif() -> None:
    image = Image.fromarray(noise(4, 3)).quantize(200)
    assert (rgba_of(decoded("image/gif", saved(image, "GIF"))) == np.asarray(image.convert("RGBA"))).all()


def test_webp_without_loss() -> None:
    if load().ffmpeg_version.startswith("8.0"):
        pytest.skip("FFmpeg 8.0 refuses most lossless pictures of noise, which 8.1 decodes")
    for channels, format in ((3, "RGBX"), (4, "RGBA")):
        pixels = noise(5, channels)
        output = decoded("image/webp", saved(Image.fromarray(pixels), "WEBP", lossless=True, exact=True))
        assert output.resource.format == format
        assert output.resource.color_space == SRGB
        assert (rgba_of(output)[:, :, :channels] == pixels).all()


def test_webp_with_loss_is_yuv_of_limited_range() -> None:
    pixels = np.full((HEIGHT, WIDTH, 4), (255, 0, 0, 255), np.uint8)
    pixels[:, : WIDTH // 2, 3] = 0
    output = decoded("image/webp", saved(Image.fromarray(pixels), "WEBP", quality=95, exact=True))
    assert output.resource.format == "I420A"
    assert output.resource.color_space == {**JFIF, "fullRange": False}
    luma, u, v, alpha = planes_of(output)
    assert np.abs(luma.astype(int) - 81).max() <= 2
    assert np.abs(u.astype(int) - 90).max() <= 2
    assert np.abs(v.astype(int) - 240).max() <= 2
    assert (alpha[:, :, 0] == pixels[:, :, 3]).all()
    output = decoded("image/webp", saved(Image.fromarray(pixels[:, :, :3]), "WEBP", quality=95))
    assert output.resource.format == "I420"


@pytest.mark.parametrize(("subsampling", "format"), [(0, "I444"), (1, "I422"), (2, "I420")])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_is_yuv_of_full_range(subsampling: int, format: str, progressive: bool) -> None:
    image = Image.new("RGB", (WIDTH, HEIGHT), (0, 0, 255))
    output = decoded("image/jpeg", saved(image, "JPEG", quality=95, subsampling=subsampling, progressive=progressive))
    assert output.resource.format == format
    assert output.resource.color_space == JFIF
    for plane, expected in zip(planes_of(output), (29, 255, 107), strict=True):
        assert np.abs(plane.astype(int) - expected).max() <= 1


def test_gray_and_inverted_cmyk_jpegs() -> None:
    luma, u, v = planes_of(decoded("image/jpeg", saved(Image.new("L", (WIDTH, HEIGHT), 77), "JPEG")))
    assert (luma == 77).all()
    assert (u == 128).all()
    assert (v == 128).all()
    file = saved(Image.new("CMYK", (WIDTH, HEIGHT), (0, 255, 255, 0)), "JPEG", quality=95)
    output = decoded("image/jpeg", file)
    assert output.resource.format == "RGBX"
    red, green, blue, _ = np.moveaxis(rgba_of(output), 2, 0)
    assert (green <= 2).all()
    assert (blue <= 2).all()
    assert (red >= 253).all()


@pytest.mark.parametrize("tag", range(1, 9))
def test_orientation(tag: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = tag
    image = Image.fromarray(noise(6, 3))
    for format in ("JPEG", "PNG", "WEBP"):
        output = decoded(f"image/{format.lower()}", saved(image, format, exif=exif))
        # The pixels are as stored: they are not turned.
        assert output.resource.coded_size == (WIDTH, HEIGHT)
        assert (output.rotation, output.flip) == EXIF[tag]
        assert (output.timestamp, output.duration, output.complete) == (None, None, True)


def test_colors_of_png() -> None:
    plain = saved(Image.fromarray(noise(7)), "PNG")
    p3 = struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
    other = struct.pack(">8I", 34567, 35850, 73470, 26530, 11520, 82640, 15660, 1770)
    profile = b"x\0\0" + b"whatever"
    for chunks, primaries, transfer in (
        (((b"gAMA", struct.pack(">I", 45455)), (b"cHRM", p3)), "smpte432", "iec61966-2-1"),
        (((b"gAMA", struct.pack(">I", 100000)),), "bt709", "linear"),
        (((b"cHRM", other),), None, "iec61966-2-1"),
        (((b"sRGB", b"\0"), (b"cHRM", p3)), "bt709", "iec61966-2-1"),
        (((b"iCCP", profile),), None, None),
        (((b"cICP", bytes([9, 16, 0, 1])), (b"iCCP", profile), (b"sRGB", b"\0")), "bt2020", "pq"),
    ):
        file = png_with(plain, *chunks)
        assert decoded("image/png", file).resource.color_space == {**SRGB, "primaries": primaries, "transfer": transfer}
        assert decoded("image/png", file, color_space_conversion="none").resource.color_space == SRGB


def _profile() -> bytes:
    from PIL import ImageCms

    made: bytes = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return made


def _with_tag(profile: bytes, tag: bytes, content: bytes) -> bytes:
    """The profile with other content for a tag, at the end of the profile."""
    place = profile.index(tag, 128)
    entry = struct.pack(">4sII", tag, len(profile), len(content))
    return profile[:place] + entry + profile[place + 12 :] + content


def _with_colorants(profile: bytes, *colorants: tuple[float, float, float]) -> bytes:
    for tag, xyz in zip((b"rXYZ", b"gXYZ", b"bXYZ"), colorants, strict=True):
        content = b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in xyz))
        profile = _with_tag(profile, tag, content)
    return profile


def _with_curves(profile: bytes, content: bytes) -> bytes:
    for tag in (b"rTRC", b"gTRC", b"bTRC"):
        profile = _with_tag(profile, tag, content)
    return profile


def test_colors_of_profiles() -> None:
    srgb = _profile()
    p3 = _with_colorants(srgb, (0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
    adobe = _with_colorants(srgb, (0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))
    points = np.linspace(0, 1, 1024)
    curve = np.where(points <= 0.04045, points / 12.92, ((points + 0.055) / 1.055) ** 2.4)
    table = b"curv\0\0\0\0" + struct.pack(">I1024H", 1024, *np.rint(curve * 65535).astype(int).tolist())
    cases = (
        (srgb, "bt709", "iec61966-2-1"),
        (p3, "smpte432", "iec61966-2-1"),
        (adobe, None, "iec61966-2-1"),
        (_with_curves(srgb, table), "bt709", "iec61966-2-1"),
        (_with_curves(srgb, b"curv\0\0\0\0" + struct.pack(">I", 0)), "bt709", "linear"),
        (_with_curves(srgb, b"curv\0\0\0\0" + struct.pack(">IH", 1, 0x0233)), "bt709", None),
        (_with_curves(srgb, b"para\0\0\0\0" + struct.pack(">HHi", 0, 0, 1 << 16)), "bt709", "linear"),
        (_with_tag(srgb, b"cprt", b"").replace(b"cprt", b"cicp", 1), "bt709", "iec61966-2-1"),
        (
            _with_tag(srgb, b"cprt", b"cicp\0\0\0\0" + bytes([9, 16, 0, 1])).replace(b"cprt", b"cicp", 1),
            "bt2020",
            "pq",
        ),
        (srgb[:200], None, None),
        (srgb[:16] + b"CMYK" + srgb[20:], None, None),
    )
    for profile, primaries, transfer in cases:
        for format in ("JPEG", "WEBP", "PNG", *(["AVIF"] if "AVIF" in Image.SAVE else [])):
            file = saved(Image.fromarray(noise(8, 3)), format, icc_profile=profile)
            space = decoded(f"image/{format.lower()}", file).resource.color_space
            assert space is not None
            assert (space["primaries"], space["transfer"]) == (primaries, transfer), format
            space = decoded(f"image/{format.lower()}", file, color_space_conversion="none").resource.color_space
            assert space is not None
            assert (space["primaries"], space["transfer"]) == ("bt709", "iec61966-2-1")


FORMATS = {"png": "PNG", "jpeg": "JPEG", "gif": "GIF", "webp": "WEBP", "bmp": "BMP"}


def _file(name: str) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    options = {"exif": exif} if name in ("png", "jpeg", "webp") else {}
    return saved(Image.fromarray(noise(9, 3)), FORMATS[name], **options)


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_in_parts_of_a_byte(name: str) -> None:
    file = _file(name)
    whole = decoded(f"image/{name}", file)
    decoder = FFmpegImageDecoder()
    decoder.configure(ImageConfig(f"image/{name}"))
    seen: list[str | None] = []
    for position in range(len(file)):
        decoder.append(file[position : position + 1])
        tracks = decoder.tracks()
        state = None if tracks is None else decoder.frame(0, 0).availability
        if not seen or seen[-1] != state:
            seen.append(state)
    assert seen == [None, "incomplete", "complete"]
    decoder.finish()
    assert decoder.tracks() == STILL
    assert decoder.frame(0, 1) == EncodedImageFrame("incomplete")
    output = decoder.decode(0, 0, never)
    assert (output.rotation, output.flip) == (whole.rotation, whole.flip)
    for one, other in zip(planes_of(output), planes_of(whole), strict=True):
        assert (one == other).all()
    decoder.release()


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_cut_short(name: str) -> None:
    file = _file(name)
    begins = opened(f"image/{name}", file[: len(file) * 3 // 4])
    assert begins.tracks() == STILL
    assert begins.frame(0, 0) == EncodedImageFrame("malformed")
    assert begins.frame(0, 1) == EncodedImageFrame("incomplete")
    assert opened(f"image/{name}", file[:8]).tracks() is None


@pytest.mark.parametrize("name", [*FORMATS, "avif"])
def test_something_else(name: str) -> None:
    for data in (b"this is no image at all, but text that is long enough to tell", bytes(100)):
        tracks = opened(f"image/{name}", data).tracks()
        assert tracks is not None
        assert not tracks.tracks


def test_damage_is_an_error() -> None:
    file = bytearray(_file("png"))
    file[file.index(b"IDAT") + 20] ^= 0xFF
    assert opened("image/png", bytes(file)).frame(0, 0) == EncodedImageFrame("malformed")
    before = live_objects()
    for name in FORMATS:
        if name == "bmp":
            continue
        file = bytearray(_file(name))
        place = file.index(b"IDAT") if name == "png" else len(file) // 2
        file[place + 8 : place + 60] = bytes(52)
        decoder = opened(f"image/{name}", bytes(file))
        tracks = decoder.tracks()
        if tracks and tracks.tracks and decoder.frame(0, 0).availability == "complete":
            with contextlib.suppress(CodecError):
                decoder.decode(0, 0, never).resource.release()
        decoder.release()
    assert live_objects() == before


@pytest.mark.parametrize("interlacing", [0, 1])
@pytest.mark.parametrize(("depth", "color_type", "row_bytes"), [(8, 6, 9 * 4), (4, 3, 5), (16, 2, 9 * 6)])
def test_a_png_without_all_its_rows(interlacing: int, depth: int, color_type: int, row_bytes: int) -> None:
    header = struct.pack(">IIBBBBB", 9, 7, depth, color_type, 0, 0, interlacing)
    # Adam7 of 9 × 7 pixels: passes of 2×1, 1×1, 3×1, 2×2, 5×2, 4×4 and 9×3 of them, each row after a byte of its own.
    bits = 8 * row_bytes // 9 if depth != 4 else 4
    passes = [(2, 1), (1, 1), (3, 1), (2, 2), (5, 2), (4, 4), (9, 3)] if interlacing else [(9, 7)]
    size = sum(rows * (1 + -(-columns * bits // 8)) for columns, rows in passes)
    palette = png_chunk(b"PLTE", bytes(48)) if color_type == 3 else b""
    for missing in (0, 1):
        data = zlib.compress(bytes(size - missing))
        chunks = png_chunk(b"IHDR", header), palette, png_chunk(b"IDAT", data), png_chunk(b"IEND", b"")
        decoder = opened("image/png", b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
        if missing:
            with pytest.raises(CodecError):
                decoder.decode(0, 0, never)
        else:
            decoder.decode(0, 0, never).resource.release()


def test_a_resource_outlives_the_decoder() -> None:
    pixels = noise(10)
    before = live_objects()
    output = decoded("image/png", saved(Image.fromarray(pixels), "PNG"))
    assert (planes_of(output)[0] == pixels).all()
    output.resource.release()
    assert live_objects() == before


def _with_opaque_pixels(format: str) -> bytes:
    """A file without transparency whose decoder outputs alpha."""
    image = Image.fromarray(noise(11, 3))
    if format == "PNG":
        return saved(image.quantize(200), "PNG")
    if format == "GIF":
        return saved(image.quantize(200), "GIF")
    return saved(image, "WEBP", lossless=True)


@pytest.mark.parametrize("format", ["PNG", "GIF", "WEBP"])
def test_an_image_without_transparency_has_no_alpha(format: str) -> None:
    file = _with_opaque_pixels(format)
    if format == "WEBP":
        skip_if_lossless_webp_is_refused(file)
    output = decoded(f"image/{format.lower()}", file)
    assert output.resource.format in ("RGBX", "BGRX")
    output.resource.release()
