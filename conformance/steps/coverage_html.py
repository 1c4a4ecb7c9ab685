"""Pages that show each module's source with the status of its steps, and the scenarios that execute them, beside it."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

from conformance.steps.measure import MeasuredStep, by_step, name_of, status_of

_STYLE: Final = """
body { font-family: sans-serif; margin: 1.5em; } table { border-collapse: collapse; }
td, th { text-align: left; vertical-align: top; padding: 0 .6em; } th { border-bottom: 1px solid #888; }
.source td { font-family: monospace; white-space: pre; } td.steps { white-space: normal; max-width: 42em; }
td.number { color: #888; text-align: right; } td.count { text-align: right; }
.executed { background: #e3f4e1; } .partly { background: #fff3cd; } .never { background: #f8d7da; }
.missing { background: #f8d7da; } .na { background: #eee; }
details { display: inline-block; } summary { cursor: pointer; }
"""


def write_html(folder: Path, measured: Sequence[MeasuredStep], root: Path) -> None:
    """Write ``index.html`` and a page for each module. Files are named relative to ``root``."""
    folder.mkdir(parents=True, exist_ok=True)
    modules: dict[Path, list[MeasuredStep]] = defaultdict(list)
    for step in measured:
        modules[step.path].append(step)
    rows: list[str] = []
    for path, steps in sorted(modules.items()):
        name = path.relative_to(root).as_posix()
        page = f"{name.removesuffix('.py').replace('/', '.')}.html"
        (folder / page).write_text(_module_page(name, path, steps), encoding="utf-8")
        numbers = Counter(status_of(places) or "n/a" for places in by_step(steps).values())
        cells = "".join(f"<td class=count>{numbers[key]}</td>" for key in ("executed", "partly", "never", "n/a"))
        rows.append(f"<tr><td><a href='{escape(page)}'>{escape(name)}</a></td>{cells}</tr>")
    head = "<tr><th>Module</th><th>executed</th><th>partly</th><th>never</th><th>n/a</th></tr>"
    table = f"<table>{head}{''.join(rows)}</table>"
    (folder / "index.html").write_text(_page("Steps executed by the scenarios", table), encoding="utf-8")


def _module_page(name: str, path: Path, steps: Sequence[MeasuredStep]) -> str:
    of_line: dict[int, list[MeasuredStep]] = defaultdict(list)
    missing: set[int] = set()
    for step in steps:
        of_line[step.line].append(step)
        missing.update(step.execution.missing if step.execution else ())
    rows: list[str] = []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        here = of_line.get(number, [])
        label = " class=missing" if number in missing else ""
        if here:
            label = f" class={(status_of(here) or 'n/a').replace('/', '')}"
        rows.append(
            f"<tr{label} id=L{number}><td class=number>{number}</td><td>{escape(text)}</td>"
            f"<td class=steps>{_steps_cell(here)}</td></tr>"
        )
    return _page(name, f"<p><a href=index.html>All modules</a></p><table class=source>{''.join(rows)}</table>")


def _steps_cell(steps: Sequence[MeasuredStep]) -> str:
    if not steps:
        return ""
    names = ", ".join(escape(name_of(step)) for step in steps)
    execution = steps[0].execution
    if execution is None:
        return f"{names}: not applicable"
    # A scenario may run under many variants.
    variants = Counter(scenario.partition("?")[0] for scenario in execution.scenarios)
    scenarios = "".join(f"<br>{escape(name)}{f' ×{number}' * (number > 1)}" for name, number in variants.items())
    count = len(variants)
    return f"<details><summary>{names}: {execution.status}, {count} scenarios</summary>{scenarios}</details>"


def _page(title: str, body: str) -> str:
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title><style>{_STYLE}</style>"
        f"<h1>{escape(title)}</h1>{body}</html>\n"
    )
