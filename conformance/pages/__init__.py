"""Pages of reports: one design, and templates that Jinja fills in. Each page is one file that needs no other."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from codecmodel.extras import install_command

if TYPE_CHECKING:
    from jinja2 import Environment

#: The classes of the design for the statuses of web-platform-tests.
STATUS_TONES: Final[Mapping[str, str]] = {
    "PASS": "good",
    "OK": "good",
    "FAIL": "bad",
    "ERROR": "bad",
    "CRASH": "bad",
    "TIMEOUT": "bad",
    "NOTRUN": "odd",
    "PRECONDITION_FAILED": "quiet",
}
_TEMPLATES: Final = Path(__file__).with_name("templates")


class JinjaMissingError(Exception):
    """Jinja, which fills in the templates, is not installed."""

    def __init__(self) -> None:
        super().__init__(f"pages need Jinja: {install_command('pages')}")


def require_jinja() -> None:
    """Raises JinjaMissingError, so that the results of a long run are not lost by it."""
    _environment()


def render(template: str, values: Mapping[str, object]) -> str:
    """A page: ``template``, with ``values`` in it. Raises JinjaMissingError."""
    return str(_environment().get_template(template).render(values))


def as_script(text: str) -> str:
    """JSON as it may be written into a script element."""
    return text.replace("<", "\\u003c")


def to_script(value: object) -> str:
    """A value as JSON that may be written into a script element."""
    return as_script(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def part(name: str) -> str:
    """The text of a file beside the templates: a style sheet or a script."""
    return (_TEMPLATES / name).read_text(encoding="utf-8")


@cache
def _environment() -> "Environment":
    try:
        import jinja2
    except ModuleNotFoundError as error:
        raise JinjaMissingError from error
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.globals["part"] = part
    return environment
