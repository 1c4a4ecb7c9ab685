"""``python -m conformance bench``: speed and memory, side by side in one run with PyAV, the ffmpeg program and others.

The programs of a comparison take turns, after one turn each that does not count. A cost is the median over the rounds;
a ratio is the median of the ratios of each round, whose turns follow each other, as a machine is not equally fast at
all times. Each ratio has its spread: the lowest and the highest of all rounds. A ratio is the peer's cost over that of
codecmodel: above 1, codecmodel is faster, or needs less.

Each case runs in a process of its own, on the FFmpeg libraries of PyAV's wheel. Where a program like ffmpeg is
compared, the libraries are those of the system, so that a ratio compares programs and not versions of FFmpeg. The
modules of this package say how each case is measured. The bench judges nothing.
"""

import argparse
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from conformance.bench import (
    audio,
    busy,
    codecs,
    decoding,
    encoding,
    files,
    memory,
    pixels,
    recording,
    start_up,
    transcoding,
)
from conformance.bench.case_process import measure_in_child
from conformance.bench.comparison import Settings
from conformance.bench.libraries import has_program, has_pyav
from conformance.bench.machine import Watch, processors
from conformance.bench.page import Axis, Chart, write_page
from conformance.bench.peers import find_peer
from conformance.bench.summary import read_figures, summary
from conformance.pages import JinjaMissingError, require_jinja
from conformance.suite.report.output_paths import output_file
from conformance.targets.browsers import BrowserNotFoundError, is_browser
from conformance.targets.node import NodeNotFoundError
from conformance.targets.node_module import ModuleNotFoundInNodeError

HELP: Final = "Measure speed against PyAV, the ffmpeg program, swscale and memcpy."


@dataclass(frozen=True)
class _Case:
    """A case, and the module that measures it."""

    title: str
    module: str


_MODULES: Final = (
    decoding,
    encoding,
    transcoding,
    pixels,
    audio,
    codecs,
    busy,
    files,
    memory,
    recording,
    start_up,
)
_CASES: Final[Mapping[str, _Case]] = {
    case: _Case(title, module.__name__) for module in _MODULES for case, title in module.CASES.items()
}
#: Cases that take long, and run only when they are asked for.
_ON_REQUEST: Final = frozenset(busy.ON_REQUEST)
#: The axes of cases whose comparisons have numbers.
_AXES: Final[Mapping[str, Axis]] = {
    "codecs": Axis("CPU time of a chunk", "decoders at once"),
    "batch": Axis("CPU time of a chunk", "chunks before each flush"),
    "resolution": Axis("CPU time of a frame", "rows of a picture, 16:9"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    few = ", ".join(sorted(_ON_REQUEST))
    parser.add_argument(
        "--case",
        action="append",
        choices=list(_CASES),
        help=f"only this case (may be repeated; {few} is measured only if it is named)",
    )
    parser.add_argument("--rounds", type=int, default=5, help="turns of each program that count (default: 5)")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of the media in seconds (default: 3)")
    parser.add_argument(
        "--packets", type=int, default=2000, help="the least number of packets of audio in a turn (default: 2000)"
    )
    parser.add_argument(
        "--peer",
        action="append",
        default=[],
        metavar="chromium|node:MODULE",
        help="also compare decoding with this implementation of WebCodecs (may be repeated)",
    )
    parser.add_argument("--json", type=output_file, metavar="FILE", help="write all figures to FILE")
    parser.add_argument("--html", type=output_file, metavar="FILE", help="write all figures as a page")
    parser.add_argument(
        "--summary",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="measure nothing: print the README's table of what --json has written, the medians of these runs",
    )


def main(options: argparse.Namespace) -> int:
    """Run the benchmark. Returns the exit status."""
    if options.summary is not None:
        return _print_summary(options.summary)
    console = Console()
    settings = Settings(float(options.seconds), int(options.rounds), int(options.packets), tuple(options.peer))
    try:
        if options.html is not None:
            require_jinja()
        for peer in settings.peers:
            console.print(f"Peer: {find_peer(peer)}", markup=False)
    except (JinjaMissingError, BrowserNotFoundError, NodeNotFoundError, ModuleNotFoundInNodeError) as error:
        console.print(str(error), markup=False, soft_wrap=True)
        return 1
    for is_there, name in ((has_pyav(), "PyAV"), *((has_program(each), each) for each in ("ffmpeg", "ffprobe"))):
        if not is_there:
            console.print(f"{name} is not installed: no comparison with it.")
    charts: list[Chart] = []
    for name in options.case or [case for case in _CASES if case not in _ON_REQUEST]:
        case = _CASES[name]
        watch = Watch()
        with console.status(case.title):
            comparisons = measure_in_child(case.module, name, settings)
        # A browser's processes are others, which cannot be told apart.
        has_browser = case.module == decoding.__name__ and any(is_browser(peer) for peer in settings.peers)
        others = None if has_browser else watch.share_of_others
        charts.append(Chart(name, case.title, comparisons, others, _AXES.get(name)))
        console.print(_table(charts[-1]))
        if charts[-1].warning:
            console.print(charts[-1].warning, style="yellow")
    if options.json is not None:
        Path(options.json).write_text(json.dumps(_figures(charts, settings), indent=2) + "\n")
    if options.html is not None:
        write_page(options.html, charts, settings.rounds)
    return 0


def _print_summary(paths: Sequence[Path]) -> int:
    try:
        runs = [read_figures(path) for path in paths]
    except (OSError, ValueError) as error:
        print(error)
        return 1
    for line in summary(runs):
        print(line)
    return 0


def _table(chart: Chart) -> Table:
    """A row for each quantity of each work: the costs, and their ratio with its spread."""
    table = Table(title=f"{chart.case}: {chart.title}", title_justify="left")
    table.add_column("work, peer")
    table.add_column("")
    for heading in ("codecmodel", "peer", "ratio"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in chart.rows:
        name = row.work if row.is_first else ""
        table.add_row(name, str(row.quantity), row.ours, row.peer, str(row.compared.ratio))
    if not chart.rows:
        table.add_row("nothing to compare with", "", "", "", "")
    return table


def _figures(charts: Sequence[Chart], settings: Settings) -> Mapping[str, object]:
    """All figures, in seconds and bytes."""
    return {
        "machine": {"system": platform.system(), "architecture": platform.machine(), "processors": processors()},
        "python": platform.python_version(),
        "settings": asdict(settings),
        "cases": {
            chart.case: {
                "title": chart.title,
                "share of other programs": chart.share_of_others,
                "works": {
                    work: {
                        quantity: {"codecmodel": each.ours, "peer": each.peer, "ratio": each.ratio._asdict()}
                        for quantity, each in comparison.quantities.items()
                    }
                    for work, comparison in chart.comparisons.items()
                },
            }
            for chart in charts
        },
    }
