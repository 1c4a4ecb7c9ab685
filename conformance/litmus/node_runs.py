"""Runs programs on a module of npm in Node: a process for some programs at a time."""

import json
import os
import re
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from conformance.litmus.browser_runs import TargetFailedError
from conformance.litmus.log import Log, log_of
from conformance.litmus.programs import Program
from conformance.litmus.setup import setup_of
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
    """The logs of programs, ``lanes`` at a time; see run_on_asyncio(). Raises TargetFailedError."""
    setup = setup_of(interface, lanes=lanes, patience=patience, quiet=quiet)
    logs: list[Log] = []
    for first in range(0, len(programs), _BATCH):
        batch = [program.as_json() for program in programs[first : first + _BATCH]]
        told = _run(node, json.dumps({"module": module, "setup": setup, "programs": batch}).encode())
        logs += [log_of(log) for log in json.loads(told)]
    return logs


def _run(node: Path, work: bytes) -> bytes:
    """The JSON that Node writes to the pipe."""
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
        logs: list[bytes] = []
        # Neither pipe may fill up while the other one is waited for.
        reader = threading.Thread(target=lambda: logs.append(pipe.read()), name="litmus logs")
        reader.start()
        try:
            _, said = process.communicate(work, timeout=_SILENCE_SECONDS)
        except subprocess.TimeoutExpired:
            raise TargetFailedError(f"Node has not answered for {_SILENCE_SECONDS:.0f} seconds") from None
        finally:
            process.kill()
            process.wait()
            reader.join()
    if process.returncode != 0 or not logs[0]:
        reason = next((line for line in said.decode(errors="replace").splitlines() if _ERROR.match(line)), "")
        raise TargetFailedError(f"Node has ended with status {process.returncode}: {reason}")
    return logs[0]
