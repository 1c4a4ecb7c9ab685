"""The command ``explain``: a page that steps through the specification while a program runs."""

import argparse
import sys
from pathlib import Path
from typing import Final, cast

from conformance.explain.litmus_run import explain_run
from conformance.explain.page import page_of, page_of_two, size_of, write_page
from conformance.explain.perfetto import write_trace
from conformance.explain.programs import ProgramError, explain_program, explain_scripted
from conformance.explain.recording import Recording, RecordingError, Sentences, read_recording
from conformance.explain.replay import explain_schedule
from conformance.explain.script import explain_script
from conformance.explorer.subjects import SUBJECTS, Subject
from conformance.litmus.browser_runs import TargetFailedError
from conformance.litmus.command import OURSELVES
from conformance.litmus.subjects import Interface
from conformance.pages import JinjaMissingError
from conformance.scripted.scheduler import Policy, tasks_first, work_first
from conformance.steps.spec_reader import document_name, read_sentences
from conformance.suite.report.output_paths import output_file
from conformance.targets.browsers import BrowserNotFoundError
from conformance.targets.node import NodeNotFoundError

HELP: Final = "make a page that steps through the spec while a program runs"
_JAVASCRIPT: Final = (".js", ".cjs", ".mjs")
_POLICIES: Final[dict[str, Policy]] = {"work-first": work_first, "tasks-first": tasks_first}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "program",
        nargs="*",
        type=Path,
        metavar="PROGRAM",
        help="a Python program, a script of JavaScript, or a recording of --save; two are shown side by side",
    )
    parser.add_argument("-o", "--output", type=output_file, metavar="PAGE", help="the page to write: one HTML file")
    parser.add_argument(
        "--replay",
        action="append",
        default=[],
        metavar="TRACE",
        help="the moves of a schedule of the explorer, separated by semicolons; given twice, side by side",
    )
    parser.add_argument(
        "--litmus",
        action="append",
        default=[],
        metavar="TEXT",
        help="a program of litmus tests, to be run on --target: the model beside the log, up to the first difference",
    )
    parser.add_argument(
        "--target", default=OURSELVES, metavar="NAME", help="what --litmus runs on, as in the command litmus"
    )
    parser.add_argument(
        "--interface", choices=SUBJECTS, default="VideoDecoder", help="what --replay and --litmus are about"
    )
    parser.add_argument(
        "--scripted",
        choices=_POLICIES,
        metavar="ORDER",
        help="run the program's main() on scripted codecs and a deterministic event loop: work-first or tasks-first",
    )
    parser.add_argument(
        "--spec",
        action="append",
        default=[],
        type=Path,
        metavar="HTML",
        help="a copy of the spec whose words are shown",
    )
    parser.add_argument("--save", type=output_file, metavar="FILE", help="write the recording, as JSON")
    parser.add_argument(
        "--perfetto", type=output_file, metavar="FILE", help="write a trace for Perfetto, with all steps"
    )
    parser.add_argument(
        "--examples", type=Path, metavar="DIR", help="write the explained examples of the documentation to a folder"
    )


def main(options: argparse.Namespace) -> int:
    """Record, and write what is asked for. Returns the exit status."""
    try:
        if options.examples is not None:
            from conformance.explain.examples import write_examples

            write_examples(cast("Path", options.examples))
            return 0
        recordings = _recordings(options)
        if not 1 <= len(recordings) <= 2:
            print("explain needs a program, a recording, --replay or --litmus; or two of them", file=sys.stderr)
            return 2
        if options.save is not None:
            recordings[0].write(cast("Path", options.save))
        if options.perfetto is not None:
            write_trace(recordings[0], cast("Path", options.perfetto))
        if options.output is not None:
            page = page_of(*recordings) if len(recordings) == 1 else page_of_two(*recordings)
            write_page(cast("Path", options.output), page)
    except _FAILURES as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    steps = " and ".join(f"{size_of(recording):,}" for recording in recordings)
    print(f"{options.output or options.save or options.perfetto or 'recorded'}: {steps} steps")
    return 0


#: The failures that are told in a line.
_FAILURES: Final = (
    ProgramError,
    RecordingError,
    JinjaMissingError,
    BrowserNotFoundError,
    NodeNotFoundError,
    TargetFailedError,
)


def _recordings(options: argparse.Namespace) -> list[Recording]:
    sentences = _sentences(cast("list[Path]", options.spec))
    recordings: list[Recording] = []
    for path in cast("list[Path]", options.program):
        if path.suffix == ".json":
            recordings.append(read_recording(path))
        elif path.suffix in _JAVASCRIPT:
            recordings.append(explain_script(path, sentences))
        elif options.scripted is not None:
            recordings.append(explain_scripted(path, _POLICIES[str(options.scripted)], sentences=sentences))
        else:
            recordings.append(explain_program(path, sentences))
    for trace in cast("list[str]", options.replay):
        recordings.append(explain_schedule(cast("Subject", options.interface), trace, sentences))
    for text in cast("list[str]", options.litmus):
        try:
            recordings.append(explain_run(cast("Interface", options.interface), text, str(options.target), sentences))
        except ValueError as error:
            raise ProgramError(str(error)) from error
    return recordings


def _sentences(specs: list[Path]) -> Sentences:
    sentences: dict[tuple[str, str, str], str] = {}
    for path in specs:
        sentences.update(read_sentences(path.read_text(encoding="utf-8"), document_name(path.name)))
    return sentences
