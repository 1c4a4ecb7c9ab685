"""Messages name the command that installs an extra from where this distribution came from."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from ffbind import extras


class _Installed:
    def __init__(self, origin: Mapping[str, object] | None) -> None:
        self._origin = origin

    def read_text(self, name: str) -> str | None:
        assert name == "direct_url.json"
        return None if self._origin is None else json.dumps(self._origin)


def test_from_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "_ROOT", tmp_path)
    (tmp_path / "pyproject.toml").touch()
    assert extras.install_command("cluster") == f'pip install -e "{tmp_path}[cluster]"'


@pytest.mark.parametrize(
    ("origin", "requirement"),
    [
        (None, "codecmodel[cluster]"),
        ({"url": "file:///a/b.whl", "archive_info": {}}, "codecmodel[cluster] @ file:///a/b.whl"),
        ({"url": "file:///a%20b", "dir_info": {}}, "codecmodel[cluster] @ file:///a%20b"),
        (
            {"url": "https://host/a.git", "vcs_info": {"vcs": "git", "commit_id": "12ab"}},
            "codecmodel[cluster] @ git+https://host/a.git@12ab",
        ),
    ],
)
def test_from_an_installation(
    origin: Mapping[str, object] | None, requirement: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "_ROOT", tmp_path)
    monkeypatch.setattr(extras, "_distribution", lambda: _Installed(origin))
    assert extras.install_command("cluster") == f'pip install "{requirement}"'


def test_packages_that_were_only_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "_ROOT", tmp_path)
    monkeypatch.setattr(extras, "_NAME", "no-such-distribution")
    assert extras.install_command("wpt") == 'pip install "no-such-distribution[wpt]"'
