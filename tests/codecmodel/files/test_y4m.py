"""Y4M files and raw planes, byte for byte."""

import io
import json
from fractions import Fraction

import numpy as np
import pytest

from codecmodel import VideoFrame
from codecmodel.files.picture import shape_of_picture
from codecmodel.files.raw_video import RawVideoWriter
from codecmodel.files.y4m import Y4MWriter, can_be_y4m
from codecmodel.raw_media.media_resource import BufferVideoResource
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS, VideoPixelFormat
from codecmodel.raw_media.resource_protocols import Plane
from codecmodel.raw_media.video_frame import create_a_video_frame
from codecmodel.types import VideoFrameBufferInit


def _frame(
    format: VideoPixelFormat, width: int = 4, height: int = 2, timestamp: int = 0, **init: object
) -> tuple[VideoFrame, bytes]:
    """A frame whose bytes count up from the timestamp in ms, and those bytes."""
    size = 0
    for plane in PIXEL_FORMATS[format].planes:
        size += -(-width // plane.sample_width) * plane.sample_bytes * -(-height // plane.sample_height)
    data = bytes((timestamp // 1000 + index) % 256 for index in range(size))
    full_init: VideoFrameBufferInit = {
        "format": format,
        "codedWidth": width,
        "codedHeight": height,
        "timestamp": timestamp,
        **init,  # type: ignore[typeddict-item]  # whatever the test says
    }
    return VideoFrame(data, full_init), data


def _y4m(*frames: VideoFrame, resolution: int = 1, rate_hint: Fraction | None = None) -> bytes:
    file = io.BytesIO()
    writer = Y4MWriter(file, shape_of_picture(frames[0]), resolution=resolution, rate_hint=rate_hint)
    for frame in frames:
        writer.write(frame)
    writer.close()
    assert file.tell() == len(file.getvalue())
    return file.getvalue()


@pytest.mark.parametrize(
    ("format", "tag"),
    [
        ("I420", "420jpeg"),
        ("I420P10", "420p10"),
        ("I420P12", "420p12"),
        ("I422", "422"),
        ("I422P10", "422p10"),
        ("I422P12", "422p12"),
        ("I444", "444"),
        ("I444P10", "444p10"),
        ("I444P12", "444p12"),
    ],
)
def test_planar_formats(format: VideoPixelFormat, tag: str) -> None:
    frames = [_frame(format, timestamp=index * 40_000, duration=40_000, colorSpace={}) for index in range(3)]
    head = f"YUV4MPEG2 W4 H2 F25:1 I? A1:1 C{tag} X_________________\n".encode()
    assert _y4m(*(frame for frame, _ in frames)) == head + b"".join(b"FRAME\n" + data for _, data in frames)


def test_nv12_is_taken_apart() -> None:
    frame, data = _frame("NV12", duration=40_000, colorSpace={})
    assert data == bytes(range(12))
    expected = bytes([0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 9, 11])
    assert _y4m(frame) == b"YUV4MPEG2 W4 H2 F25:1 I? A1:1 C420jpeg X_________________\nFRAME\n" + expected


def test_only_the_visible_rectangle_is_written() -> None:
    data = bytes(range(72))
    planes = [Plane(memoryview(data)[:48], 8), Plane(memoryview(data)[48:60], 4), Plane(memoryview(data)[60:], 4)]
    resource = BufferVideoResource("I420", (8, 6), planes)
    resource.visible_rect = (2, 2, 4, 4)
    frame = create_a_video_frame(resource, 0, duration=40_000, color_space={})
    pixels = np.frombuffer(data, np.uint8)
    luma, chroma = pixels[:48].reshape(6, 8), pixels[48:].reshape(2, 3, 4)
    expected = luma[2:6, 2:6].tobytes() + chroma[:, 1:3, 1:3].tobytes()
    assert _y4m(frame) == b"YUV4MPEG2 W4 H4 F25:1 I? A1:1 C420jpeg X_________________\nFRAME\n" + expected


def test_chroma_of_odd_sizes_is_rounded_up() -> None:
    frame, data = _frame("I420", 3, 3, duration=40_000, colorSpace={})
    assert len(data) == 9 + 4 + 4
    assert _y4m(frame) == b"YUV4MPEG2 W3 H3 F25:1 I? A1:1 C420jpeg X_________________\nFRAME\n" + data


@pytest.mark.parametrize(("full_range", "tag"), [(True, "XCOLORRANGE=FULL"), (False, "XCOLORRANGE=LIMITED")])
def test_the_range_is_said_if_it_is_known(full_range: bool, tag: str) -> None:
    frame, data = _frame("I420", duration=40_000, colorSpace={"fullRange": full_range})
    head = f"YUV4MPEG2 W4 H2 F25:1 I? A1:1 C420jpeg {tag} X_________________\n".encode()
    assert _y4m(frame) == head + b"FRAME\n" + data


def test_the_shape_of_pixels_is_that_before_rotation() -> None:
    frame, _ = _frame("I420", 720, 576, duration=40_000, colorSpace={}, displayWidth=1024, displayHeight=576)
    assert b" A64:45 " in _y4m(frame)
    turned, _ = _frame(
        "I420", 720, 576, duration=40_000, colorSpace={}, rotation=90, displayWidth=576, displayHeight=1024
    )
    assert b" A64:45 " in _y4m(turned)


@pytest.mark.parametrize(
    ("timestamps", "resolution", "hint", "rate"),
    [
        ([0, 33_367, 66_733, 100_100], 1, None, "F30000:1001 I? A1:1 C420jpeg X___________"),
        ([5000, 45_000, 85_000], 1, None, "F25:1 I? A1:1 C420jpeg X_________________"),
        ([0, 33_000, 67_000], 1000, Fraction(30000, 1001), "F30000:1001 I? A1:1 C420jpeg X___________"),
        ([0, 40_000, 50_000], 1, None, "F0:0 I? A1:1 C420jpeg X__________________"),
        # A raw stream with reordered frames.
        ([0, 120_000, 80_000, 40_000], 1, None, "F25:1 I? A1:1 C420jpeg X_________________"),
    ],
)
def test_the_frame_rate_is_exact_if_it_is_constant(
    timestamps: list[int], resolution: int, hint: Fraction | None, rate: str
) -> None:
    frames = [_frame("I420", timestamp=timestamp, colorSpace={})[0] for timestamp in timestamps]
    written = _y4m(*frames, resolution=resolution, rate_hint=hint)
    assert written.split(b"\n")[0].decode() == f"YUV4MPEG2 W4 H2 {rate}"


def test_the_header_has_the_same_size_with_the_longest_frame_rate() -> None:
    longest = Fraction(4_294_967_291, 4_294_967_295)
    writer = Y4MWriter(io.BytesIO(), shape_of_picture(_frame("I420", colorSpace={})[0]))
    assert len({len(writer._header(rate)) for rate in (None, Fraction(25), longest)}) == 1


@pytest.mark.parametrize("format", ["I420A", "I444AP12", "RGBA", "RGBX", "BGRA", "BGRX"])
def test_alpha_and_rgb_are_not_for_y4m(format: VideoPixelFormat) -> None:
    assert not can_be_y4m(shape_of_picture(_frame(format)[0]))


def test_rgb_in_planes_is_not_for_y4m() -> None:
    assert not can_be_y4m(shape_of_picture(_frame("I444", colorSpace={"matrix": "rgb"})[0]))
    assert can_be_y4m(shape_of_picture(_frame("I444", colorSpace={"matrix": "bt709"})[0]))


def test_raw_planes_and_their_description() -> None:
    color_space = {"primaries": "bt709", "transfer": "iec61966-2-1", "matrix": "rgb", "fullRange": True}
    frames = [
        _frame("I420A", 3, 2, timestamp=timestamp, duration=duration, colorSpace=color_space, rotation=90, flip=True)
        for timestamp, duration in ((-1000, 10_000), (9000, None))
    ]
    file, description = io.BytesIO(), io.BytesIO()
    writer = RawVideoWriter(file, description, shape_of_picture(frames[0][0]))
    for frame, _ in frames:
        writer.write(frame)
    writer.close()
    assert file.getvalue() == frames[0][1] + frames[1][1]
    assert json.loads(description.getvalue()) == {
        "format": "I420A",
        "width": 3,
        "height": 2,
        "displayWidth": 2,
        "displayHeight": 3,
        "rotation": 90,
        "flip": True,
        "colorSpace": color_space,
        "frameSize": 16,
        "layout": [
            {"offset": 0, "stride": 3, "rows": 2},
            {"offset": 6, "stride": 2, "rows": 1},
            {"offset": 8, "stride": 2, "rows": 1},
            {"offset": 10, "stride": 3, "rows": 2},
        ],
        "frames": [
            {"timestamp": -1000, "duration": 10_000, "offset": 0},
            {"timestamp": 9000, "duration": None, "offset": 16},
        ],
    }


def test_raw_pixels_of_one_plane() -> None:
    frame, data = _frame("RGBA", 4, 2, visibleRect={"x": 1, "y": 1, "width": 2, "height": 1})
    file, description = io.BytesIO(), io.BytesIO()
    writer = RawVideoWriter(file, description, shape_of_picture(frame))
    writer.write(frame)
    writer.close()
    assert file.getvalue() == data[16 + 4 : 16 + 12]
    document = json.loads(description.getvalue())
    assert document["layout"] == [{"offset": 0, "stride": 8, "rows": 1}]
    assert (document["width"], document["height"], document["frameSize"]) == (2, 1, 8)
