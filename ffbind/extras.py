"""The command that installs an extra of this distribution, for messages about packages that are absent."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from importlib.metadata import Distribution

_NAME: Final = "codecmodel"
#: The directory that has these packages.
_ROOT: Final = Path(__file__).resolve().parents[1]


def install_command(extra: str) -> str:
    """The pip command for an extra: from the checkout, the file or the index that these packages came from."""
    if (_ROOT / "pyproject.toml").is_file():
        # An installation that is editable stays so.
        return f'pip install -e "{_ROOT}[{extra}]"'
    address = _address_of_origin()
    return f'pip install "{_NAME}[{extra}]"' if address is None else f'pip install "{_NAME}[{extra}] @ {address}"'


def _address_of_origin() -> str | None:
    """The URL of the directory, archive or repository that was installed; None if it came from an index."""
    installed = _distribution()
    document = None if installed is None else installed.read_text("direct_url.json")
    if document is None:
        return None
    origin: dict[str, object] = json.loads(document)
    version_control = origin.get("vcs_info")
    if isinstance(version_control, dict):
        return f"{version_control['vcs']}+{origin['url']}@{version_control['commit_id']}"
    return str(origin["url"])


def _distribution() -> "Distribution | None":
    # For speed: nothing else needs this module, which imports many.
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        return distribution(_NAME)
    except PackageNotFoundError:
        return None
