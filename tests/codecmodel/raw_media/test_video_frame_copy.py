"""VideoFrame.allocationSize() and copyTo() (§ 9.4.5), against a computation with numpy alone."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeAlias, TypeVar, cast

import numpy as np
import numpy.typing as npt
import pytest

from codecmodel.platform.ffmpeg.resources import FFmpegVideoResource
from codecmodel.raw_media.dom_rect import DOMRectInit
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from codecmodel.raw_media.plane_layout import PlaneLayout
from codecmodel.raw_media.resource_protocols import Plane
from codecmodel.raw_media.rgb.conversion import rgb_array
from codecmodel.raw_media.rgb.source_picture import Region
from codecmodel.raw_media.video_frame import VideoFrame, create_a_video_frame
from codecmodel.raw_media.video_frame_conversion import source_picture
from codecmodel.raw_media.video_frame_copy import VideoFrameCopyToOptions
from codecmodel.web.event_loop import EventLoop, use_event_loop
from ffbind import Frame
from tests.codecmodel.raw_media.raw_media_resources import RecordedVideo, raises, random_bytes

Rect: TypeAlias = tuple[int, int, int, int]
T = TypeVar("T")

# Of each plane: bytes of a sample with all its components, sub-sampling factors.
FULL, FULL16 = (1, 1, 1), (2, 1, 1)
PLANES: dict[VideoPixelFormat, list[tuple[int, int, int]]] = {
    "I420": [FULL, (1, 2, 2), (1, 2, 2)],
    "I420P10": [FULL16, (2, 2, 2), (2, 2, 2)],
    "I420AP12": [FULL16, (2, 2, 2), (2, 2, 2), FULL16],
    "I422": [FULL, (1, 2, 1), (1, 2, 1)],
    "I422AP10": [FULL16, (2, 2, 1), (2, 2, 1), FULL16],
    "I444": [FULL, FULL, FULL],
    "I444A": [FULL, FULL, FULL, FULL],
    "I444P12": [FULL16, FULL16, FULL16],
    "NV12": [FULL, (2, 2, 2)],
    "RGBA": [(4, 1, 1)],
    "BGRX": [(4, 1, 1)],
}
CODED = (13, 9)
RECTS: list[Rect | None] = [None, (0, 0, 13, 9), (2, 4, 6, 2), (4, 2, 9, 7), (6, 2, 3, 1), (0, 0, 1, 1), (12, 8, 1, 1)]
I420_4X2 = bytes(range(1, 13))


def up(numerator: int, denominator: int) -> int:
    return (numerator + denominator - 1) // denominator


class Source:
    """A frame of noise with padding at the end of its rows, and its planes as arrays (rows, samples, bytes)."""

    def __init__(self, format: VideoPixelFormat, stride_padding: int) -> None:
        width, height = CODED
        self.planes: list[npt.NDArray[np.uint8]] = []
        memory = []
        for index, (size, sub_width, sub_height) in enumerate(PLANES[format]):
            rows, columns = up(height, sub_height), up(width, sub_width)
            stride = columns * size + stride_padding
            data = random_bytes(rows * stride, seed=index)
            memory.append((data, stride))
            plane = np.frombuffer(data, np.uint8).reshape(rows, stride)[:, : columns * size]
            self.planes.append(plane.reshape(rows, columns, size))
        visible_rect = (2, 2, 11, 6)
        resource = RecordedVideo(format, CODED, memory, visible_rect)
        self.visible_rect = visible_rect
        self.resource = resource
        self.frame = create_a_video_frame(resource, 0)

    def cut(self, format: VideoPixelFormat, rect: Rect) -> list[npt.NDArray[np.uint8]]:
        left, top, width, height = rect
        return [
            plane[top // y : top // y + up(height, y), left // x : left // x + up(width, x)]
            for plane, (_, x, y) in zip(self.planes, PLANES[format], strict=True)
        ]


def run(main: Callable[[], Coroutine[object, object, T]]) -> T:
    """asyncio.run() that does not wait forever for a promise that is never settled."""

    async def bounded() -> T:
        async with asyncio.timeout(20):
            return await main()

    return asyncio.run(bounded())


def copy(frame: VideoFrame, destination: Any, options: Any = None) -> list[PlaneLayout]:
    async def main() -> list[PlaneLayout]:
        return await frame.copyTo(destination, options)

    return run(main)


def i420_4x2() -> VideoFrame:
    return VideoFrame(I420_4X2, {"format": "I420", "timestamp": 0, "codedWidth": 4, "codedHeight": 2})


@pytest.mark.parametrize("stride_padding", [0, 5])
@pytest.mark.parametrize("rect", RECTS)
@pytest.mark.parametrize("format", PLANES)
def test_packed_copies(format: VideoPixelFormat, rect: Rect | None, stride_padding: int) -> None:
    source = Source(format, stride_padding)
    options: Any = {} if rect is None else {"rect": dict(zip(("x", "y", "width", "height"), rect, strict=True))}
    planes = source.cut(format, rect or source.visible_rect)
    expected = b"".join(plane.tobytes() for plane in planes)
    offsets = np.cumsum([0, *(plane.size for plane in planes)]).tolist()
    assert source.frame.allocationSize(options) == len(expected)
    destination = bytearray(len(expected) + 3)
    layout = copy(source.frame, destination, options)
    assert layout == [
        {"offset": offset, "stride": plane.shape[1] * plane.shape[2]}
        for offset, plane in zip(offsets, planes, strict=False)
    ]
    assert destination == expected + bytes(3)


@pytest.mark.parametrize("stride_padding", [0, 5])
@pytest.mark.parametrize("rect", RECTS)
@pytest.mark.parametrize("format", PLANES)
def test_copies_to_a_layout_leave_what_is_between(
    format: VideoPixelFormat, rect: Rect | None, stride_padding: int
) -> None:
    source = Source(format, stride_padding)
    planes = source.cut(format, rect or source.visible_rect)
    # Planes in reversed order, gaps before each and after each row.
    layout: list[PlaneLayout] = []
    position = 0
    for index, plane in reversed(list(enumerate(planes))):
        position += 3 + index
        layout.insert(0, {"offset": position, "stride": plane.shape[1] * plane.shape[2] + 5})
        position += plane.shape[0] * layout[0]["stride"]
    expected = np.full(position, 0xEE, np.uint8)
    for plane, where in zip(planes, layout, strict=True):
        for index, row in enumerate(plane):
            start = where["offset"] + index * where["stride"]
            expected[start : start + row.size] = row.ravel()
    options: Any = {"layout": layout}
    if rect is not None:
        options["rect"] = dict(zip(("x", "y", "width", "height"), rect, strict=True))
    destination = np.full(position, 0xEE, np.uint8)
    assert source.frame.allocationSize(options) == position
    assert copy(source.frame, destination, options) == layout
    assert destination.tobytes() == expected.tobytes()


def test_rows_as_far_apart_as_in_the_frame_leave_what_is_between() -> None:
    frame = VideoFrame(bytes(range(1, 33)), {"format": "RGBA", "timestamp": 0, "codedWidth": 4, "codedHeight": 2})
    destination = bytearray(b"\xee" * 32)
    options: VideoFrameCopyToOptions = {"rect": {"width": 2, "height": 2}, "layout": [{"offset": 0, "stride": 16}]}
    assert copy(frame, destination, options) == [{"offset": 0, "stride": 16}]
    assert destination == bytes(range(1, 9)) + b"\xee" * 8 + bytes(range(17, 25)) + b"\xee" * 8


def test_a_layout_for_4x2_pixels() -> None:
    layout: list[PlaneLayout] = [{"offset": 9, "stride": 5}, {"offset": 1, "stride": 3}, {"offset": 5, "stride": 3}]
    options: VideoFrameCopyToOptions = {"layout": layout}
    destination = bytearray(19)
    assert i420_4x2().allocationSize(options) == 19
    assert copy(i420_4x2(), destination, options) == layout
    assert destination == bytes([0, 9, 10, 0, 0, 11, 12, 0, 0, 1, 2, 3, 4, 0, 5, 6, 7, 8, 0])


def test_odd_coded_sizes() -> None:
    data = bytes(range(1, 18))
    frame = VideoFrame(data, {"format": "I420", "timestamp": 0, "codedWidth": 3, "codedHeight": 3})
    destination = bytearray(17)
    assert frame.allocationSize() == 17
    assert copy(frame, destination) == [
        {"offset": 0, "stride": 3},
        {"offset": 9, "stride": 2},
        {"offset": 13, "stride": 2},
    ]
    assert destination == data


def test_the_frame_may_be_closed_meanwhile() -> None:
    resource = RecordedVideo()
    destination = bytearray(12)

    async def main() -> int:
        frame = create_a_video_frame(resource, 0)
        promise = frame.copyTo(destination)
        frame.close()
        await promise
        return resource.released

    assert run(main) == 1
    assert destination == I420_4X2


@pytest.mark.parametrize("height", [2, 1 << 20])
def test_a_large_copy_is_made_on_another_thread_and_all_are_resolved_on_this(height: int) -> None:
    threads = []

    class Observed(RecordedVideo):
        def planes(self) -> list[Plane]:
            threads.append(threading.current_thread())
            return super().planes()

    async def main() -> None:
        planes = [(bytes(4 * height), 4), (bytes(height), 2), (bytes(height), 2)]
        resource = Observed("I420", (4, height), planes)
        frame = create_a_video_frame(resource, 0)
        promise = frame.copyTo(bytearray(6 * height))
        promise.add_done_callback(lambda _: threads.append(threading.current_thread()))
        assert not promise.done()
        await promise

    run(main)
    assert [thread is threading.current_thread() for thread in threads] == [height == 2, True]


def noise(width: int, height: int) -> Frame:
    random = np.random.default_rng(1)
    frame = Frame.video(width, height, "yuv420p")
    for plane in frame.writable_planes():
        plane.data[:] = random.integers(0, 256, len(plane.data), np.uint8).data
    return frame


@pytest.mark.parametrize("rect", [(0, 0, 1601, 1001), (2, 4, 1500, 987), (6, 0, 1595, 1001)])
def test_threads_that_share_a_copy_copy_all_of_it(rect: Rect) -> None:
    frame = create_a_video_frame(FFmpegVideoResource(noise(1601, 1001)), 0)
    left, top, width, height = rect
    stride = width + 3
    layout: list[PlaneLayout] = [
        {"offset": 5, "stride": stride},
        {"offset": 5 + stride * height, "stride": stride},
        {"offset": 5 + stride * height + stride * up(height, 2), "stride": stride},
    ]
    options: Any = {"rect": dict(zip(("x", "y", "width", "height"), rect, strict=True)), "layout": layout}
    destination = bytearray(b"\x07" * frame.allocationSize(options))
    expected = np.full(len(destination), 7, np.uint8)
    for plane, place, factor in zip(frame.plane_arrays(), layout, (1, 2, 2), strict=True):
        rows = plane[top // factor :, left // factor :][: up(height, factor), : up(width, factor)]
        np.ndarray(rows.shape, np.uint8, expected, place["offset"], (stride, 1))[:] = rows

    async def main() -> list[PlaneLayout]:
        return await frame.copyTo(destination, options)

    assert run(main) == layout
    assert destination == expected.tobytes()


def test_threads_that_share_a_conversion_convert_all_of_it() -> None:
    frame = create_a_video_frame(FFmpegVideoResource(noise(801, 601)), 0)
    region = Region(10, 20, 791, 590)
    picture = source_picture(frame)
    destination = bytearray(region.width * region.height * 4)

    async def main() -> None:
        rect: DOMRectInit = {"x": region.left, "y": region.top, "width": region.width, "height": region.height}
        await frame.copyTo(destination, {"rect": rect, "format": "BGRX", "colorSpace": "display-p3"})

    run(main)
    assert destination == rgb_array(picture, region, "BGRX", "display-p3").tobytes()


class HeldSteps:
    """An event loop and parallel queue whose steps the test runs, and keeps."""

    def __init__(self) -> None:
        self.steps: list[Callable[[], None]] = []
        self.tasks: list[Callable[[], None]] = []

    def start_parallel_queue(self, *, brief: bool) -> "HeldSteps":
        return self

    def enqueue(self, steps: Callable[[], None]) -> None:
        self.steps.append(steps)

    def queue_task(self, source: object, steps: Callable[[], None]) -> None:
        self.tasks.append(steps)

    def new_promise(self) -> Future[object]:
        return Future()


def test_a_copy_holds_the_pixels_and_the_destination_until_it_is_made() -> None:
    resource = RecordedVideo()
    destination = bytearray(12)
    event_loop = HeldSteps()
    frame = create_a_video_frame(resource, 0)
    with use_event_loop(cast("EventLoop", event_loop)):
        promise = frame.copyTo(destination)
    frame.close()
    assert resource.released == 0
    with pytest.raises(BufferError):
        destination.clear()
    (steps,) = event_loop.steps
    steps()
    assert resource.released == 1
    assert destination == I420_4X2
    destination.clear()
    assert not promise.done()
    (task,) = event_loop.tasks
    task()
    assert len(promise.result()) == 3


def test_several_copies_at_once() -> None:
    async def main() -> list[bytes]:
        destinations = [bytearray(12) for _ in range(20)]
        await asyncio.gather(*(i420_4x2().copyTo(destination) for destination in destinations))
        return [bytes(destination) for destination in destinations]

    assert run(main) == [I420_4X2] * 20


def test_there_must_be_an_event_loop() -> None:
    with pytest.raises(RuntimeError, match="belong to an event loop"):
        i420_4x2().copyTo(bytearray(12))


# Errors: copyTo() raises none, but rejects its promise.


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"layout": [{"offset": 0, "stride": 4}]}, "layout has 1"),
        ({"layout": [{"offset": 0, "stride": 1}, {"offset": 8, "stride": 2}, {"offset": 10, "stride": 2}]}, "stride"),
        ({"layout": [{"offset": 0, "stride": 4}, {"offset": 8, "stride": 2}, {"offset": 9, "stride": 2}]}, "overlap"),
        ({"layout": [{"offset": 0}] * 3}, "PlaneLayout.stride is required"),
        ({"layout": 3}, "not a sequence"),
        ({"rect": {"width": 4, "height": 0}}, "is empty"),
        ({"rect": {"width": 4, "height": 4}}, "exceeds"),
        ({"rect": {"x": 1, "width": 2, "height": 2}}, "does not start at a sample"),
        ({"rect": "all"}, "not a DOMRectInit"),
        ({"format": "YUY2"}, "not a VideoPixelFormat"),
        ({"format": "RGBA", "colorSpace": "rec2020"}, "not a PredefinedColorSpace"),
    ],
)
def test_options_that_are_refused(options: Any, reason: str) -> None:
    with pytest.raises(TypeError, match=reason):
        i420_4x2().allocationSize(options)
    with pytest.raises(TypeError, match=reason):
        copy(i420_4x2(), bytearray(100), options)


@pytest.mark.parametrize(
    ("destination", "reason"),
    [
        (bytearray(11), "destination has 11 bytes, but the copy needs 12"),
        (bytes(12), "destination is read-only"),
        (None, "does not offer its bytes"),
        (np.zeros(24, np.uint8)[::2], "not contiguous"),
    ],
)
def test_destinations_that_are_refused(destination: Any, reason: str) -> None:
    with pytest.raises(TypeError, match=reason):
        copy(i420_4x2(), destination)


def test_a_refusal_is_a_rejection_and_keeps_no_reference() -> None:
    resource = RecordedVideo()

    async def main() -> BaseException | None:
        frame = create_a_video_frame(resource, 0)
        promise = frame.copyTo(bytes(12))
        frame.close()
        return promise.exception()

    assert isinstance(run(main), TypeError)
    assert resource.released == 1


def test_closed_frames() -> None:
    frame = i420_4x2()
    frame.close()
    with raises("InvalidStateError"):
        frame.allocationSize()
    with raises("InvalidStateError"):
        copy(frame, bytearray(12))


def test_frames_of_unknown_format() -> None:
    resource = RecordedVideo(None)
    frame = create_a_video_frame(resource, 0)
    with raises("NotSupportedError"):
        frame.allocationSize()
    with raises("NotSupportedError"):
        copy(frame, bytearray(12))


@pytest.mark.parametrize("format", ["I420", "I420P10", "I420A", "I422", "I444", "NV12"])
def test_other_formats_than_rgb_are_never_copied_to(format: VideoPixelFormat) -> None:
    frame = i420_4x2()
    with raises("NotSupportedError"):
        frame.allocationSize({"format": format})
    with raises("NotSupportedError"):
        copy(frame, bytearray(100), {"format": format})


# RGB


@pytest.mark.parametrize("format", ["RGBA", "RGBX", "BGRA", "BGRX"])
def test_the_size_of_a_copy_in_rgb_is_known(format: VideoPixelFormat) -> None:
    assert i420_4x2().allocationSize({"format": format}) == 32
    assert i420_4x2().allocationSize({"format": format, "layout": [{"offset": 3, "stride": 20}]}) == 43
    assert i420_4x2().allocationSize({"format": format, "rect": {"x": 2, "width": 1, "height": 1}}) == 4


def test_destinations_too_small_for_rgb() -> None:
    with pytest.raises(TypeError, match="but the copy needs 32"):
        copy(i420_4x2(), bytearray(31), {"format": "RGBA"})
