"""``python -m conformance bench``: speed, side by side in one run with PyAV, the ffmpeg program, swscale and memcpy.

Decoding: every contestant decodes the same file with as many threads as FFmpeg chooses, in a process of its own, in
turns. PyAV is compared on the FFmpeg libraries of its own wheel, the ffmpeg program on the system's, so that a ratio
compares programs and not versions of FFmpeg. A rate is the median over the rounds; a ratio the median of the ratios of
each round, whose turns follow each other, as a machine is not equally fast at all times.

Encoding: see conformance.bench.encoding; a process for each round, in which the contestants take many short turns, on
the libraries of PyAV's wheel.

Audio, many and short-lived codecs, programs over files, and start-up: see conformance.bench.audio, .codecs, .files and
.start_up. Ratios there have their spread: the lowest and the highest of all rounds.

Raw media: see conformance.bench.pixels; on the libraries of PyAV's wheel, or the default ones where that is missing.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final, TypeAlias

from rich.console import Console
from rich.progress import track
from rich.table import Table

from conformance.bench import audio as bench_audio
from conformance.bench import codecs as bench_codecs
from conformance.bench import encoding as bench_encoding
from conformance.bench import files as bench_files
from conformance.bench import pixels as bench_pixels
from conformance.bench import recording as bench_recording
from conformance.bench import start_up as bench_start_up
from conformance.bench.comparison import Comparison, Ratio, comparisons_of, ratio_of, was_busy
from conformance.bench.page import Chart, Row, write_page
from conformance.pages import JinjaMissingError, require_jinja
from conformance.suite.report.output_paths import output_file

HELP: Final = "Measure speed against PyAV, the ffmpeg program, swscale and memcpy."

_DECODING_WORKER: Final = "conformance.bench.decoding_worker"

#: Name → description; conformance.bench.media makes it.
CASES: Final[Mapping[str, str]] = {
    "h264": "H.264 1920×1080, 30 frames/s",
    "vp9": "VP9 1280×720, 30 frames/s",
    "opus": "Opus stereo, 20 ms packets",
}


#: Cases of two programs that do the same works.
_COMPARED: Final[Mapping[str, str]] = {
    **bench_audio.CASES,
    **bench_codecs.CASES,
    **bench_files.CASES,
    **bench_recording.CASES,
    **bench_start_up.CASES,
}
#: Audio is quickly decoded, so that its media are longer than those of video.
_AUDIO_LENGTH: Final = 8


@dataclass(frozen=True)
class Contestant:
    """A program that decodes or encodes, and the libraries that it uses."""

    name: str
    libraries: str


#: The rates of each contestant, round by round.
Rates: TypeAlias = Mapping[Contestant, list[float]]


def _all_cases() -> list[str]:
    return [*CASES, *bench_encoding.CASES, *bench_pixels.CASES, *_COMPARED]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    cases = _all_cases()
    parser.add_argument("--case", action="append", choices=cases, help="only this case (may be repeated)")
    parser.add_argument("--rounds", type=int, default=7, help="turns for each contestant (default: 7)")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of the media in seconds (default: 8)")
    parser.add_argument("--json", type=output_file, metavar="FILE", help="write all figures to FILE")
    parser.add_argument("--html", type=output_file, metavar="FILE", help="write all figures as a page")


def main(options: argparse.Namespace) -> int:
    """Run the benchmark. Returns the exit status."""
    console = Console()
    cases = options.case or _all_cases()
    figures: dict[str, dict[str, float]] = {}
    charts: list[Chart] = []
    try:
        if options.html is not None:
            require_jinja()
    except JinjaMissingError as error:
        console.print(str(error), markup=False, soft_wrap=True)
        return 1
    for case, decoded in _measure_decoding([case for case in cases if case in CASES], options, console):
        figures[case] = _figures(decoded)
        charts.append(_chart_of_rates(case, CASES[case], _decoding_unit(case), decoded))
    for case in cases:
        if case in bench_encoding.CASES:
            rates = _measure_encoding(case, int(options.rounds), float(options.seconds), console)
            figures[case] = _figures(rates)
            title, unit = bench_encoding.CASES[case], bench_encoding.unit(case)
            console.print(_table(title, "encoded by", unit, rates))
            charts.append(_chart_of_rates(case, title, unit, rates))
    for case in cases:
        if case in bench_pixels.CASES:
            with console.status(bench_pixels.CASES[case]):
                figures[case] = _measure_pixels(case, int(options.rounds))
            console.print(_pixels_table(case, figures[case]))
            charts.append(_chart_of_pixels(case, figures[case]))
    for case in cases:
        if case in _COMPARED:
            with console.status(_COMPARED[case]):
                comparisons = _measure_compared(case, int(options.rounds), float(options.seconds))
            figures[case] = _figures_of(comparisons)
            console.print(_comparison_table(case, comparisons))
            charts.append(_chart_of_comparisons(case, comparisons))
    if was_busy():
        console.print("The machine was busy with other programs: wall times tell little, and CPU times are too long.")
    if options.json is not None:
        Path(options.json).write_text(json.dumps(figures, indent=2) + "\n")
    if options.html is not None:
        write_page(options.html, charts, int(options.rounds), was_busy())
    return 0


def _measure_decoding(
    cases: Sequence[str], options: argparse.Namespace, console: Console
) -> Iterator[tuple[str, Rates]]:
    """Frames (of audio: packets) a second of each case, which are printed as well."""
    if not cases:
        return
    contestants = _contestants(console)
    with tempfile.TemporaryDirectory() as directory:
        for case in cases:
            with console.status(f"Making {CASES[case]}"):
                path = _make(case, float(options.seconds), Path(directory))
            rates: Rates = {contestant: [] for contestant in contestants}
            for round in track(range(int(options.rounds)), f"{CASES[case]}", console=console, transient=True):
                for contestant in _in_turn(contestants, round):
                    rates[contestant].append(_measure(contestant, case, path))
            console.print(_table(CASES[case], "decoded by", _decoding_unit(case), rates))
            yield case, rates


def _decoding_unit(case: str) -> str:
    return "packets/s" if case == "opus" else "frames/s"


def _in_turn(contestants: Sequence[Contestant], round: int) -> Sequence[Contestant]:
    """The contestants. In every other round the last one comes first."""
    return contestants[:: -1 if round % 2 else 1]


def _figures(rates: Rates) -> dict[str, float]:
    """The rate of each contestant, and the ratio to it for all others."""
    figures: dict[str, float] = {}
    for contestant, of_rounds in rates.items():
        name = f"{contestant.name} on {contestant.libraries}"
        figures[name] = median(of_rounds)
        ratio = _ratio(contestant, rates)
        if ratio is not None:
            figures[f"ratio to {name}"] = ratio.median
            figures[f"ratio to {name}, the lowest"] = ratio.lowest
            figures[f"ratio to {name}, the highest"] = ratio.highest
    return figures


def _ratio(contestant: Contestant, rates: Rates) -> Ratio | None:
    """The speed of codecmodel on the libraries of the contestant, in units of the contestant's."""
    ours = rates.get(Contestant("codecmodel", contestant.libraries))
    if contestant.name == "codecmodel" or ours is None:
        return None
    return ratio_of([our_rate / rate for our_rate, rate in zip(ours, rates[contestant], strict=True)])


def _measure_encoding(case: str, rounds: int, seconds: float, console: Console) -> Rates:
    """The frames, or packets of audio, that each contestant encodes a second, in each of its turns."""
    libraries = "default" if _wheel_directory() is None else "av wheel"
    rates: dict[Contestant, list[float]] = {}
    for _ in track(range(rounds), bench_encoding.CASES[case], console=console, transient=True):
        output = _run_module("conformance.bench.encoding", [case, str(seconds)], _environment(libraries))
        for name, of_turns in json.loads(output).items():
            rates.setdefault(Contestant(str(name), libraries), []).extend(map(float, of_turns))
    return rates


def _measure_pixels(case: str, rounds: int) -> dict[str, float]:
    """The seconds of each contestant."""
    libraries = "default" if _wheel_directory() is None else "av wheel"
    output = _run_module("conformance.bench.pixels", [case, str(rounds)], _environment(libraries))
    return {str(name): float(seconds) for name, seconds in json.loads(output).items()}


def _pixels_table(case: str, seconds: Mapping[str, float]) -> Table:
    """The times of contestants, ours first, and the ratio of each to the first."""
    table = Table(title=bench_pixels.CASES[case], title_justify="left")
    table.add_column("by")
    table.add_column("µs", justify="right")
    table.add_column("codecmodel's ratio to it", justify="right")
    ours = next(iter(seconds.values()))
    for name, duration in seconds.items():
        table.add_row(name, f"{duration * 1e6:,.1f}", f"{ours / duration:.2f}")
    return table


def _measure_compared(case: str, rounds: int, seconds: float) -> dict[str, Comparison]:
    libraries = "default" if _wheel_directory() is None else "av wheel"
    if case in bench_audio.CASES:
        arguments = [case, str(seconds * _AUDIO_LENGTH), str(rounds)]
        return comparisons_of(_run_module("conformance.bench.audio", arguments, _environment(libraries)))
    if case in bench_files.CASES:
        arguments = [case, str(seconds), str(rounds)]
        return comparisons_of(_run_module("conformance.bench.files", arguments, _environment(libraries)))
    if case in bench_codecs.CASES:
        return comparisons_of(
            _run_module("conformance.bench.codecs", [str(seconds), str(rounds)], _environment(libraries))
        )
    if case in bench_recording.CASES:
        arguments = [str(seconds), str(rounds)]
        return comparisons_of(_run_module("conformance.bench.recording", arguments, _environment(libraries)))
    return comparisons_of(_run_module("conformance.bench.start_up", [str(rounds)], _environment("system")))


def _figures_of(comparisons: Mapping[str, Comparison]) -> dict[str, float]:
    """The figures of each comparison: CPU times in seconds, and the ratios with their lowest and highest values."""
    figures: dict[str, float] = {}
    for name, comparison in comparisons.items():
        figures[f"{name}: CPU seconds"] = comparison.ours.cpu
        figures[f"{name}: CPU seconds of the peer"] = comparison.peer.cpu
        for kind, ratio in (("CPU", comparison.cpu), ("wall", comparison.wall)):
            figures[f"{name}: speed over the peer's ({kind})"] = ratio.median
            figures[f"{name}: the lowest of these ({kind})"] = ratio.lowest
            figures[f"{name}: the highest of these ({kind})"] = ratio.highest
    return figures


def _comparison_table(case: str, comparisons: Mapping[str, Comparison]) -> Table:
    """A row for each work: the CPU times, and the ratios of speeds with their spread."""
    table = Table(title=f"{_COMPARED[case]}: speed over the peer's", title_justify="left")
    table.add_column("work")
    for heading in ("CPU µs", "peer's", "CPU ratio", "wall ratio"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, comparison in comparisons.items():
        ours, peer = (f"{times.cpu * 1e6:,.1f}" for times in (comparison.ours, comparison.peer))
        table.add_row(name, ours, peer, str(comparison.cpu), str(comparison.wall))
    return table


def _chart_of_rates(case: str, title: str, unit: str, rates: Rates) -> Chart:
    rows = [
        Row(
            f"{contestant.name} on {contestant.libraries}",
            f"{median(of_rounds):,.0f} {unit}",
            _ratio(contestant, rates),
        )
        for contestant, of_rounds in rates.items()
    ]
    return Chart(case, title, "codecmodel's speed over it", rows)


def _chart_of_pixels(case: str, seconds: Mapping[str, float]) -> Chart:
    ours = next(iter(seconds.values()))
    rows = [
        Row(name, f"{duration * 1e6:,.1f} µs", None if duration == ours else ratio_of([duration / ours]))
        for name, duration in seconds.items()
    ]
    return Chart(case, bench_pixels.CASES[case], "codecmodel's speed over it", rows)


def _chart_of_comparisons(case: str, comparisons: Mapping[str, Comparison]) -> Chart:
    rows = [
        Row(f"{name}: {kind}", f"{ours * 1e6:,.1f} µs, {peer * 1e6:,.1f} µs", ratio)
        for name, compared in comparisons.items()
        for kind, ours, peer, ratio in (
            ("CPU", compared.ours.cpu, compared.peer.cpu, compared.cpu),
            ("wall", compared.ours.wall, compared.peer.wall, compared.wall),
        )
    ]
    costs = bench_codecs.cost_by_number(comparisons) if case in bench_codecs.CASES else {}
    return Chart(case, _COMPARED[case], "the first one's speed over the second's", rows, costs)


def _contestants(console: Console) -> list[Contestant]:
    contestants: list[Contestant] = []
    if _wheel_directory() is not None:
        contestants += [Contestant("codecmodel", "av wheel"), Contestant("PyAV", "av wheel")]
    else:
        console.print("PyAV is not installed: no comparison with it.")
    if shutil.which("ffmpeg"):
        contestants += [Contestant("codecmodel", "system"), Contestant("ffmpeg", "system")]
    else:
        console.print("There is no ffmpeg program: no comparison with it.")
    return contestants or [Contestant("codecmodel", "default")]


def _wheel_directory() -> Path | None:
    spec = find_spec("av")
    if spec is None or not spec.submodule_search_locations:
        return None
    directory = Path(spec.submodule_search_locations[0]).parent / "av.libs"
    return directory if directory.is_dir() else None


def _table(title: str, who: str, unit: str, rates: Rates) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(who)
    table.add_column("FFmpeg libraries")
    table.add_column(unit, justify="right")
    table.add_column("codecmodel's ratio to it", justify="right")
    for contestant, of_rounds in rates.items():
        ratio = _ratio(contestant, rates)
        shown = "" if ratio is None else str(ratio)
        table.add_row(contestant.name, contestant.libraries, f"{median(of_rounds):,.0f}", shown)
    return table


def _run_module(module: str, arguments: list[str], environment: Mapping[str, str]) -> str:
    process = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{process.stderr}")
    return process.stdout


def _environment(libraries: str) -> dict[str, str]:
    environment = dict(os.environ)
    wheel = _wheel_directory()
    if libraries == "av wheel" and wheel is not None:
        environment["FFBIND_LIBRARY_DIR"] = str(wheel)
    elif libraries == "system":
        environment.pop("FFBIND_LIBRARY_DIR", None)
    return environment


def _make(case: str, seconds: float, directory: Path) -> Path:
    path = directory / f"{case}.mkv"
    _run_module(_DECODING_WORKER, ["make", case, str(seconds), str(path)], dict(os.environ))
    return path


def _measure(contestant: Contestant, case: str, path: Path) -> float:
    """Frames (of audio: packets) a second."""
    if contestant.name == "ffmpeg":
        return _measure_ffmpeg(case, path)
    output = _run_module(_DECODING_WORKER, [contestant.name, case, str(path)], _environment(contestant.libraries))
    return float(output)


def _measure_ffmpeg(case: str, path: Path) -> float:
    """The program's own time for the whole file, less its time for none of it."""
    kind = ["-map", "0:a"] if case == "opus" else ["-map", "0:v"]
    base = ["ffmpeg", "-v", "error", "-nostdin"]

    def run(limit: list[str]) -> float:
        start = perf_counter()
        subprocess.run([*base, "-i", str(path), *kind, *limit, "-f", "null", "-"], check=True)
        return perf_counter() - start

    count = int(_run_module(_DECODING_WORKER, ["count", case, str(path)], dict(os.environ)))
    whole = run([])
    return count / max(whole - run(["-frames", "1"]), 1e-3)
