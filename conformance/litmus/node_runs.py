"""Runs programs on a module of npm in Node: a process for some programs at a time."""

import json
import os
import re
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from codecmodel.line_process import Guard
from conformance.litmus.browser_runs import TargetFailedError
from conformance.litmus.log import CRASH, Log, log_of
from conformance.litmus.programs import Program
from conformance.litmus.setup import Setup, setup_of
from conformance.litmus.subjects import Interface
from conformance.targets.node import in_working_directory

_SCRIPT: Final = Path(__file__).parent / "javascript" / "node.js"
_ERROR: Final = re.compile(r"\w*Error\b")
#: Programs that a process is given.
_BATCH: Final = 100
#: Seconds after which a process is given up.
_SILENCE_SECONDS: Final = 300.0


def run_in_node(
    node: Path,
    module: str,
    interface: Interface,
    programs: Sequence[Program],
    *,
    lanes: int = 16,
    patience: float = 1.0,
    quiet: float = 0.025,
) -> list[Log]:
    """The logs of programs, ``lanes`` at a time; see run_on_asyncio().

    A program with which the process ends has a log that ends with CRASH. Raises TargetFailedError if the process ends
    before any program has begun, or gives no answer.
    """
    setup = setup_of(interface, lanes=lanes, patience=patience, quiet=quiet)
    logs: dict[int, Log] = {}
    waiting = list(range(len(programs)))
    while waiting:
        batch, waiting = waiting[:_BATCH], waiting[_BATCH:]
        begun, failure = _run(node, module, setup, [programs[index] for index in batch])
        found = {index: begun[place] for place, index in enumerate(batch) if place in begun}
        finished = {index: log for index, log in found.items() if log[-1][0] == "rest"}
        logs |= finished
        if len(finished) == len(batch):
            continue
        if failure is None or not found:
            raise TargetFailedError(failure or "Node has ended before the programs were done")
        if len(found) == len(finished):
            # It has ended between programs.
            waiting = [index for index in batch if index not in finished] + waiting
            continue
        # One of those that had begun has ended the process. Alone, it shows which.
        for index in found.keys() - finished.keys():
            logs[index] = _alone(node, module, setup, programs[index])
        waiting = [index for index in batch if index not in found] + waiting
    return [logs[index] for index in range(len(programs))]


def _alone(node: Path, module: str, setup: Setup, program: Program) -> Log:
    begun, failure = _run(node, module, setup, [program])
    log = begun.get(0, ())
    if log and log[-1][0] == "rest":
        return log
    if failure is None:
        raise TargetFailedError("Node has ended before the program was done")
    return (*log, CRASH)


def _run(node: Path, module: str, setup: Setup, programs: Sequence[Program]) -> tuple[dict[int, Log], str | None]:
    """The logs of the programs that have begun, by their indices, and how the process has failed.

    Raises TargetFailedError if it gives no answer.
    """
    work = {"module": module, "setup": setup, "programs": [program.as_json() for program in programs]}
    reading, writing = os.pipe()
    with open(reading, "rb") as pipe:
        try:
            process = subprocess.Popen(
                in_working_directory(node, _SCRIPT),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=(writing,),
                env=os.environ | {"CODECMODEL_LITMUS": str(writing)},
            )
        finally:
            os.close(writing)
        guard = Guard(process.pid)
        told: list[bytes] = []
        # Neither pipe may fill up while the other one is waited for.
        reader = threading.Thread(target=lambda: told.append(pipe.read()), name="litmus logs")
        reader.start()
        try:
            _, said = process.communicate(json.dumps(work).encode(), timeout=_SILENCE_SECONDS)
        except subprocess.TimeoutExpired:
            raise TargetFailedError(f"Node has not answered for {_SILENCE_SECONDS:.0f} seconds") from None
        finally:
            process.kill()
            guard.end()
            process.wait()
            reader.join()
    entries: dict[int, list[list[str | int | None]]] = {}
    # The last line may have been cut off.
    for line in told[0].split(b"\n")[:-1]:
        index, entry = json.loads(line)
        entries.setdefault(index, []).append(entry)
    logs = {index: log_of(log) for index, log in entries.items()}
    if process.returncode == 0:
        return logs, None
    reason = next((line for line in said.decode(errors="replace").splitlines() if _ERROR.match(line)), "")
    return logs, f"Node has ended with status {process.returncode}: {reason}"
