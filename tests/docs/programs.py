"""The programs in examples/: their lines, and the pages that show them.

``python -m tests.docs.programs`` copies the programs into the pages, and counts their lines.
"""

import ast
import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
#: A link to a program of this folder, alone in its line, and the program below it.
_SHOWN = re.compile(r"^\[(\S+)\]\(\.\./examples/\1\)\n\n```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: A row of the table: the question, the program, and numbers of lines.
_ROW = re.compile(r"^\| (.+?) \| \[\S+\]\(\.\./examples/(\S+)\) \| .*? \| .*? \|$", re.MULTILINE)


class Row(NamedTuple):
    """A row of the table in docs/how-to.md. ``pyav`` has the lines of PyAV's program, None if there is none."""

    question: str
    program: str
    lines: int
    pyav: int | None

    def __str__(self) -> str:
        return f"| {self.question} | [{self.program}](../examples/{self.program}) | {self.lines} | {self.pyav or '–'} |"


def lines_of(program: Path) -> int:
    """The number of lines with code. Comments and the docstring do not count."""
    text = program.read_text(encoding="utf-8")
    lines = {number for number, line in enumerate(text.splitlines(), 1) if not re.fullmatch(r"\s*(#.*)?", line)}
    match ast.parse(text).body[0]:
        case ast.Expr(value=ast.Constant(), lineno=first, end_lineno=int(last)):
            lines -= set(range(first, last + 1))
    return len(lines)


def row_of(question: str, program: str) -> Row:
    """The row with the numbers of lines as they are."""
    pyav = EXAMPLES / "pyav" / program
    return Row(question, program, lines_of(EXAMPLES / program), lines_of(pyav) if pyav.exists() else None)


def rows(text: str) -> list[Row]:
    """The rows of the table with the numbers of lines as they are, not as the text says."""
    return [row_of(question, program) for question, program in _ROW.findall(text)]


def updated(text: str) -> str:
    """The text of a page with the programs as they are, and their lines."""
    text = _ROW.sub(lambda row: str(row_of(row[1], row[2])), text)

    def shown(match: re.Match[str]) -> str:
        name, language, _ = match.groups()
        program = (EXAMPLES / name).read_text(encoding="utf-8")
        return f"[{name}](../examples/{name})\n\n```{language}\n{program}```"

    return _SHOWN.sub(shown, text)


def without_programs(text: str) -> str:
    """The text of a page without the programs that it shows."""
    return _SHOWN.sub("", text)


def programs_in(text: str) -> list[str]:
    """The programs that a page shows."""
    return [name for name, _, _ in _SHOWN.findall(text)]


if __name__ == "__main__":
    for page in sorted((ROOT / "docs").glob("*.md")):
        page.write_text(updated(page.read_text(encoding="utf-8")), encoding="utf-8")
