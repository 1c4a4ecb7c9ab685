"""``--summary``: the table of the README, in Markdown, of the figures that ``--json`` has written in some runs.

A figure is the median of the runs that have it. Of runs with media of different lengths, those with the longest count.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple, TypeAlias, TypedDict

from conformance.bench.comparison import Quantity


class _MedianOfRatio(TypedDict):
    median: float


class _Compared(TypedDict):
    ratio: _MedianOfRatio


class _Case(TypedDict):
    works: Mapping[str, Mapping[str, _Compared]]


class _Settings(TypedDict):
    seconds: float


class Figures(TypedDict):
    """The part of the file that is read here."""

    settings: _Settings
    cases: Mapping[str, _Case]


_Work: TypeAlias = tuple[str, str]
"""The name of a case, and that of a work in it."""


class _Row(NamedTuple):
    """A row: the words for several works, and for the peer of all of them."""

    words: str
    peer: str
    works: Sequence[_Work]
    #: The quantity that is in the first column of figures.
    first: Quantity = Quantity.CPU


def _pyav(words: str, work: str, *cases: str) -> _Row:
    return _Row(words, "PyAV", [(case, work) for case in cases])


def _busy(words: str, strangers: str, *works: str, loop: str = "asyncio") -> _Row:
    return _Row(words, "the idle loop", [("busy", f"{work}, {loop}, {strangers}, idle") for work in works])


_CODECS: Final = ("decoding Opus", "decoding VP8", "encoding VP8")
_OTHERS: Final = ("copyTo()", "decoding PNG")
_ONE, _TEN = "1 × 100 µs", "10 × 1000 µs"
_ALONE, _AMONG_TEN = "a coroutine that works 100 µs a turn", "ten that work 1 ms a turn"
_TO_ARRAYS: Final = "demux, decode, to NumPy"

_ROWS: Final = (
    _pyav("decode H.264, HEVC 1920×1080", "a frame, PyAV", "h264", "hevc"),
    _pyav("decode VP9 1280×720, AV1 1920×1080", "a frame, PyAV", "vp9", "av1"),
    _Row(
        "decode H.264 320×180, 1280×720",
        "PyAV",
        [("resolution", "a frame of 320×180, PyAV"), ("resolution", "a frame of 1280×720, PyAV")],
    ),
    _pyav(
        "encode H.264 1920×1080, VP8 640×480, AV1 1280×720, realtime",
        "a frame, PyAV",
        "encode-h264",
        "encode-vp8",
        "encode-av1",
    ),
    _pyav("decode Opus, AAC, MP3, FLAC", "decode", "audio-opus", "audio-aac", "audio-mp3", "audio-flac"),
    _pyav("demux, decode and read as NumPy arrays: Opus, AAC", _TO_ARRAYS, "audio-opus", "audio-aac"),
    _pyav("demux, decode and read as NumPy arrays: MP3, FLAC", _TO_ARRAYS, "audio-mp3", "audio-flac"),
    _pyav("encode Opus, AAC, FLAC", "20 ms, PyAV", "encode-opus", "encode-aac", "encode-flac"),
    _Row("ten frames spread over a file of H.264", "PyAV, seeking and decoding", [("seek", "one of ten frames, PyAV")]),
    _Row(
        "H.264 1920×1080 to RGB, with 3 ms of NumPy a frame, by `mapped`",
        "PyAV, in a loop",
        [("pipeline", "a frame, as RGB, worked on, PyAV in a loop")],
    ),
    _Row(
        "transcode H.264 640×360 to VP9, to H.264, a process",
        "ffmpeg",
        [("transcode", "to VP9, ffmpeg"), ("transcode", "to H.264, ffmpeg")],
    ),
    _Row("`copyTo()` of a frame in its own format", "one memcpy", [("copy", "copyTo(), one memcpy")]),
    _Row("`copyTo()` to RGBA, exact", "swscale, accurate", [("rgba", "copyTo(), swscale, accurate")]),
    _Row("`approximate_rgb()`", "swscale, fastest", [("approximate", "approximate_rgb(), swscale, fastest")]),
    _Row("1,000 decoders of Opus at once", "ten at once", [("codecs", "1,000 decoders at once, 10 at once")]),
    _Row(
        "PyAV's decoders of Opus, 1,000 in turn",
        "ten in turn",
        [("codecs", "PyAV: 1,000 decoders in turn, 10 in turn")],
    ),
    _pyav("configure, one chunk of Opus, close", "configure, one chunk, close, PyAV", "codecs"),
    _Row(
        "from `decode()` of Opus to the callback, idle",
        "a call of PyAV",
        [("codecs", "from decode() to the callback, a call of PyAV")],
    ),
    _busy(f"decode Opus, VP8; encode VP8, beside {_ALONE}", _ONE, *_CODECS),
    _busy("decode Opus, VP8; encode VP8, the same on uvloop", _ONE, *_CODECS, loop="uvloop"),
    _busy(f"decode Opus, VP8; encode VP8, beside {_AMONG_TEN}", _TEN, *_CODECS),
    _busy("decode Opus, VP8; encode VP8, the same on uvloop", _TEN, *_CODECS, loop="uvloop"),
    _busy(f"`copyTo()`, decode PNG, beside {_ALONE}", _ONE, *_OTHERS),
    _busy(f"`copyTo()`, decode PNG, beside {_AMONG_TEN}", _TEN, *_OTHERS),
    _Row(
        "peak memory of decoding H.264 1920×1080 (1 is as much)",
        "PyAV, in a loop",
        [("memory", "the peak of decoding H.264 1920×1080, PyAV in a loop")],
        Quantity.MEMORY,
    ),
    _Row(
        "memory of an idle decoder of Opus",
        "a context of PyAV",
        [("memory", "one of 300 idle decoders of Opus, PyAV")],
        Quantity.MEMORY,
    ),
    _Row("`import codecmodel`", "`import av`", [("start-up", "import codecmodel, import av")]),
    _Row("`probe`", "ffprobe", [("start-up", "probe, ffprobe")]),
)


def read_figures(path: Path) -> Figures:
    """The figures of a run. Raises OSError, ValueError."""
    figures: Figures = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(figures, dict) or not {"settings", "cases"} <= figures.keys():
        raise ValueError(f"{path} has no figures: bench --json writes them")
    return figures


def summary(runs: Sequence[Figures]) -> Iterator[str]:
    """The lines of the table."""
    yield "| work | of the speed of | CPU | wall |"
    yield "|---|---|---:|---:|"
    for row in _ROWS:
        cells = [_cell(runs, row.works, quantity) for quantity in (row.first, Quantity.WALL)]
        if any(cells):
            yield f"| {row.words} | {row.peer} | {cells[0]} | {cells[1]} |"


def _cell(runs: Sequence[Figures], works: Sequence[_Work], quantity: Quantity) -> str:
    """The figures of works; empty if there are none."""
    figures = [_figure(runs, work, quantity) for work in works]
    return ", ".join(figure or "–" for figure in figures) if any(figures) else ""


def _figure(runs: Sequence[Figures], work: _Work, quantity: Quantity) -> str:
    # The length of the media, and the ratio.
    measured = [
        (run["settings"]["seconds"], quantities[quantity]["ratio"]["median"])
        for run in runs
        if quantity in (quantities := _quantities(run, *work))
    ]
    if not measured:
        return ""
    longest = max(seconds for seconds, _ in measured)
    return f"{median(ratio for seconds, ratio in measured if seconds == longest):.2f}"


def _quantities(run: Figures, case: str, name: str) -> Mapping[str, _Compared]:
    """The quantities of a work in a run."""
    return run["cases"][case]["works"].get(name, {}) if case in run["cases"] else {}
