"""Builds the distributions, installs the wheel, and runs the tests of the source distribution on it.

The first argument has the extras to install, separated by commas; the others are pytest's.
"""

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

_ROOT = Path(__file__).parents[2]
#: Tests of the sources themselves: comments, arrows, and the packages as a checkout has them.
_OF_THE_SOURCES = ("tests/docs", "tests/conformance/steps", "tests/packaging", "tests/native")


def main(extras: str, *arguments: str) -> int:
    """The exit status of the tests."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        _run("-m", "build", "--no-isolation", "--outdir", str(directory / "dist"), str(_ROOT))
        (wheel,) = (directory / "dist").glob("*.whl")
        _run("-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps", str(wheel))
        _run("-m", "pip", "install", "--quiet", f"codecmodel[{extras}] @ {wheel.as_uri()}")
        (archive,) = (directory / "dist").glob("*.tar.gz")
        with tarfile.open(archive) as file:
            file.extractall(directory, filter="data")
        (tests,) = (each for each in directory.iterdir() if each.name != "dist")
        for package in ("codecmodel", "conformance", "ffbind"):
            shutil.rmtree(tests / package)
        ignored = [f"--ignore={each}" for each in _OF_THE_SOURCES]
        command = [sys.executable, "-m", "pytest", "-q", *ignored, *arguments]
        return subprocess.run(command, cwd=tests, check=False).returncode


def _run(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
