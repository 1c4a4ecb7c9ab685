"""The source distribution and the wheel: contents, metadata, and the wheel at work outside of the checkout.

tox's environment ``package`` runs this; the tests build both with setuptools, without a network.
"""

import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Collection
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

from codecmodel.version import __version__

_ROOT = Path(__file__).parents[2]
_PACKAGES = ("codecmodel", "conformance", "ffbind")
#: Files of the repository that only its hosts read.
_FOR_HOSTS = re.compile(r"\.ci/|\.github/|\.gitignore$")


def _run(*command: str | Path, directory: Path, **variables: str) -> str:
    completed = subprocess.run(
        [str(part) for part in command],
        cwd=directory,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr
    return completed.stdout


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the source distribution, and the wheel that is built from it."""
    directory = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", directory, directory=_ROOT)
    return directory


@pytest.fixture(scope="module")
def sources(distributions: Path) -> Collection[str]:
    """The names of the files in the source distribution, without its top directory."""
    with tarfile.open(distributions / f"codecmodel-{__version__}.tar.gz") as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


@pytest.fixture(scope="module")
def wheel(distributions: Path) -> Path:
    """The wheel."""
    return distributions / f"codecmodel-{__version__}-py3-none-any.whl"


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    """The metadata of the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return Parser().parsestr(archive.read(f"codecmodel-{__version__}.dist-info/METADATA").decode())


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that the wheel, and nothing else, is installed to."""
    directory = tmp_path_factory.mktemp("installed")
    _run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", directory, wheel, directory=directory)
    return directory


def _tracked() -> Collection[str]:
    if not (_ROOT / ".git").exists():
        pytest.skip("this is no checkout: git does not tell which files there are")
    return set(_run("git", "ls-files", directory=_ROOT).splitlines())


def test_the_source_distribution_has_every_file(sources: Collection[str]) -> None:
    expected = {name for name in _tracked() if not _FOR_HOSTS.match(name)}
    assert sorted(expected - set(sources)) == []
    others = {name for name in sources if name and not name.startswith("codecmodel.egg-info")} - expected
    directories = {str(parent) for name in expected for parent in Path(name).parents}
    assert sorted(others - directories) == ["PKG-INFO", "setup.cfg"]


def test_the_wheel_has_every_file_of_the_packages(wheel: Path) -> None:
    expected = {name for name in _tracked() if name.startswith(tuple(f"{package}/" for package in _PACKAGES))}
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert sorted(expected - names) == []
    assert [name for name in sorted(names - expected) if ".dist-info/" not in name] == []


def test_the_metadata_are_complete(distributions: Path, metadata: Message) -> None:
    _run(sys.executable, "-m", "twine", "check", "--strict", *distributions.iterdir(), directory=_ROOT)
    assert metadata["Version"] == __version__
    assert metadata["License-Expression"] == "BSD-3-Clause"
    # There is no home page yet, and none may be made up.
    assert metadata.get_all("Project-URL") is None
    assert metadata["Home-page"] is None


def test_messages_and_documents_name_extras_that_there_are(metadata: Message) -> None:
    extras = set(metadata.get_all("Provides-Extra", []))
    named: set[str] = set()
    for name in _tracked():
        if name.endswith((".py", ".md")) and not name.startswith("tests/"):
            text = (_ROOT / name).read_text()
            named |= set(re.findall(r"install_command\([\"'](\w+)", text))
            # No index has this name yet, so no document says so.
            assert not re.search(r"pip install [\"']?codecmodel", text), name
            for extra_names in re.findall(r"pip install .*[\"']\.\[([\w,]+)\]", text):
                named |= set(extra_names.split(","))
    assert named <= extras
    assert named >= {"bundled", "cluster", "dev", "wpt"}


def test_the_installed_wheel_works(installed: Path, wheel: Path, tmp_path: Path) -> None:
    program = (
        "import codecmodel, conformance, ffbind, json; from codecmodel.extras import install_command; "
        "print(json.dumps([codecmodel.__file__, conformance.__file__, ffbind.__file__, install_command('wpt')]))"
    )
    *files, command = json.loads(_run(sys.executable, "-c", program, directory=tmp_path, PYTHONPATH=str(installed)))
    assert [Path(file) for file in files] == [installed / package / "__init__.py" for package in _PACKAGES]
    assert command == f'pip install "codecmodel[wpt] @ {wheel.as_uri()}"'
    for name in ("codecmodel", "conformance"):
        printed = _run(sys.executable, "-m", name, "--version", directory=tmp_path, PYTHONPATH=str(installed))
        assert printed.split()[-1] == __version__
    listed = _run(sys.executable, "-m", "conformance", "--list", directory=tmp_path, PYTHONPATH=str(installed))
    assert "decode" in listed
