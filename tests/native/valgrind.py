"""Runs Python programs under valgrind's tools."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

Tool: TypeAlias = Literal["memcheck", "drd"]

ROOT: Final = Path(__file__).parents[2]
SUPPRESSIONS: Final = Path(__file__).with_name("valgrind.supp")

#: The exit status of a program in which a tool found an error.
_ERROR_STATUS: Final = 99

_OPTIONS: Final[dict[Tool, tuple[str, ...]]] = {
    # CPython holds most of its memory until the process ends. Memory to which no pointer is left is a leak.
    "memcheck": ("--leak-check=full", "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite"),
    "drd": (),
}

#: CPython's own allocator would hide errors from memcheck. "malloc_debug" fills each new block as well. Without that,
#: memcheck reports CPython, which reads the first digit of the integer 0, multiplies it by 0, and never set it.
_ALLOCATORS: Final[dict[Tool, str]] = {"memcheck": "malloc_debug", "drd": "malloc"}


@dataclass(frozen=True)
class Report:
    """The end of a run: ``status`` is 0 without errors. ``text`` is the tool's report, and the program's output."""

    status: int
    text: str

    @property
    def found_errors(self) -> bool:
        return self.status == _ERROR_STATUS


def is_installed() -> bool:
    return shutil.which("valgrind") is not None


def run(tool: Tool, module: str, argument: str, bytecode: Path, *, options: Sequence[str] = ()) -> Report:
    """Run ``python -m module argument`` under a tool of valgrind's, to its end.

    ``bytecode`` is a directory for compiled modules. They are compiled before, because valgrind would spend most of its
    time on that. ``options`` are further options of the tool.
    """
    environment = {
        **os.environ,
        "PYTHONMALLOC": _ALLOCATORS[tool],
        "PYTHONPATH": str(ROOT),
        "PYTHONPYCACHEPREFIX": str(bytecode),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run([sys.executable, "-c", f"import {module}"], env=environment, check=True)
    command = [
        "valgrind",
        f"--tool={tool}",
        f"--error-exitcode={_ERROR_STATUS}",
        f"--suppressions={SUPPRESSIONS}",
        "--num-callers=40",
        *_OPTIONS[tool],
        *options,
        sys.executable,
        "-m",
        module,
        argument,
    ]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return Report(ended.returncode, ended.stdout + ended.stderr)
