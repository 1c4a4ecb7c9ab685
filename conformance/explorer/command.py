"""The command ``explore``: every schedule of every program of calls on a decoder, up to so many calls."""

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from time import monotonic
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from conformance.explorer.invariants import INVARIANTS
from conformance.explorer.mutations import MUTATIONS
from conformance.explorer.programs import CALLBACKS, CALLS, Pattern, count_programs
from conformance.explorer.search import Exploration, Failure, Limits, explore
from conformance.explorer.simulation import BadMoveError, Simulation
from conformance.scripted.observed_decoder import Kind

HELP: Final = "run programs of calls under every interleaving of tasks and work, and check the invariants"
KINDS: Final[Sequence[Kind]] = ("audio", "video")
#: A replay makes what calls it likes.
ANY_NUMBER: Final = 1 << 20
ALL_PROGRAMS: Final = "..."
SECONDS_A_LINE: Final = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--calls", type=int, default=4, metavar="N", help="calls per program (default: %(default)s)")
    parser.add_argument(
        "--calls-in-callbacks",
        type=int,
        default=2,
        metavar="N",
        help="how many of them may be made inside callbacks (default: %(default)s)",
    )
    parser.add_argument(
        "--programs",
        type=_pattern,
        default=Pattern(ALL_PROGRAMS),
        metavar="PATTERN",
        help=f"only these, for instance 'configure decode ... output:*': calls are {', '.join(CALLS)}, made by a "
        f"script, or inside callbacks: {', '.join(CALLBACKS)}; '...' stands for any calls",
    )
    parser.add_argument("--decoder", choices=KINDS, help="only this decoder (default: both)")
    parser.add_argument("--seconds", type=float, metavar="S", help="stop each search after so long")
    parser.add_argument("--failures", type=int, default=1, metavar="N", help="stop after so many (default: 1)")
    parser.add_argument("--replay", metavar="TRACE", help="make these moves, separated by semicolons, and show them")
    parser.add_argument(
        "--mutation",
        choices=[mutation.name for mutation in MUTATIONS],
        metavar="NAME",
        help="break the model first: one of " + "; ".join(mutation.name for mutation in MUTATIONS),
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def _pattern(text: str) -> Pattern:
    try:
        return Pattern(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def main(options: argparse.Namespace) -> int:
    """Explore, or replay; the exit status is 1 if an invariant was violated."""
    console = Console(highlight=False, soft_wrap=True)
    kinds: Sequence[Kind] = KINDS if options.decoder is None else [options.decoder]
    with ExitStack() as stack:
        for mutation in MUTATIONS:
            if mutation.name == options.mutation:
                stack.enter_context(mutation.applied())
        if options.replay is not None:
            return _replay(console, kinds[0], str(options.replay))
        limits = Limits(int(options.calls), int(options.calls_in_callbacks), options.programs, options.seconds)
        explorations = [_explore(console, kind, limits, options) for kind in kinds]
        if options.json:
            print(json.dumps([_as_json(exploration) for exploration in explorations], indent=2))
        else:
            _print(console, explorations, options)
    return int(any(exploration.failures for exploration in explorations))


def _explore(console: Console, kind: Kind, limits: Limits, options: argparse.Namespace) -> Exploration:
    if not console.is_terminal:
        return explore(kind, limits, failures=int(options.failures), progress=_Lines(kind))
    with console.status(f"{kind} decoder") as status:

        def progress(heaps: int, moves: int) -> None:
            status.update(f"{kind} decoder: {heaps:,} states, {moves:,} moves")

        return explore(kind, limits, failures=int(options.failures), progress=progress)


class _Lines:
    """Tells of a long search's progress where there is no terminal: a line on standard error now and then."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._next = monotonic() + SECONDS_A_LINE

    def __call__(self, heaps: int, moves: int) -> None:
        if monotonic() >= self._next:
            self._next = monotonic() + SECONDS_A_LINE
            print(f"{self._kind} decoder: {heaps:,} states, {moves:,} moves", file=sys.stderr, flush=True)


def _print(console: Console, explorations: Sequence[Exploration], options: argparse.Namespace) -> None:
    limits = explorations[0].limits
    scope = f"up to {limits.calls} calls, {limits.calls_in_callbacks} of them inside callbacks"
    console.print(f"Programs: {' '.join(limits.pattern.words)}, {scope}")
    if limits.pattern.words == (ALL_PROGRAMS,):
        console.print(f"That is {count_programs(limits.calls, limits.calls_in_callbacks):,} programs.")
    table = Table()
    for column in ("decoder", "schedules", "states", "moves", "longest", "seconds", "violations"):
        # A number that is cut short says nothing, however narrow the terminal is.
        table.add_column(column, justify="left" if column == "decoder" else "right", overflow="fold", no_wrap=False)
    for exploration in explorations:
        schedules = "not counted" if exploration.schedules is None else f"{exploration.schedules[-1]:,}"
        table.add_row(
            exploration.kind,
            schedules,
            f"{exploration.states:,}",
            f"{exploration.moves:,}",
            str(exploration.deepest),
            f"{exploration.seconds:.1f}",
            str(len(exploration.failures)),
        )
    console.print(table)
    console.print("Checked on each:")
    for name, meaning in INVARIANTS.items():
        console.print(f"  {name}: {meaning}")
    for exploration in explorations:
        if not (exploration.is_complete or exploration.failures):
            console.print(f"The {exploration.kind} decoder's search was stopped before its end.")
        for failure in exploration.failures:
            _print_failure(console, exploration.kind, failure, options)


def _print_failure(console: Console, kind: Kind, failure: Failure, options: argparse.Namespace) -> None:
    console.print(f"\nViolated, by the {kind} decoder: {escape(str(failure.violation))}")
    _show(console, kind, failure.moves)
    mutation = f" --mutation '{options.mutation}'" if options.mutation else ""
    command = f"python -m conformance explore --decoder {kind}{mutation} --replay '{'; '.join(failure.moves)}'"
    console.print(f"Replay: {escape(command)}")


def _replay(console: Console, kind: Kind, trace: str) -> int:
    try:
        violations = _show(console, kind, [move.strip() for move in trace.split(";") if move.strip()])
    except BadMoveError as error:
        console.print(f"That schedule can't be: {escape(str(error))}")
        return 2
    return int(violations)


def _show(console: Console, kind: Kind, moves: Sequence[str]) -> bool:
    """Make the moves again and print each with what it runs and what is seen; whether an invariant is violated."""
    simulation = Simulation(kind, ANY_NUMBER, ANY_NUMBER, Pattern(ALL_PROGRAMS))
    for number, move in enumerate(moves, start=1):
        what = simulation.describe(move)
        seen, violated = len(simulation.log), len(simulation.violations)
        simulation.make(move)
        console.print(escape(f"{number:4} {move}" + (f" ({what})" if what else "")))
        for entry in simulation.log[seen:]:
            console.print(escape(f"         {entry}"))
        for violation in simulation.violations[violated:]:
            console.print(escape(f"     !!! {violation}"), style="red")
    return bool(simulation.violations)


def _as_json(exploration: Exploration) -> dict[str, object]:
    limits = exploration.limits
    return {
        "decoder": exploration.kind,
        "programs": " ".join(limits.pattern.words),
        "calls": limits.calls,
        "calls_in_callbacks": limits.calls_in_callbacks,
        "number_of_programs": count_programs(limits.calls, limits.calls_in_callbacks)
        if limits.pattern.words == (ALL_PROGRAMS,)
        else None,
        "complete": exploration.is_complete,
        "schedules": exploration.schedules,
        "states": exploration.states,
        "moves": exploration.moves,
        "longest": exploration.deepest,
        "seconds": round(exploration.seconds, 3),
        "invariants": INVARIANTS,
        "violations": [
            {
                "invariant": failure.violation.invariant,
                "what": failure.violation.what,
                "trace": "; ".join(failure.moves),
            }
            for failure in exploration.failures
        ],
    }
