"""``python -m conformance soak``: each codec at work for long; what its process owns before it and after it."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from rich.console import Console
from rich.table import Table

from conformance.campaigns.case import Case, Part, Value
from conformance.campaigns.drawn_media import MATERIALS, calls_of, material
from conformance.campaigns.drawn_values import picture_call, sound_call
from conformance.campaigns.executor import Executor
from conformance.campaigns.measurements import DESCRIPTORS, MEMORY, THREADS, growth
from conformance.campaigns.outcome import Outcome
from conformance.media.sources import ENCODED_AUDIO, ENCODED_VIDEO
from conformance.suite.assertions import OptionalFeatureUnsupportedError

HELP: Final = "put chunks through each codec for long, and compare what the process owns before and after"
_DEFAULT_SECONDS: Final = 5.0
#: MiB of memory by which a codec's process may grow after its first executions.
_DEFAULT_SLACK: Final = 32.0
#: Chunks, or frames, of one execution.
_LENGTH: Final = 8


@dataclass(frozen=True)
class Soak:
    """The soak of a codec: the possessions of its process before and after, or the failure that ended it."""

    codec: str
    executions: int
    before: Mapping[str, int]
    after: Mapping[str, int]
    failure: str | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "--codec", choices=codecs(), action="append", metavar="NAME", help=f"repeatable: {', '.join(codecs())}"
    )
    parser.add_argument(
        "--time", type=float, default=_DEFAULT_SECONDS, metavar="S", help="seconds for each codec (default: 5)"
    )
    parser.add_argument("--executions", type=int, metavar="N", help="stop after N executions, in place of --time")
    parser.add_argument(
        "--slack", type=float, default=_DEFAULT_SLACK, metavar="MIB", help="memory that may be kept (default: 32 MiB)"
    )


def codecs() -> list[str]:
    """The names of all decoders' media, and of all encoders."""
    return [*MATERIALS, *(f"{variant.name} encoder" for variant in (*ENCODED_VIDEO, *ENCODED_AUDIO))]


def case_for(codec: str) -> Case | None:
    """The program that a codec's soak repeats, or None if this FFmpeg doesn't have that codec."""
    if codec in MATERIALS:
        made = material(codec)
        return None if made is None else Case("programs", tuple(calls_of(made, _LENGTH)))
    for variant in (*ENCODED_VIDEO, *ENCODED_AUDIO):
        if f"{variant.name} encoder" == codec:
            try:
                source = variant.make()
            except OptionalFeatureUnsupportedError:
                return None
            config = cast("dict[str, Value]", dict(source.config))
            is_video = "width" in config
            calls = [picture_call(number, 128, 96) if is_video else sound_call(number) for number in range(_LENGTH)]
            interface = "VideoEncoder" if is_video else "AudioEncoder"
            ends = (Part("flush", None), Part("wait", None))
            return Case("programs", (Part(interface, None), Part("configure", config), *calls, *ends))
    raise ValueError(f"there is no codec {codec}")


def soak(codec: str, case: Case, executor: Executor, *, seconds: float, executions: int | None) -> Soak:
    """Repeat the program in a new process."""
    answer = executor.soak(case, seconds=seconds, executions=executions)
    if isinstance(answer, Outcome):
        return Soak(codec, 0, {}, {}, f"{answer.verdict}: {answer.summary}\n{answer.details}")
    if "failure" in answer:
        return Soak(codec, 0, {}, {}, str(answer["failure"]))
    before, after = (cast("Mapping[str, int]", answer[name]) for name in ("before", "after"))
    return Soak(codec, cast("int", answer["executions"]), before, after)


def main(options: argparse.Namespace) -> int:
    """Soak the codecs. The exit status is 1 if one of them fails, or leaves more than it found."""
    console = Console(highlight=False, soft_wrap=True, markup=False)
    slack = int(options.slack * (1 << 20))
    soaks: list[Soak] = []
    with Executor() as executor:
        for codec in options.codec or codecs():
            case = case_for(codec)
            if case is None:
                console.print(f"{codec}: not in this FFmpeg")
                continue
            soaks.append(soak(codec, case, executor, seconds=options.time, executions=options.executions))
    _print(console, soaks)
    failed = False
    for each in soaks:
        grown = growth(each.before, each.after, slack)
        if each.failure is not None or grown:
            failed = True
            console.print(f"{each.codec}: {each.failure or f'more than before: {grown}'}")
    return int(failed)


def _print(console: Console, soaks: list[Soak]) -> None:
    table = Table("codec", "executions", "memory, MiB", "native objects", "threads", "descriptors")
    for each in soaks:
        sides = (each.before, each.after)
        memory = " to ".join(f"{side.get(MEMORY, 0) / (1 << 20):.1f}" for side in sides)
        others = {MEMORY, THREADS, DESCRIPTORS}
        objects = " to ".join(str(sum(n for name, n in side.items() if name not in others)) for side in sides)
        threads, descriptors = (
            " to ".join(str(side.get(name, 0)) for side in sides) for name in (THREADS, DESCRIPTORS)
        )
        table.add_row(each.codec, f"{each.executions:,}", memory, objects, threads, descriptors)
    console.print(table)
