"""Conversion to RGB (§ 9.4.6), of every format, size, rectangle and colour space, against a reference."""

import asyncio
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ffbind
from codecmodel.platform.ffmpeg.resources import FFmpegVideoResource
from codecmodel.raw_media.color_space import VideoColorSpaceInit, VideoMatrixCoefficients
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS, VideoPixelFormat
from codecmodel.raw_media.plane_layout import PlaneLayout
from codecmodel.raw_media.rgb.conversion import RGBFormat, convert_to_rgb, rgb_array
from codecmodel.raw_media.rgb.source_picture import Region
from codecmodel.raw_media.video_frame import VideoFrame, create_a_video_frame
from codecmodel.raw_media.video_frame_conversion import ConvertedVideoResource, rendered, source_picture
from codecmodel.raw_media.video_frame_copy import VideoFrameCopyToOptions
from codecmodel.raw_media.video_frame_init import VideoFrameBufferInit
from tests.codecmodel.raw_media import colour_reference as reference
from tests.codecmodel.raw_media.raw_media_resources import RecordedVideo, random_bytes

YCBCR_FORMATS = [name for name, format in PIXEL_FORMATS.items() if not format.is_rgb]
RGB_FORMATS: list[RGBFormat] = ["RGBA", "RGBX", "BGRA", "BGRX"]
REC709: VideoColorSpaceInit = {"primaries": "bt709", "transfer": "bt709", "matrix": "bt709", "fullRange": False}


def noise(format: VideoPixelFormat, width: int, height: int, seed: int, padding: int = 0) -> list[tuple[bytes, int]]:
    """Planes of a format, each with the bytes between its rows."""
    planes = []
    for index, (_, size, sub_width, sub_height) in enumerate(PIXEL_FORMATS[format].planes):
        columns, rows = -(-width // sub_width), -(-height // sub_height)
        stride = columns * size + padding
        data = np.frombuffer(random_bytes(rows * stride, seed + index), np.uint8).copy()
        if PIXEL_FORMATS[format].bit_depth > 8:
            data[1::2] &= (1 << PIXEL_FORMATS[format].bit_depth >> 8) - 1
        planes.append((data.tobytes(), stride))
    return planes


def samples_of(
    format: VideoPixelFormat, planes: list[tuple[bytes, int]], width: int, height: int
) -> list[reference.Floats]:
    """Components in the order of the format, each a float64 array."""
    description = PIXEL_FORMATS[format]
    kind = np.dtype("u1" if description.bit_depth == 8 else "<u2")
    components = []
    for (data, stride), (names, size, sub_width, sub_height) in zip(planes, description.planes, strict=True):
        rows, columns = -(-height // sub_height), -(-width // sub_width)
        plane = np.frombuffer(data, np.uint8).reshape(rows, stride)[:, : columns * size]
        pixels = np.ascontiguousarray(plane).view(kind).reshape(rows, columns, len(names))
        components += [pixels[..., index].astype(float) for index in range(len(names))]
    return components


def expected(
    frame: VideoFrame,
    planes: list[tuple[bytes, int]],
    format: VideoPixelFormat,
    rect: Region,
    target: str | None,
    location: str | None,
) -> reference.Floats:
    """The pixels of ``rect`` in ``target``, as the reference converts them: R, G, B, A."""
    assert frame.format is not None
    description = PIXEL_FORMATS[frame.format]
    components = samples_of(format, planes, frame.codedWidth, frame.codedHeight)
    space: dict[str, Any] = {name: value for name, value in frame.colorSpace.toJSON().items() if value is not None}
    shown = frame.visibleRect
    assert shown is not None
    visible = Region(*(int(n) for n in (shown.x, shown.y, shown.right, shown.bottom)))
    bounds = visible if visible.contains(rect) else Region(0, 0, frame.codedWidth, frame.codedHeight)
    rows, columns = np.arange(rect.top, rect.bottom), np.arange(rect.left, rect.right)
    if description.is_rgb:
        names = description.planes[0].components
        pixels = np.stack([components[names.index(name)] for name in "RGB"], -1)[np.ix_(rows, columns)]
        full_range = space.get("fullRange", True)
        signal = pixels / 255 if full_range else (pixels - 16) / 219
        transfer = space.get("transfer", "iec61966-2-1")
        alpha = components[3][np.ix_(rows, columns)] / 255
    else:
        sub_width, sub_height = description.planes[1].sample_width, description.planes[1].sample_height
        x, y = reference.LOCATIONS[location]
        upsampled = [components[0][np.ix_(rows, columns)]]
        for chroma in components[1:3]:
            top, left = bounds.top // sub_height, bounds.left // sub_width
            cut = chroma[top : -(-bounds.bottom // sub_height), left : -(-bounds.right // sub_width)]
            tall = reference.interpolated(
                cut,
                0,
                sub_height,
                (y if sub_height == 2 else 0) + top * sub_height,
                rows if sub_height == 2 else rows - top,
            )
            wide = reference.interpolated(
                tall,
                1,
                sub_width,
                (x if sub_width == 2 else 0) + left * sub_width,
                columns if sub_width == 2 else columns - left,
            )
            upsampled.append(wide)
        matrix = space.get("matrix", "bt709")
        full_range = space.get("fullRange", matrix == "rgb")
        signal = reference.rgb_of_ycbcr(np.stack(upsampled, -1), matrix, full_range, description.bit_depth)
        transfer = space.get("transfer", "bt709")
        if description.has_alpha:
            alpha = components[3][np.ix_(rows, columns)] / (2**description.bit_depth - 1)
    if not description.has_alpha:
        alpha = np.ones(signal.shape[:2])
    primaries = space.get("primaries", "bt709")
    converted = np.clip(signal, 0, 1) if target is None else reference.encoded(signal, primaries, transfer, target)
    return np.dstack([converted, alpha])


def copied(
    frame: VideoFrame, format: VideoPixelFormat, offset: int = 0, stride: int | None = None, **options: Any
) -> reference.Floats:
    """Pixels as copyTo() puts them into a buffer. It must leave the rest of the buffer as it is."""
    if stride is not None:
        options["layout"] = [{"offset": offset, "stride": stride}]
    chosen = cast("VideoFrameCopyToOptions", {"format": format, **options})
    size = frame.allocationSize(chosen)
    destination = bytearray(b"\xee" * (size + 3))

    async def main() -> list[PlaneLayout]:
        return await frame.copyTo(destination, chosen)

    (layout,) = asyncio.run(main())
    rows = []
    view = memoryview(destination)
    assert frame.visibleRect is not None
    width = int(options["rect"]["width"]) if "rect" in options else int(frame.visibleRect.width)
    expected_rest = bytearray(b"\xee" * len(destination))
    for start in range(layout["offset"], size, layout["stride"]):
        rows.append(np.frombuffer(view[start : start + 4 * width].tobytes(), np.uint8).reshape(width, 4))
        expected_rest[start : start + 4 * width] = destination[start : start + 4 * width]
    assert destination == expected_rest
    return np.array(rows)


def in_order(rgba: reference.Floats, format: str) -> reference.Floats:
    """As RGBA has it, from the order of a format."""
    return rgba[..., [2, 1, 0, 3]] if format.startswith("BGR") else rgba


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    format = draw(st.sampled_from(list(PIXEL_FORMATS)))
    width, height = draw(st.integers(1, 40)), draw(st.integers(1, 20))
    _, _, sub_width, sub_height = PIXEL_FORMATS[format].planes[min(1, len(PIXEL_FORMATS[format].planes) - 1)]

    def rectangle(within: Region) -> Region:
        left = draw(st.integers(0, (within.width - 1) // sub_width)) * sub_width + within.left
        top = draw(st.integers(0, (within.height - 1) // sub_height)) * sub_height + within.top
        return Region(left, top, draw(st.integers(left + 1, within.right)), draw(st.integers(top + 1, within.bottom)))

    coded = Region(0, 0, width, height)
    visible = rectangle(coded) if draw(st.booleans()) else coded
    within = draw(st.sampled_from([None, visible, coded]))
    return {
        "format": format,
        "size": (width, height),
        "visible": visible,
        "rect": None if within is None else rectangle(within),
        "location": draw(st.sampled_from(list(reference.LOCATIONS))),
        "padding": draw(st.sampled_from([0, 2, 6])),
        "space": {
            "primaries": draw(st.sampled_from([None, *reference.PRIMARIES])),
            "transfer": draw(st.sampled_from([None, "bt709", "smpte170m", "iec61966-2-1", "linear", "pq", "hlg"])),
            "matrix": draw(st.sampled_from([None, *reference.LUMA, "rgb"])),
            "fullRange": draw(st.sampled_from([None, False, True])),
        },
        "target": draw(st.sampled_from(["srgb", "display-p3"])),
        "to": draw(st.sampled_from(RGB_FORMATS)),
        "offset": draw(st.integers(0, 9)),
        "gap": draw(st.none() | st.integers(0, 9)),
        "seed": draw(st.integers(0, 1000)),
    }


@settings(max_examples=120, deadline=None)
@given(cases())
def test_copies_are_within_one_code_value(case: dict[str, Any]) -> None:
    format, (width, height), visible = case["format"], case["size"], case["visible"]
    planes = noise(format, width, height, case["seed"], case["padding"])
    resource = RecordedVideo(
        format,
        (width, height),
        planes,
        (visible.left, visible.top, visible.width, visible.height),
        chroma_location=case["location"],
    )
    frame = create_a_video_frame(resource, 0, color_space=case["space"])
    rect = case["rect"] or visible
    options = {"colorSpace": case["target"]}
    if case["rect"]:
        options["rect"] = {"x": rect.left, "y": rect.top, "width": rect.width, "height": rect.height}
    stride = None if case["gap"] is None else 4 * rect.width + case["gap"]
    pixels = copied(frame, case["to"], case["offset"], stride, **options)
    exact = expected(frame, planes, format, rect, case["target"], case["location"])
    if not PIXEL_FORMATS[case["to"]].has_alpha:
        exact[..., 3] = 1
    difference = np.abs(in_order(pixels, case["to"]).astype(int) - reference.code_values(exact))
    assert difference[..., :3].max() <= 1
    assert difference[..., 3].max() == 0
    frame.close()
    assert resource.released == 1


def flat(
    format: VideoPixelFormat,
    colour: tuple[int, ...],
    color_space: VideoColorSpaceInit | None = REC709,
    size: tuple[int, int] = (4, 4),
) -> VideoFrame:
    """A frame of one colour: a value for each component of the format."""
    width, height = size
    description = PIXEL_FORMATS[format]
    sample = np.dtype("u1" if description.bit_depth == 8 else "<u2")
    data, values = b"", list(colour)
    for names, _, sub_width, sub_height in description.planes:
        count = -(-width // sub_width) * -(-height // sub_height)
        data += np.array([values[: len(names)]] * count, sample).tobytes()
        del values[: len(names)]
    init: VideoFrameBufferInit = {
        "format": format,
        "codedWidth": width,
        "codedHeight": height,
        "timestamp": 0,
    }
    if color_space is not None:
        init["colorSpace"] = color_space
    return VideoFrame(data, init)


def colour_of(frame: VideoFrame, format: VideoPixelFormat = "RGBA", **options: Any) -> tuple[int, ...]:
    pixels = copied(frame, format, **options).reshape(-1, 4)
    assert (pixels == pixels[0]).all()
    return tuple(pixels[0].tolist())


SMPTE170M: VideoColorSpaceInit = {
    "primaries": "bt709",
    "transfer": "smpte170m",
    "matrix": "smpte170m",
    "fullRange": False,
}
BT2020: VideoColorSpaceInit = {"primaries": "bt2020", "transfer": "bt709", "matrix": "bt2020-ncl", "fullRange": False}


# Bars of 75 % and 100 %, as the standards have them; and (120, 100, 170), worked out by hand.
@pytest.mark.parametrize(
    ("format", "colour", "space", "rgb"),
    [
        ("I420", (235, 128, 128), REC709, (255, 255, 255)),
        ("I420", (16, 128, 128), REC709, (0, 0, 0)),
        ("I420", (180, 128, 128), REC709, (191, 191, 191)),
        ("I420", (168, 44, 136), REC709, (191, 191, 0)),
        ("I420", (63, 102, 240), REC709, (255, 1, 0)),
        ("I420", (32, 240, 118), REC709, (1, 0, 255)),
        ("I420", (81, 90, 240), SMPTE170M, (254, 0, 0)),
        ("I420", (41, 240, 110), SMPTE170M, (0, 0, 255)),
        ("I420", (120, 100, 170), REC709, (196, 105, 62)),
        ("I420", (120, 100, 170), REC709 | {"fullRange": True}, (186, 106, 68)),
        ("I420", (120, 100, 170), SMPTE170M, (188, 98, 65)),
        ("I420", (120, 100, 170), SMPTE170M | {"matrix": "bt470bg", "fullRange": True}, (179, 100, 70)),
        ("I444", (120, 100, 170), BT2020 | {"primaries": "bt709"}, (192, 99, 61)),
        ("NV12", (120, 100, 170), REC709, (196, 105, 62)),
        ("I422P10", (480, 400, 680), REC709, (196, 105, 62)),
        ("I444P12", (1920, 1600, 2720), REC709, (196, 105, 62)),
        ("I444", (30, 20, 10), {"matrix": "rgb", "fullRange": True}, (10, 30, 20)),
        ("I444", (30, 20, 10), {"matrix": "rgb"}, (10, 30, 20)),
        ("I444", (126, 16, 235), {"matrix": "rgb", "fullRange": False}, (255, 128, 0)),
        ("RGBA", (126, 16, 235, 255), {"fullRange": False}, (128, 0, 255)),
    ],
)
def test_known_colours(
    format: VideoPixelFormat, colour: tuple[int, ...], space: VideoColorSpaceInit, rgb: tuple[int, ...]
) -> None:
    assert colour_of(flat(format, colour, space)) == (*rgb, 255)


def test_what_is_not_known_of_a_color_space() -> None:
    assert colour_of(flat("I420", (120, 100, 170), {})) == (196, 105, 62, 255)
    assert colour_of(flat("I420", (120, 100, 170), {"matrix": "smpte170m"})) == (188, 98, 65, 255)
    assert colour_of(flat("RGBX", (1, 2, 3, 4), {})) == (1, 2, 3, 255)
    # A matrix has no meaning for a format of red, green and blue.
    assert colour_of(flat("RGBX", (1, 2, 3, 4), {"matrix": "bt709", "transfer": "bt709"})) == (1, 2, 3, 255)


@pytest.mark.parametrize("matrix", list(reference.LUMA))
@pytest.mark.parametrize("format", ["I420", "I444P10", "I420P12"])
def test_gray_is_gray(format: VideoPixelFormat, matrix: VideoMatrixCoefficients) -> None:
    depth = PIXEL_FORMATS[format].bit_depth
    for value in range(0, 1 << depth, 1 << (depth - 6)):
        for full_range in (False, True):
            frame = flat(
                format,
                (value, 128 << (depth - 8), 128 << (depth - 8)),
                REC709 | {"matrix": matrix, "fullRange": full_range},
                (2, 2),
            )
            luma = value / (2**depth - 1) if full_range else (value / 2 ** (depth - 8) - 16) / 219
            red, green, blue, _ = rgb_array(source_picture(frame), Region(0, 0, 2, 2), "RGBA", "srgb")[0, 0].tolist()
            assert red == green == blue
            assert abs(red - max(0, min(255, round(luma * 255)))) <= 1


def test_every_sample_beyond_white_and_black() -> None:
    """No sum of luma and chroma wraps around."""
    values = np.array([0, 16, 128, 235, 255], np.uint8)
    y, u, v = (grid.reshape(5, 25) for grid in np.meshgrid(values, values, values, indexing="ij"))
    for matrix in reference.LUMA:
        for full_range in (False, True):
            space = cast("VideoColorSpaceInit", REC709 | {"matrix": matrix, "fullRange": full_range})
            init: VideoFrameBufferInit = {
                "format": "I444",
                "codedWidth": 25,
                "codedHeight": 5,
                "timestamp": 0,
                "colorSpace": space,
            }
            frame = VideoFrame(np.stack([y, u, v]), init)
            signal = reference.rgb_of_ycbcr(np.stack([y, u, v], -1).astype(float), matrix, full_range, 8)
            difference = copied(frame, "RGBA")[..., :3].astype(int) - reference.code_values(np.clip(signal, 0, 1))
            assert np.abs(difference).max() <= 1


def test_bits_above_the_depth_are_ignored() -> None:
    clean, dirty = (0x1E0, 0x190, 0x2A8, 0x155), (0xFDE0, 0x0590, 0xAEA8, 0xFD55)
    assert colour_of(flat("I420AP10", clean)) == colour_of(flat("I420AP10", dirty)) == (196, 105, 62, 85)
    pq = REC709 | {"transfer": "pq"}
    assert colour_of(flat("I420AP10", clean, pq)) == colour_of(flat("I420AP10", dirty, pq))


def test_alpha_is_kept_or_made_opaque() -> None:
    formats: list[VideoPixelFormat] = ["RGBA", "BGRA"]
    for format in formats:
        assert colour_of(flat("I420A", (235, 128, 128, 77)), format) == (255, 255, 255, 77)
        assert colour_of(flat("I444AP12", (3760, 2048, 2048, 2047)), format) == (255, 255, 255, 127)
    assert colour_of(flat("I420A", (235, 128, 128, 77)), "RGBX") == (255, 255, 255, 255)
    assert colour_of(flat("RGBA", (1, 2, 3, 4), None), "BGRA") == (3, 2, 1, 4)
    assert colour_of(flat("BGRA", (1, 2, 3, 4), None), "BGRX") == (1, 2, 3, 255)
    opaque = VideoFrame(flat("I420A", (235, 128, 128, 77)), {"alpha": "discard"})
    assert colour_of(opaque, "RGBA") == (255, 255, 255, 255)


def test_display_p3() -> None:
    """Numbers that web-platform-tests have, from Skia."""
    frame = flat("RGBA", (50, 100, 150, 255), None)
    assert colour_of(frame, colorSpace="display-p3") == (62, 99, 146, 255)
    back = flat("RGBA", (62, 99, 146, 255), {"primaries": "smpte432", "transfer": "iec61966-2-1"})
    assert colour_of(back) == (49, 100, 150, 255)
    # A colour that sRGB cannot show is clipped.
    assert colour_of(flat("RGBX", (0, 255, 0, 0), {"primaries": "smpte432"})) == (0, 255, 0, 255)
    assert colour_of(flat("RGBX", (255, 0, 0, 0), None), "BGRX", colorSpace="display-p3") == (35, 51, 234, 255)


def test_transfer_characteristics() -> None:
    # Half the light.
    assert colour_of(flat("RGBX", (128, 128, 128, 0), {"transfer": "linear"})) == (188, 188, 188, 255)
    # Video's own transfer is shown unchanged.
    assert colour_of(flat("RGBX", (128, 60, 9, 0), {"transfer": "bt709"})) == (128, 60, 9, 255)
    # The reference white of HDR, 203 cd/m², is 58 % in PQ and 75 % in HLG; beyond it all is white.
    for transfer, white in (("pq", 0.5807), ("hlg", 0.75)):
        space = cast("VideoColorSpaceInit", BT2020 | {"transfer": transfer, "fullRange": True})
        code = round(white * 4095)
        red, green, blue, _ = colour_of(flat("I444P12", (code, 2048, 2048), space))
        assert 254 <= red == green == blue
        assert colour_of(flat("I444P12", (code - 100, 2048, 2048), space))[0] < 250
        assert colour_of(flat("I444P12", (4095, 2048, 2048), space)) == (255, 255, 255, 255)
        assert colour_of(flat("I444P12", (0, 2048, 2048), space)) == (0, 0, 0, 255)


def test_hdr_images_of_web_platform_tests() -> None:
    """The samples in the corners of their four-colors AVIF images, which are to be pure colours, give or take 3."""
    corners = {
        (962, 0, 553): (255, 255, 0),
        (269, 369, 1023): (255, 0, 0),
        (61, 1023, 471): (0, 0, 255),
        (694, 143, 42): (0, 255, 0),
    }
    for transfer in ("pq", "hlg"):
        space: VideoColorSpaceInit = BT2020 | {"transfer": transfer, "fullRange": True}
        for samples, rgb in corners.items():
            colour = colour_of(flat("I444P10", samples, space))
            assert np.abs(np.array(colour[:3]) - rgb).max() <= 3


def test_high_bit_depth_is_not_truncated_first() -> None:
    frame = flat("I444P10", (481, 512, 512))
    assert colour_of(frame)[0] == 121 == round((481 / 4 - 16) / 219 * 255)
    values = np.arange(64 * 4, dtype=np.uint16).reshape(1, -1) + 512
    init: VideoFrameBufferInit = {
        "format": "I444P10",
        "codedWidth": 256,
        "codedHeight": 1,
        "timestamp": 0,
        "colorSpace": REC709,
    }
    neutral = np.full_like(values, 512)
    ramp = copied(VideoFrame(np.stack([values, neutral, neutral]), init), "RGBA")[0, :, 0].astype(int)
    exact = (values[0] / 4 - 16) / 219 * 255
    assert np.abs(ramp - exact).max() < 0.56


def test_sixteen_bits_and_no_conversion_of_colours() -> None:
    frame = flat("I444P10", (481, 500, 530), REC709 | {"primaries": "bt2020", "transfer": "pq"})
    signal = reference.rgb_of_ycbcr(np.array([481.0, 500, 530]), "bt709", False, 10)
    out = np.zeros((4, 4, 4), np.uint16)
    convert_to_rgb(source_picture(frame), Region(0, 0, 4, 4), "BGRA", None, out)
    assert np.abs(out[0, 0, [2, 1, 0]] - signal * 65535).max() <= 1
    assert out[3, 3, 3] == 65535
    assert (
        np.abs(rgb_array(source_picture(frame), Region(0, 0, 4, 4), "RGBA", None)[1, 1, :3] - signal * 255).max() < 0.56
    )
    convert_to_rgb(source_picture(frame), Region(0, 0, 4, 4), "RGBA", "srgb", out)
    exact = reference.encoded(signal, "bt2020", "pq", "srgb")
    assert np.abs(out[0, 0, :3] / 65535 - exact).max() < 1e-3


def test_where_chroma_is_unless_told() -> None:
    """Without information, chroma lies level with the even columns, and between two rows."""
    luma, neutral = np.full((4, 4), 120, np.uint8), np.full((2, 2), 128, np.uint8)
    red = neutral.copy()
    red[0, 0] = 228
    init: VideoFrameBufferInit = {
        "format": "I420",
        "codedWidth": 4,
        "codedHeight": 4,
        "timestamp": 0,
        "colorSpace": REC709,
    }
    frame = VideoFrame(b"".join(plane.tobytes() for plane in (luma, neutral, red)), init)
    pixels = copied(frame, "RGBA")[..., 0].astype(int) - 121
    # 1.793 times 100 in full, which is beyond white: 134.
    assert pixels.tolist() == [[134, 90, 0, 0], [134, 67, 0, 0], [45, 23, 0, 0], [0, 0, 0, 0]]


def test_where_ffmpeg_says_that_chroma_is() -> None:
    names = {0: None, 1: "left", 2: "center", 3: "topleft", 4: "top", 5: "bottomleft", 6: "bottom"}
    for number, name in names.items():
        frame = ffbind.Frame.video(4, 4, "yuv420p")
        frame.chroma_location = number
        resource = FFmpegVideoResource(frame)
        assert resource.chroma_location == name
        resource.release()


def test_a_large_frame() -> None:
    width, height = 4096, 2160
    planes = noise("I420", width, height, 5)
    init: VideoFrameBufferInit = {
        "format": "I420",
        "codedWidth": width,
        "codedHeight": height,
        "timestamp": 0,
        "colorSpace": REC709,
    }
    frame = VideoFrame(b"".join(data for data, _ in planes), init)
    pixels = copied(frame, "RGBA")
    assert pixels.shape == (height, width, 4)
    for rect in (Region(0, 0, 40, 30), Region(2046, 1000, 2070, 1044), Region(4070, 2130, 4096, 2160)):
        cut = pixels[rect.top : rect.bottom, rect.left : rect.right].astype(int)
        exact = reference.code_values(expected(frame, planes, "I420", rect, "srgb", None))
        assert np.abs(cut - exact).max() <= 1


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("flip", [False, True])
def test_rendering(rotation: int, flip: bool) -> None:
    # 1 2 3
    # 4 5 6, where the first column is not visible.
    pixels = np.zeros((2, 3, 4), np.uint8)
    pixels[..., 0] = [[1, 2, 3], [4, 5, 6]]
    init: VideoFrameBufferInit = {
        "format": "RGBA",
        "codedWidth": 3,
        "codedHeight": 2,
        "timestamp": 0,
        "rotation": rotation,
        "flip": flip,
    }
    frame = VideoFrame(VideoFrame(pixels, init), {"visibleRect": {"x": 1, "width": 2, "height": 2}})
    upright = {0: [[2, 3], [5, 6]], 90: [[5, 2], [6, 3]], 180: [[6, 5], [3, 2]], 270: [[3, 6], [2, 5]]}[rotation]
    assert rendered(frame)[..., 0].tolist() == ([row[::-1] for row in upright] if flip else upright)


def test_a_rendering_of_10_bits_that_web_platform_tests_have() -> None:
    frame = flat("I420P10", (96 << 2, 155 << 2, 104 << 2), None, (48, 36))
    assert np.abs(rendered(frame)[5, 5].astype(int) - (50, 100, 150, 255)).max() <= 5


def test_the_frame_may_be_closed_while_it_is_converted() -> None:
    resource = RecordedVideo()
    frame = create_a_video_frame(resource, 0)
    destination = bytearray(32)

    async def main() -> None:
        promise = frame.copyTo(destination, {"format": "RGBX"})
        frame.close()
        await promise

    asyncio.run(main())
    assert resource.released == 1
    assert destination[3::4] == b"\xff" * 8


def test_no_memory_to_convert_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def copy_planes(*_: object) -> None:
        raise MemoryError("none left")

    monkeypatch.setattr(ConvertedVideoResource, "copy_planes", copy_planes)
    resource = RecordedVideo()
    frame = create_a_video_frame(resource, 0)

    async def main() -> None:
        with pytest.raises(MemoryError, match="none left"):
            await frame.copyTo(bytearray(32), {"format": "RGBX"})

    asyncio.run(main())
    frame.close()
    assert resource.released == 1
