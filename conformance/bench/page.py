"""The figures of a benchmark as a page: ratios of speeds with their spread, and costs by a number."""

import math
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from conformance.bench.comparison import Ratio
from conformance.pages import render

#: Ratios up to this one, and down to its inverse, are always on the scale.
_LEAST_SCALE: Final = 2.0


@dataclass(frozen=True)
class Row:
    """A contestant, or a pair of them: the absolute values in words, and a ratio of speeds: above 1 is faster."""

    name: str
    values: str
    ratio: Ratio | None

    @property
    def ratio_in_words(self) -> str:
        """The ratio, with its spread if there is one."""
        if self.ratio is None:
            return ""
        has_spread = self.ratio.lowest < self.ratio.highest
        return str(self.ratio) if has_spread else f"{self.ratio.median:.2f}"


@dataclass(frozen=True)
class Chart:
    """A case. ``costs`` has CPU seconds by the number of codecs at once, if the case measures that."""

    case: str
    title: str
    meaning: str
    rows: Sequence[Row]
    costs: Mapping[int, float] = field(default_factory=dict)


def write_page(path: Path, charts: Sequence[Chart], rounds: int, was_busy: bool) -> None:
    """Write one HTML file. Raises JinjaMissingError and OSError."""
    scale = _scale(row.ratio for chart in charts for row in chart.rows if row.ratio is not None)
    page = render(
        "bench.html",
        {
            "machine": f"{platform.system()} on {platform.machine()}, Python {platform.python_version()}",
            "rounds": rounds,
            "was_busy": was_busy,
            "ticks": [(_place(tick, scale), f"{tick:g}" if tick >= 1 else f"1/{1 / tick:g}") for tick in _ticks(scale)],
            "charts": [
                {
                    "case": chart.case,
                    "title": chart.title,
                    "meaning": chart.meaning,
                    "rows": [(row, _places(row.ratio, scale)) for row in chart.rows],
                    "costs": [
                        {"number": f"{number:,}", "cost": f"{cost * 1e6:,.1f} µs", "share": _share(cost, chart.costs)}
                        for number, cost in chart.costs.items()
                    ],
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


def _places(ratio: Ratio | None, scale: float) -> list[float]:
    """The places of the lowest ratio, the median and the highest."""
    return [] if ratio is None else [_place(each, scale) for each in (ratio.lowest, ratio.median, ratio.highest)]


def _ticks(scale: float) -> list[float]:
    powers = [2.0**power for power in range(1, int(math.log2(scale)) + 1)]
    few = powers[:: math.ceil(len(powers) / 5)]
    return [*(1 / power for power in reversed(few)), 1.0, *few]


def _share(cost: float, costs: Mapping[int, float]) -> float:
    """Percent of the highest cost."""
    return round(100 * cost / max(costs.values()), 1)
