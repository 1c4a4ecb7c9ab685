"""Pages that show the source of each module beside the status of its steps and the scenarios that execute them."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Final

from conformance.steps.measure import MeasuredStep, by_step, name_of
from conformance.steps.model import address_of
from conformance.steps.unreachable import KINDS, UNREACHABLE, kind_of

_STYLE: Final = """
body { font-family: sans-serif; margin: 1.5em; color: #222; background: #fff; }
table { border-collapse: collapse; }
td, th { text-align: left; vertical-align: top; padding: .1em .6em; } th { border-bottom: 1px solid #888; }
tr.all td { border-top: 1px solid #888; font-weight: bold; } td.count { text-align: right; }
.source td { font-family: monospace; white-space: pre; padding: 0 .6em; }
.source td.steps { font-family: sans-serif; font-size: 85%; white-space: normal; max-width: 42em; }
td.number a { color: #888; text-decoration: none; }
td.number { text-align: right; border-right: 3px solid transparent; } .missing { background: #fbe9eb; }
.ran td.number { border-color: #7cb97a; } .missing td.number { border-color: #d2606b; }
.executed { background: #e3f4e1; } .partly { background: #fff3cd; } .never { background: #f8d7da; }
.unreachable { background: #e4dcf1; } .na { background: #eee; }
.legend span { padding: .1em .5em; margin-right: .7em; } summary { cursor: pointer; }
"""


def write_html(folder: Path, measured: Sequence[MeasuredStep], root: Path) -> None:
    """Write ``index.html`` and a page for each module. Files are named relative to ``root``."""
    folder.mkdir(parents=True, exist_ok=True)
    kinds = {id(place): kind_of(places) for places in by_step(measured).values() for place in places}
    modules: dict[Path, list[MeasuredStep]] = defaultdict(list)
    for step in measured:
        modules[step.path].append(step)
    rows: list[str] = []
    for path, steps in sorted(modules.items()):
        name = path.relative_to(root).as_posix()
        page = f"{name.removesuffix('.py').replace('/', '.')}.html"
        (folder / page).write_text(_module_page(name, path, steps, kinds), encoding="utf-8")
        rows.append(_row(f"<a href='{escape(page)}'>{escape(name)}</a>", steps))
    head = f"<tr><th>Module</th>{''.join(f'<th>{words}</th>' for words in KINDS.values())}</tr>"
    table = f"<table>{head}{''.join(rows)}{_row('All steps', measured, 'all')}</table>"
    note = "<p>A step that is spread over several modules counts in each, and once among all.</p>"
    (folder / "index.html").write_text(_page("Steps executed by the scenarios", note + table), encoding="utf-8")


def _row(name: str, steps: Sequence[MeasuredStep], style: str = "") -> str:
    numbers = Counter(kind_of(places) for places in by_step(steps).values())
    cells = "".join(f"<td class=count>{numbers[kind]}</td>" for kind in KINDS)
    return f"<tr class='{style}'><td>{name}</td>{cells}</tr>"


def _module_page(name: str, path: Path, steps: Sequence[MeasuredStep], kinds: Mapping[int, str]) -> str:
    of_line: dict[int, list[MeasuredStep]] = defaultdict(list)
    ran: set[int] = set()
    missing: set[int] = set()
    for step in steps:
        of_line[step.line].append(step)
        if step.execution is not None:
            ran.update(step.execution.lines)
            missing.update(step.execution.missing)
    rows: list[str] = []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        here = of_line.get(number, [])
        style = "missing" if number in missing else "ran" if number in ran else ""
        if here:
            style = kinds[id(here[0])].replace("/", "")
        rows.append(
            f"<tr class='{style}' id=L{number}><td class=number><a href='#L{number}'>{number}</a></td>"
            f"<td>{escape(text)}</td><td class=steps>{_steps_cell(here)}</td></tr>"
        )
    legend = "".join(f"<span class={kind.replace('/', '')}>{words}</span>" for kind, words in KINDS.items())
    return _page(
        name,
        f"<p><a href=index.html>All modules</a></p><p class=legend>{legend}</p>"
        f"<table class=source>{''.join(rows)}</table>",
    )


def _steps_cell(steps: Sequence[MeasuredStep]) -> str:
    if not steps:
        return ""
    names = ", ".join(f"<a href='{escape(address_of(step.reference))}'>{escape(name_of(step))}</a>" for step in steps)
    execution = steps[0].execution
    if execution is None:
        return f"{names}: not applicable"
    reasons = "".join(f"<br>{escape(UNREACHABLE[name_of(step)])}" for step in steps if name_of(step) in UNREACHABLE)
    # A scenario may run under many variants.
    variants = Counter(scenario.partition("?")[0] for scenario in execution.scenarios)
    scenarios = "".join(f"<br>{escape(name)}{f' ×{number}' * (number > 1)}" for name, number in variants.items())
    count = f"{len(variants)} scenario{'s' * (len(variants) != 1)}"
    return f"<details><summary>{names}: {KINDS[execution.status]}, {count}</summary>{scenarios}</details>{reasons}"


def _page(title: str, body: str) -> str:
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title><style>{_STYLE}</style>"
        f"<h1>{escape(title)}</h1>{body}</html>\n"
    )
