"""The figures of a benchmark as a page: ratios with their spread, and costs by a number."""

import math
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from conformance.bench.comparison import Compared, Comparisons, Quantity, Ratio
from conformance.bench.machine import is_too_much
from conformance.pages import render

#: Ratios up to this one, and down to its inverse, are always on the scale.
_LEAST_SCALE: Final = 2.0
#: The size of a plot, and its margins: left, top, right, bottom.
_WIDTH, _HEIGHT = 640, 260
_LEFT, _TOP, _RIGHT, _BOTTOM = 80, 16, 24, 44


class Row(NamedTuple):
    """A quantity of a work. ``is_first`` says whether it is the work's first one."""

    work: str
    is_first: bool
    quantity: Quantity
    compared: Compared

    @property
    def ours(self) -> str:
        return self.quantity.in_words(self.compared.ours)

    @property
    def peer(self) -> str:
        return self.quantity.in_words(self.compared.peer)


class Axis(NamedTuple):
    """The labels of a plot of CPU time by a number."""

    cost: str
    number: str


@dataclass(frozen=True)
class Chart:
    """A case.

    ``share_of_others`` is the share of the processors' time, from 0 to 1, that other programs used; None if that is not
    known. With ``axis``, the comparisons that have a number are plotted by it.
    """

    case: str
    title: str
    comparisons: Comparisons
    share_of_others: float | None = None
    axis: Axis | None = None

    @property
    def rows(self) -> Sequence[Row]:
        return [
            Row(work, number == 0, quantity, compared)
            for work, comparison in self.comparisons.items()
            for number, (quantity, compared) in enumerate(comparison.quantities.items())
        ]

    @property
    def warning(self) -> str:
        """A sentence if the machine was too busy to tell, otherwise empty."""
        if self.share_of_others is None or not is_too_much(self.share_of_others):
            return ""
        return (
            f"The machine was too busy to tell: other programs used {self.share_of_others:.0%} of the processors."
            " Wall times mean little, and CPU times are too long."
        )


def write_page(path: Path, charts: Sequence[Chart], rounds: int) -> None:
    """Write one HTML file. Raises JinjaMissingError and OSError."""
    scale = _scale(row.compared.ratio for chart in charts for row in chart.rows)
    page = render(
        "bench.html",
        {
            "machine": f"{platform.system()} on {platform.machine()}, Python {platform.python_version()}",
            "rounds": rounds,
            "ticks": [(_place(tick, scale), f"{tick:g}" if tick >= 1 else f"1/{1 / tick:g}") for tick in _ticks(scale)],
            "charts": [
                {
                    "case": chart.case,
                    "title": chart.title,
                    "warning": chart.warning,
                    "rows": [(row, _places(row.compared.ratio, scale)) for row in chart.rows],
                    "plot": _plot(chart),
                }
                for chart in charts
            ],
        },
    )
    path.write_text(page, encoding="utf-8")


def _scale(ratios: Iterable[Ratio]) -> float:
    """The largest ratio on the scale, whose inverse is the smallest."""
    ends = [end for ratio in ratios for end in (ratio.highest, 1 / ratio.lowest)]
    return max(_LEAST_SCALE, *ends) if ends else _LEAST_SCALE


def _place(ratio: float, scale: float) -> float:
    """Percent from the left, on a logarithmic scale."""
    return round(50 + 50 * math.log(ratio) / math.log(scale), 2)


def _places(ratio: Ratio, scale: float) -> list[float]:
    """The places of the lowest ratio, the median and the highest."""
    return [_place(each, scale) for each in (ratio.lowest, ratio.median, ratio.highest)]


def _ticks(scale: float) -> list[float]:
    powers = [2.0**power for power in range(1, int(math.log2(scale)) + 1)]
    few = powers[:: math.ceil(len(powers) / 5)]
    return [*(1 / power for power in reversed(few)), 1.0, *few]


class _Scale:
    """A logarithmic scale from one place in pixels to another."""

    def __init__(self, lowest: float, highest: float, start: float, end: float) -> None:
        self._lowest, self._start = math.log(lowest), start
        self._factor = (end - start) / (math.log(highest) - self._lowest or 1)

    def place(self, value: float) -> float:
        return round(self._start + (math.log(value) - self._lowest) * self._factor, 1)


def _round_numbers(lowest: float, highest: float) -> Iterator[float]:
    """1, 2 and 5 times powers of ten: from the last one below an interval to the first one above it."""
    steps = [
        factor * 10.0**power
        for power in range(math.floor(math.log10(lowest)) - 1, math.ceil(math.log10(highest)) + 2)
        for factor in (1, 2, 5)
    ]
    first = max(number for number, step in enumerate(steps) if step <= lowest * 1.001)
    last = min(number for number, step in enumerate(steps) if step >= highest * 0.999)
    yield from steps[first : max(last, first + 1) + 1]


def _plot(chart: Chart) -> Mapping[str, object] | None:
    """The coordinates of a plot of CPU time by number, both on logarithmic scales; None if there is nothing to plot."""
    points = [
        (comparison.number, comparison.quantities[Quantity.CPU])
        for comparison in chart.comparisons.values()
        if comparison.number is not None and Quantity.CPU in comparison.quantities
    ]
    if chart.axis is None or not points:
        return None
    numbers = [number for number, _ in points]
    costs = [cost for _, compared in points for cost in (compared.ours, compared.peer)]
    marks = list(_round_numbers(min(costs), max(costs)))
    across = _Scale(min(numbers), max(numbers), _LEFT + 24, _WIDTH - _RIGHT)
    up = _Scale(marks[0], marks[-1], _HEIGHT - _BOTTOM, _TOP)
    return {
        "axis": chart.axis,
        "width": _WIDTH,
        "height": _HEIGHT,
        "left": _LEFT,
        "right": _WIDTH - _RIGHT,
        "bottom": _HEIGHT - _BOTTOM,
        "numbers": [(across.place(number), f"{number:,}") for number in numbers],
        "marks": [(up.place(mark), _time_in_words(mark)) for mark in marks],
        "ours": [(across.place(number), up.place(compared.ours)) for number, compared in points],
        "peer": [(across.place(number), up.place(compared.peer)) for number, compared in points],
    }


def _time_in_words(seconds: float) -> str:
    return f"{seconds * 1e6:,.3g} µs" if seconds < 1e-3 else f"{seconds * 1e3:,.3g} ms"
