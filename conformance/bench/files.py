"""Programs over files in ``conformance bench``, in turns with PyAV in one process: given times, and a pipeline.

Wall times matter here, as programs wait for them. Files are read from the page cache.
"""

import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final, cast

import numpy as np
import numpy.typing as npt

from codecmodel.files import open as open_media
from codecmodel.iteration import blocking, mapped
from codecmodel.rgb import approximate_rgb
from conformance.bench.comparison import Comparison, Comparisons, Settings, compare, timed_here
from conformance.bench.libraries import has_pyav
from conformance.bench.media import make_benchmark_video

if TYPE_CHECKING:
    import av

CASES: Final[Mapping[str, str]] = {
    "seek": "Ten frames, spread over a file of H.264 1920×1080",
    "pipeline": "H.264 1920×1080, as RGB, with 3 ms of NumPy for each frame",
}
_FRAMES: Final = 10
#: The work of a program on each frame.
_SECONDS_OF_NUMPY: Final = 0.003
#: A long file for seeking has so many times the length of the others.
_LENGTH: Final = 4


def _spread(duration: int) -> list[int]:
    """Times in µs, within the duration."""
    return [duration * (2 * number + 1) // (2 * _FRAMES) for number in range(_FRAMES)]


def _seek(path: Path, times: Iterable[int]) -> list[int]:
    """The timestamps of the frames that are shown at some times, in µs."""
    shown: list[int] = []
    with open_media(path) as media:
        for frame in media.video.at(times):
            with frame:
                shown.append(frame.timestamp)
    return shown


def _seek_with_pyav(path: Path, times: Iterable[int]) -> list[int]:
    import av

    shown: list[int] = []
    with av.open(path) as container:
        stream = container.streams.video[0]
        # As many threads as FFmpeg chooses, of both kinds.
        stream.thread_type = "AUTO"
        for time in times:
            container.seek(time, any_frame=False, backward=True)
            shown.append(_last_until(container.decode(stream), time))
    return shown


def _last_until(frames: "Iterable[av.VideoFrame]", time: int) -> int:
    """The timestamp in µs of the last of the frames that is not after a time."""
    shown: int | None = None
    for frame in frames:
        assert frame.pts is not None
        assert frame.time_base is not None
        timestamp = int(frame.pts * frame.time_base * 1_000_000)
        if shown is not None and timestamp > time:
            break
        shown = timestamp
    assert shown is not None
    return shown


class _Work:
    """About so many seconds of NumPy for each picture."""

    def __init__(self, picture: npt.NDArray[np.uint8]) -> None:
        rows = picture[:64]
        start = perf_counter()
        for _ in range(10):
            rows.mean(axis=(0, 1))
        seconds = (perf_counter() - start) / 10
        self._rows = min(round(64 * _SECONDS_OF_NUMPY / seconds), len(picture))

    def __call__(self, picture: npt.NDArray[np.uint8]) -> object:
        return picture[: self._rows].mean(axis=(0, 1))


def _pipeline(path: Path, work: _Work) -> int:
    """The number of frames that were worked on."""
    count = 0
    with open_media(path) as media:
        for pixels in blocking(mapped(media.video, approximate_rgb, ahead=3)):
            work(pixels)
            count += 1
    return count


def _pipeline_with_pyav(path: Path, work: _Work) -> int:
    import av

    count = 0
    with av.open(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for frame in container.decode(stream):
            work(cast("npt.NDArray[np.uint8]", frame.to_ndarray(format="rgb24")))
            count += 1
    return count


def _compared(ours: Callable[[], object], peer: Callable[[], object], rounds: int, count: int) -> Comparison:
    """The comparison of two programs, whose costs are those of one of ``count`` frames."""
    if (own := ours()) != (its := peer()):
        raise AssertionError(f"the programs do not do the same: {own}, {its}")
    return compare(timed_here(ours, count), timed_here(peer, count), rounds)


def measure(case: str, settings: Settings) -> Comparisons:
    """The comparison with PyAV. Empty without PyAV."""
    if not has_pyav():
        return {}
    seconds, rounds = settings.seconds, settings.rounds
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "video.mkv"
        if case == "seek":
            duration = seconds * _LENGTH
            make_benchmark_video("h264", duration, path)
            times = _spread(round(duration * 1_000_000))
            return {
                "one of ten frames, PyAV": _compared(
                    lambda: _seek(path, times), lambda: _seek_with_pyav(path, times), rounds, _FRAMES
                )
            }
        make_benchmark_video("h264", seconds, path)
        with open_media(path) as media, media.video.frame_at(0) as frame:
            work = _Work(approximate_rgb(frame))
        count = _pipeline(path, work)
        return {
            "a frame, as RGB, worked on, PyAV in a loop": _compared(
                lambda: _pipeline(path, work), lambda: _pipeline_with_pyav(path, work), rounds, count
            )
        }
