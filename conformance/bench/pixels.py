"""Raw-media cases of ``conformance bench``: operations on the pixels of decoded frames, beside other ways to do them.

All contestants of a case work in turns in one process, on the same frames of 1920×1080 pixels in FFmpeg's memory: a
ring of them that does not fit the processor's caches, as frames from a decoder don't. A turn is once around the ring,
and the costs are those of a frame.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Protocol, TypeAlias, cast

import numpy as np

from codecmodel import VideoFrame
from codecmodel.platform.ffmpeg.resources import FFmpegVideoResource
from codecmodel.raw_media.video_frame import create_a_video_frame
from codecmodel.raw_media.video_frame_copy import VideoFrameCopyToOptions
from codecmodel.rgb import approximate_rgb, exact_rgb
from conformance.bench.comparison import Clock, Comparisons, Costs, Settings, Turn, compared, interleaved
from conformance.bench.libraries import has_pyav
from ffbind import Frame, PictureKind, Scaler, Scaling

#: Name → description.
CASES: Final[Mapping[str, str]] = {
    "planes": "planes of a decoded I420 frame of 1920×1080 as numpy arrays",
    "copy": "copy of an I420 frame of 1920×1080 in its own format",
    "rgba": "I420 to RGBA, 1920×1080",
    "rgba10": "I420P10 to RGBA, 1920×1080",
    "approximate": "I420 to RGBA, approximately, 1920×1080",
    "display-p3": "I420 to RGBA in Display P3, 1920×1080",
    "life": "a frame of 64×64 made of bytes, cloned, and both closed",
}


class _PyAVFrame(Protocol):
    @property
    def planes(self) -> Sequence[memoryview]: ...

    def to_ndarray(self, **options: object) -> object: ...


#: Works on the frame with that number in the ring.
Work: TypeAlias = Callable[[int], Awaitable[object]]

WIDTH, HEIGHT, RING = 1920, 1080, 12
#: Turns are short here, so that there are more of them.
_TURNS_A_ROUND: Final = 2
_ACCURATE: Final = (
    Scaling.BILINEAR | Scaling.ACCURATE_ROUNDING | Scaling.FULL_CHROMA_INTERPOLATION | Scaling.FULL_CHROMA_INPUT
)


class _Ring:
    """Frames of smooth noise."""

    def __init__(self, format: str) -> None:
        random = np.random.default_rng(1)
        self.format = format
        self.sources = [Frame.video(WIDTH, HEIGHT, format) for _ in range(RING)]
        kind, factor = (np.uint8, 1) if format == "yuv420p" else (np.uint16, 4)
        for source in self.sources:
            for plane in source.writable_planes():
                samples = (random.integers(16, 236, plane.height * plane.stride) * factor).astype(kind)
                plane.data[:] = samples.view(np.uint8).data[: len(plane.data)]
        self.frames = [create_a_video_frame(FFmpegVideoResource(source.ref()), 0) for source in self.sources]

    def buffers(self, size: int) -> list[bytearray]:
        return [bytearray(size) for _ in range(RING)]


def measure(case: str, settings: Settings) -> Comparisons:
    """The comparisons of the first contestant of a case with all others."""
    contestants = _CONTESTS[case]()
    with asyncio.Runner() as runner:
        turns = {name: _turn_of(work, runner) for name, work in contestants.items()}
        costs = interleaved(turns, settings.rounds * _TURNS_A_ROUND)
    ours, *peers = contestants
    return {f"{ours}, {peer}": compared(costs[ours], costs[peer]) for peer in peers}


def _turn_of(work: Work, runner: asyncio.Runner) -> Turn:
    """A turn that works on all frames of the ring. Its costs are those of one frame."""

    async def all_frames() -> Costs:
        clock = Clock()
        for number in range(RING):
            await work(number)
        return clock.costs(RING)

    return lambda: runner.run(all_frames())


def _at_once(work: Callable[[int], object]) -> Work:
    async def work_at_once(number: int) -> object:
        return work(number)

    return work_at_once


def _copying(ring: _Ring, options: Mapping[str, object]) -> Work:
    chosen = cast("VideoFrameCopyToOptions", options)
    buffers = ring.buffers(ring.frames[0].allocationSize(chosen))

    async def work(number: int) -> object:
        return await ring.frames[number].copyTo(buffers[number], chosen)

    return work


def _planes() -> dict[str, Work]:
    ring = _Ring("yuv420p")
    contestants = {"plane_arrays()": _at_once(lambda number: ring.frames[number].plane_arrays())}
    pyav = _pyav_frames(ring)
    if pyav:
        contestants["PyAV, np.frombuffer of planes"] = _at_once(
            lambda number: [np.frombuffer(plane, np.uint8) for plane in pyav[number].planes]
        )
        contestants["PyAV, to_ndarray()"] = _at_once(lambda number: pyav[number].to_ndarray())
    return contestants


def _copy() -> dict[str, Work]:
    ring = _Ring("yuv420p")
    size = ring.frames[0].allocationSize()
    sources = [np.full(size, number, np.uint8) for number in range(RING)]
    targets = [np.zeros(size, np.uint8) for _ in range(RING)]
    contestants = {
        "copyTo()": _copying(ring, {}),
        "one memcpy": _at_once(lambda number: np.copyto(targets[number], sources[number])),
    }
    pyav = _pyav_frames(ring)
    if pyav:
        contestants["PyAV, to_ndarray()"] = _at_once(lambda number: pyav[number].to_ndarray())
    return contestants


def _rgba(format: str = "yuv420p") -> dict[str, Work]:
    ring = _Ring(format)
    accurate = _scaler(format, _ACCURATE)
    contestants = {
        "copyTo()": _copying(ring, {"format": "RGBA"}),
        "exact_rgb()": _at_once(lambda number: exact_rgb(ring.frames[number], "RGBA")),
        "swscale, accurate": _at_once(lambda number: accurate.scale(ring.sources[number])),
    }
    pyav = _pyav_frames(ring)
    if pyav:
        contestants["PyAV, to_ndarray('rgba')"] = _at_once(lambda number: pyav[number].to_ndarray(format="rgba"))
    return contestants


def _rgba10() -> dict[str, Work]:
    return _rgba("yuv420p10le")


def _approximate() -> dict[str, Work]:
    ring = _Ring("yuv420p")
    fastest = _scaler("yuv420p", Scaling.FAST_BILINEAR)
    contestants = {
        "approximate_rgb()": _at_once(lambda number: approximate_rgb(ring.frames[number], "RGBA")),
        "swscale, fastest": _at_once(lambda number: fastest.scale(ring.sources[number])),
    }
    pyav = _pyav_frames(ring)
    if pyav:
        contestants["PyAV, to_ndarray('rgba', FAST_BILINEAR)"] = _at_once(
            lambda number: pyav[number].to_ndarray(format="rgba", interpolation="FAST_BILINEAR")
        )
    return contestants


def _display_p3() -> dict[str, Work]:
    ring = _Ring("yuv420p")
    return {
        "copyTo() in Display P3": _copying(ring, {"format": "RGBA", "colorSpace": "display-p3"}),
        "copyTo() in sRGB": _copying(ring, {"format": "RGBA"}),
    }


def _life() -> dict[str, Work]:
    data = bytes(64 * 64 * 3 // 2)
    rows = np.zeros((64 * 3 // 2, 64), np.uint8)

    def work(_: int) -> None:
        frame = VideoFrame(data, {"format": "I420", "codedWidth": 64, "codedHeight": 64, "timestamp": 0})
        frame.clone().close()
        frame.close()

    contestants = {"VideoFrame": _at_once(work)}
    if has_pyav():
        import av

        contestants["PyAV, from_ndarray()"] = _at_once(lambda _: av.VideoFrame.from_ndarray(rows, "yuv420p"))
    return contestants


_CONTESTS: Final[Mapping[str, Callable[[], dict[str, Work]]]] = {
    "planes": _planes,
    "copy": _copy,
    "rgba": _rgba,
    "rgba10": _rgba10,
    "approximate": _approximate,
    "display-p3": _display_p3,
    "life": _life,
}


def _scaler(format: str, flags: Scaling) -> Scaler:
    return Scaler(PictureKind(WIDTH, HEIGHT, format, matrix=1), PictureKind(WIDTH, HEIGHT, "rgba", range=2), flags)


def _pyav_frames(ring: _Ring) -> list[_PyAVFrame]:
    """The same frames as frames of PyAV. Empty if PyAV is not installed."""
    if not has_pyav():
        return []
    import av

    frames = []
    for source in ring.sources:
        frame = av.VideoFrame(WIDTH, HEIGHT, ring.format)
        for plane, ours in zip(frame.planes, source.planes(), strict=True):
            rows = np.ndarray((ours.height, ours.row_bytes), np.uint8, ours.data, 0, (ours.stride, 1))
            padded = np.zeros((plane.height, plane.line_size), np.uint8)
            padded[:, : ours.row_bytes] = rows
            plane.update(padded.tobytes())
        frames.append(cast("_PyAVFrame", frame))
    return frames
