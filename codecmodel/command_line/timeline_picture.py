"""``python -m codecmodel timeline``: draws a stretch of a trace as an SVG, for documents. Perfetto shows more."""

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Final

from codecmodel.command_line.trace_file import Span, Trace, lanes, read_trace
from codecmodel.files.errors import MediaFileError
from codecmodel.files.new_file import new_text_file

_WIDTH: Final = 1280
_LEFT: Final = 200
_RIGHT: Final = 14
_ROW: Final = 20
_THIN_ROW: Final = 7
_COUNTER: Final = 42
_GAP: Final = 14
#: The average width of a character of the font.
_CHARACTER_WIDTH: Final = 6.0
_TICKS: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)

_COLORS: Final = {
    "message": "#7aa6d6",
    "work": "#f0a860",
    "task": "#b9c7d4",
    "callback": "#8cc98a",
    "slot": "#d98c95",
    "promise": "#b99bd1",
    "message queue": "#7aa6d6",
}
_MEANINGS: Final = {
    "task": "task",
    "message": "control message",
    "callback": "callback",
    "work": "work",
    "slot": "slot is true",
    "promise": "promise is pending",
}


def draw_file(trace: Path, picture: Path, begin: float | None, end: float | None) -> None:
    """Draw the events from ``begin`` to ``end`` (ms since the first event). Raises MediaFileError."""
    read = read_trace(trace)
    begin, end = begin or 0.0, read.end if end is None else end
    if begin >= end:
        raise MediaFileError(f"{trace}: there is nothing from {begin:g} to {end:g} ms; the trace has {read.end:g} ms")
    svg = _Drawing(read, begin, end).svg()
    try:
        with new_text_file(picture) as file:
            file.write(svg)
    except OSError as error:
        raise MediaFileError(f"{picture}: {error.strerror or error}") from error


class _Drawing:
    def __init__(self, trace: Trace, begin: float, end: float) -> None:
        self._trace = trace
        self._begin = begin
        self._end = end
        self._shapes: list[str] = []
        self._y = 30.0
        #: The upper edge of the rows of each thread.
        self._threads: dict[int, float] = {}

    def svg(self) -> str:
        self._draw_threads()
        self._draw_arrows()
        self._draw_spans()
        self._draw_counters()
        self._draw_legend()
        height = self._y
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:g}" '
            'font-family="DejaVu Sans, Verdana, sans-serif" font-size="11">\n'
            f'<rect width="{_WIDTH}" height="{height:g}" fill="#fff"/>\n'
            + "".join(f"{shape}\n" for shape in [*self._axis(), *self._shapes])
            + "</svg>\n"
        )

    # The parts of the picture, from top to bottom

    def _axis(self) -> Iterator[str]:
        step = next((tick for tick in _TICKS if (self._end - self._begin) / tick <= 16), _TICKS[-1])
        tick = -(-self._begin // step)
        while tick * step <= self._end:
            x = self._x(tick * step)
            yield f'<path d="M{x:.1f} 20V{self._y - 28:.1f}" stroke="#e4e7ea"/>'
            yield f'<text x="{x:.1f}" y="14" text-anchor="middle" fill="#555">{tick * step:g} ms</text>'
            tick += 1

    def _draw_threads(self) -> None:
        # The thread that runs tasks is that of the event loop.
        def is_event_loop(thread: int) -> bool:
            return any(slice.category == "task" for slice in self._trace.slices[thread])

        for thread in sorted(self._trace.slices, key=lambda thread: (not is_event_loop(thread), thread)):
            slices = [slice for slice in self._trace.slices[thread] if self._is_visible(slice.begin, slice.end)]
            if not slices:
                continue
            self._threads[thread] = self._y
            name = self._trace.thread_names.get(thread, str(thread))
            self._label("event loop" if is_event_loop(thread) else "work queue’s thread", f"{name}, {thread}")
            for slice in slices:
                self._bar(slice.category, slice.name, slice.begin, slice.end, self._y + slice.depth * _ROW, _ROW - 2)
            for time in self._trace.instants[thread]:
                if self._is_visible(time, time):
                    x = self._x(time)
                    self._add(f'<path d="M{x:.1f} {self._y:.1f}l-2.5 -5h5z" fill="#444"/>')
            self._y += (max(slice.depth for slice in slices) + 1) * _ROW + _GAP

    def _draw_arrows(self) -> None:
        for arrow in self._trace.arrows:
            if arrow.from_thread == arrow.to_thread or not {arrow.from_thread, arrow.to_thread} <= self._threads.keys():
                continue
            if not (self._begin <= arrow.begin and arrow.end <= self._end):
                continue
            downwards = self._threads[arrow.from_thread] < self._threads[arrow.to_thread]
            from_y = self._threads[arrow.from_thread] + (_ROW - 2 if downwards else 0)
            to_y = self._threads[arrow.to_thread] + (0 if downwards else _ROW - 2)
            from_x, to_x, middle = self._x(arrow.begin), self._x(arrow.end), (from_y + to_y) / 2
            self._add(
                f'<path d="M{from_x:.1f} {from_y:.1f}C{from_x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} '
                f'{to_x:.1f} {to_y:.1f}" fill="none" stroke="#667" stroke-opacity=".35"/>'
            )

    def _draw_spans(self) -> None:
        waiting: list[Span] = []
        for name, spans in self._trace.spans.items():
            visible = [span for span in spans if self._is_visible(span.begin, span.end)]
            if visible and visible[0].category == "message queue":
                waiting += visible
            elif visible:
                codec, _, what = name.partition(": ")
                self._label(what, codec)
                self._rows(visible, _ROW)
        if waiting:
            self._label("messages that wait", "to be processed")
            self._rows(waiting, _THIN_ROW)

    def _rows(self, spans: Sequence[Span], height: int) -> None:
        rows = lanes(spans)
        for row in rows:
            for span in row:
                name = span.name.partition(": ")[2] if height == _ROW else ""
                self._bar(span.category, name, span.begin, span.end, self._y, height - 2)
            self._y += height
        self._y += max(0, 2 * _ROW - 8 - len(rows) * height) + _GAP / 2

    def _draw_counters(self) -> None:
        for name, steps in self._trace.counters.items():
            codec, _, what = name.partition(": ")
            points = self._points(steps)
            largest = max(value for _, value in points)
            if not largest:
                continue
            self._label(what, codec)
            base = self._y + _COUNTER
            path = f"M{self._x(points[0][0]):.1f} {base:.1f}"
            for time, value in points:
                path += f"H{self._x(time):.1f}V{base - (_COUNTER - 6) * value / largest:.1f}"
            path += f"H{self._x(self._end):.1f}V{base:.1f}z"
            self._add(f'<path d="{path}" fill="#c9d3dc" stroke="#7d8b99"/>')
            self._add(f'<text x="{_LEFT - 8}" y="{self._y + 14:.1f}" text-anchor="end" fill="#555">{largest:g}</text>')
            self._y += _COUNTER + _GAP

    def _points(self, steps: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        """The steps within the picture, after the value at its beginning."""
        before = [value for time, value in steps if time <= self._begin]
        points = [(self._begin, before[-1] if before else 0.0)]
        return points + [step for step in steps if self._begin < step[0] <= self._end]

    def _draw_legend(self) -> None:
        x = float(_LEFT)
        self._y += 14
        for category, meaning in _MEANINGS.items():
            self._add(f'<rect x="{x:g}" y="{self._y - 9:g}" width="12" height="10" fill="{_COLORS[category]}"/>')
            self._add(f'<text x="{x + 17:g}" y="{self._y:g}" fill="#333">{meaning}</text>')
            x += 36 + len(meaning) * (_CHARACTER_WIDTH + 0.8)
        self._add(f'<path d="M{x + 4:g} {self._y:g}l-2.5 -5h5z" fill="#444"/>')
        self._add(f'<text x="{x + 13:g}" y="{self._y:g}" fill="#333">call, change of state</text>')
        self._y += 14

    # Places and shapes

    def _x(self, time: float) -> float:
        return _LEFT + (time - self._begin) / (self._end - self._begin) * (_WIDTH - _LEFT - _RIGHT)

    def _is_visible(self, begin: float, end: float) -> bool:
        return begin <= self._end and end >= self._begin

    def _add(self, shape: str) -> None:
        self._shapes.append(shape)

    def _label(self, what: str, whose: str) -> None:
        self._add(f'<text x="8" y="{self._y + 13:.1f}" fill="#222">{escape(what)}</text>')
        self._add(f'<text x="8" y="{self._y + 26:.1f}" fill="#888" font-size="9.5">{escape(whose)}</text>')

    def _bar(self, category: str, name: str, begin: float, end: float, y: float, height: float) -> None:
        left, right = self._x(max(begin, self._begin)), self._x(min(end, self._end))
        width = max(right - left, 0.8)
        color = _COLORS.get(category, "#ccc")
        self._add(
            f'<rect x="{left:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:g}" fill="{color}" '
            f'stroke="#fff" stroke-width=".5"><title>{escape(name)}, {(end - begin) * 1000:.0f} µs</title></rect>'
        )
        if name and len(name) * _CHARACTER_WIDTH + 6 <= width:
            self._add(f'<text x="{left + 3:.1f}" y="{y + height - 5:.1f}" fill="#1b1b1b">{escape(name)}</text>')
