"""The command ``explore``: every schedule of every program of calls on a codec, up to so many calls."""

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

from conformance.explorer.mutations import MUTATIONS
from conformance.explorer.program_run import BadMoveError
from conformance.explorer.programs import CALLBACKS, Pattern, count_programs
from conformance.explorer.search import Exploration, Failure, Limits, explore
from conformance.explorer.subjects import SUBJECTS, Subject

HELP: Final = "run programs of calls under every interleaving of tasks and work, and check the invariants"
#: The subjects that are explored if none is named.
DEFAULT_SUBJECTS: Final[Sequence[Subject]] = tuple(SUBJECTS)
#: A replay may make any number of calls.
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
        default=ALL_PROGRAMS,
        metavar="PATTERN",
        help="only these, for instance 'configure decode ... output:*': calls are made by a script, or inside "
        f"callbacks ({', '.join(CALLBACKS)}); '...' stands for any calls",
    )
    parser.add_argument("--interface", choices=SUBJECTS, help="only this one (default: all of them)")
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


def main(options: argparse.Namespace) -> int:
    """Explore, or replay. The exit status is 1 if an invariant was violated."""
    console = Console(highlight=False, soft_wrap=True)
    subjects: Sequence[Subject] = DEFAULT_SUBJECTS if options.interface is None else [options.interface]
    with ExitStack() as stack:
        for mutation in MUTATIONS:
            if mutation.name == options.mutation:
                stack.enter_context(mutation.applied())
        if options.replay is not None:
            return _replay(console, subjects[0], str(options.replay))
        try:
            patterns = [Pattern(str(options.programs), SUBJECTS[subject].calls) for subject in subjects]
        except ValueError as error:
            console.print(escape(str(error)))
            return 2
        explorations = [
            _explore(console, subject, _limits(options, pattern), options)
            for subject, pattern in zip(subjects, patterns, strict=True)
        ]
        if options.json:
            print(json.dumps([_as_json(exploration) for exploration in explorations], indent=2))
        else:
            _print(console, explorations, options)
    return int(any(exploration.failures for exploration in explorations))


def _limits(options: argparse.Namespace, pattern: Pattern) -> Limits:
    return Limits(int(options.calls), int(options.calls_in_callbacks), pattern, options.seconds)


def _explore(console: Console, subject: Subject, limits: Limits, options: argparse.Namespace) -> Exploration:
    if not console.is_terminal:
        return explore(subject, limits, failures=int(options.failures), progress=_Lines(subject))
    with console.status(subject) as status:

        def progress(heaps: int, moves: int) -> None:
            status.update(f"{subject}: {heaps:,} states, {moves:,} moves")

        return explore(subject, limits, failures=int(options.failures), progress=progress)


class _Lines:
    """Reports the progress of a long search without a terminal: a line on standard error now and then."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._next = monotonic() + SECONDS_A_LINE

    def __call__(self, heaps: int, moves: int) -> None:
        if monotonic() >= self._next:
            self._next = monotonic() + SECONDS_A_LINE
            print(f"{self._subject}: {heaps:,} states, {moves:,} moves", file=sys.stderr, flush=True)


def _print(console: Console, explorations: Sequence[Exploration], options: argparse.Namespace) -> None:
    limits = explorations[0].limits
    scope = f"up to {limits.calls} calls, {limits.calls_in_callbacks} of them inside callbacks"
    console.print(f"Programs: {' '.join(limits.pattern.words)}, {scope}")
    if limits.pattern.words == (ALL_PROGRAMS,) and "decode" in SUBJECTS[explorations[0].subject].calls[:2]:
        console.print(f"That is {count_programs(limits.calls, limits.calls_in_callbacks):,} programs of a decoder.")
    table = Table()
    for column in ("interface", "schedules", "states", "moves", "longest", "seconds", "violations"):
        # A number that is cut short is of no use, even if the terminal is narrow.
        table.add_column(column, justify="left" if column == "interface" else "right", overflow="fold", no_wrap=False)
    for exploration in explorations:
        schedules = "not counted" if exploration.schedules is None else f"{exploration.schedules[-1]:,}"
        table.add_row(
            exploration.subject,
            schedules,
            f"{exploration.states:,}",
            f"{exploration.moves:,}",
            str(exploration.deepest),
            f"{exploration.seconds:.1f}",
            str(len(exploration.failures)),
        )
    console.print(table)
    for subject in dict.fromkeys(exploration.subject for exploration in explorations):
        console.print(f"Checked on {subject}:")
        for name, meaning in SUBJECTS[subject].invariants.items():
            console.print(f"  {name}: {meaning}")
    for exploration in explorations:
        if not (exploration.is_complete or exploration.failures):
            console.print(f"The search of {exploration.subject} was stopped before its end.")
        for failure in exploration.failures:
            _print_failure(console, exploration.subject, failure, options)


def _print_failure(console: Console, subject: Subject, failure: Failure, options: argparse.Namespace) -> None:
    console.print(f"\nViolated, by {subject}: {escape(str(failure.violation))}")
    _show(console, subject, failure.moves)
    quoted = f"'{subject}'" if " " in subject else subject
    mutation = f" --mutation '{options.mutation}'" if options.mutation else ""
    command = f"python -m conformance explore --interface {quoted}{mutation} --replay '{'; '.join(failure.moves)}'"
    console.print(f"Replay: {escape(command)}")


def _replay(console: Console, subject: Subject, trace: str) -> int:
    try:
        violations = _show(console, subject, [move.strip() for move in trace.split(";") if move.strip()])
    except BadMoveError as error:
        console.print(f"That schedule can't be: {escape(str(error))}")
        return 2
    return int(violations)


def _show(console: Console, subject: Subject, moves: Sequence[str]) -> bool:
    """Make the moves again, and print each with its steps and events. Returns whether an invariant is violated."""
    run = SUBJECTS[subject].new_run(ANY_NUMBER, ANY_NUMBER, Pattern(ALL_PROGRAMS))
    for number, move in enumerate(moves, start=1):
        what = run.describe(move)
        seen, violated = len(run.log), len(run.violations)
        run.make(move)
        console.print(escape(f"{number:4} {move}" + (f" ({what})" if what else "")))
        for entry in run.log[seen:]:
            console.print(escape(f"         {entry}"))
        for violation in run.violations[violated:]:
            console.print(escape(f"     !!! {violation}"), style="red")
    return bool(run.violations)


def _as_json(exploration: Exploration) -> dict[str, object]:
    limits = exploration.limits
    return {
        "interface": exploration.subject,
        "programs": " ".join(limits.pattern.words),
        "calls": limits.calls,
        "calls_in_callbacks": limits.calls_in_callbacks,
        "number_of_programs": count_programs(limits.calls, limits.calls_in_callbacks)
        if limits.pattern.words == (ALL_PROGRAMS,) and "decode" in SUBJECTS[exploration.subject].calls[:2]
        else None,
        "complete": exploration.is_complete,
        "schedules": exploration.schedules,
        "states": exploration.states,
        "moves": exploration.moves,
        "longest": exploration.deepest,
        "seconds": round(exploration.seconds, 3),
        "invariants": SUBJECTS[exploration.subject].invariants,
        "violations": [
            {
                "invariant": failure.violation.invariant,
                "what": failure.violation.what,
                "trace": "; ".join(failure.moves),
            }
            for failure in exploration.failures
        ],
    }
