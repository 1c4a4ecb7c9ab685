"""A process that forks a child for each job, so that a crash of a codec library ends the work on one file alone.

It loads FFmpeg once, but no media. Each line of standard input is a job, each line of standard output its outcome, in
JSON.
"""

import faulthandler
import gc
import io
import json
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import asdict, replace
from time import monotonic
from typing import Final

import ffbind
from codecmodel.command_line import media_commands, probe_command, thumbnails_command  # noqa: F401 - loaded once for all
from codecmodel.command_line.arguments import parser
from codecmodel.command_line.batch.job import Job, Outcome, Status, outcome_from
from codecmodel.command_line.damage import DamageError
from codecmodel.command_line.main import run
from codecmodel.files.errors import MediaFileError
from codecmodel.platform.threads import set_thread_limit

#: Characters of standard error that an outcome keeps.
_KEPT: Final = 4000


def _carry_out(arguments: Sequence[str]) -> Outcome:
    """The outcome of a command, in this process."""
    printed, messages = io.StringIO(), io.StringIO()
    status, reason = Status.DONE, ""
    with redirect_stdout(printed), redirect_stderr(messages):
        try:
            run(parser().parse_args(arguments))
        except DamageError as error:
            status, reason = Status.DAMAGED, str(error)
        except MediaFileError as error:
            status, reason = Status.FAILED, str(error)
        except Exception as error:
            status, reason = Status.FAILED, f"a mistake in codecmodel: {type(error).__name__}: {error}"
    return Outcome(status, reason, messages.getvalue().splitlines(), printed.getvalue())


def _work(job: Job, answer: int, log: int) -> None:
    """Do the job in this process, which is a child, and write the outcome to the descriptor ``answer``."""
    # The system itself ends a process that is late, wherever it hangs.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, job.seconds)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.mkdir(job.directory)
    set_thread_limit(job.threads)
    outcome = json.dumps(asdict(_carry_out(job.arguments)))
    with os.fdopen(answer, "w", encoding="utf-8") as stream:
        stream.write(outcome)


def outcome_of(job: Job, own_descriptor: int) -> Outcome:
    """Do a job in a child of this process, which does not get the descriptor."""
    begin = monotonic()
    reader, writer = os.pipe()
    with tempfile.TemporaryFile() as log:
        child = os.fork()
        if not child:
            status = os.EX_SOFTWARE
            try:
                os.close(reader)
                os.close(own_descriptor)
                _work(job, writer, log.fileno())
                status = os.EX_OK
            except BaseException as error:
                os.write(2, f"{type(error).__name__}: {error}\n".encode())
            finally:
                os._exit(status)
        os.close(writer)
        with os.fdopen(reader, encoding="utf-8") as stream:
            answer = stream.read()
        _, status = os.waitpid(child, 0)
        seconds = round(monotonic() - begin, 3)
        code = os.waitstatus_to_exitcode(status)
        if code == os.EX_OK:
            return replace(outcome_from(answer), seconds=seconds, outputs=_outputs(job.directory))
        log.seek(max(0, log.seek(0, os.SEEK_END) - _KEPT))
        text = log.read().decode(errors="replace").strip()
    return Outcome(Status.FAILED, _how_it_ended(code, job.seconds), seconds=seconds, log=text)


def _how_it_ended(code: int, limit: float) -> str:
    if code >= 0:
        return f"the process exited with status {code}"
    if -code == signal.SIGALRM:
        return f"it took longer than {limit:g} s"
    return f"{signal.Signals(-code).name} ended the process"


def _outputs(directory: str) -> dict[str, int]:
    """The files in the directory that are complete, with their sizes."""
    return {entry.name: entry.stat().st_size for entry in os.scandir(directory) if not entry.name.startswith(".")}


def main() -> None:
    """Serve jobs until standard input ends."""
    faulthandler.enable()
    ffbind.load()
    # The children need not copy the objects that the collector would visit.
    gc.collect()
    gc.freeze()
    # The output of a library must not get between the lines.
    output = os.dup(1)
    os.dup2(2, 1)
    for line in sys.stdin:
        outcome = outcome_of(Job(**json.loads(line)), output)
        os.write(output, (json.dumps(asdict(outcome)) + "\n").encode())


if __name__ == "__main__":
    main()
