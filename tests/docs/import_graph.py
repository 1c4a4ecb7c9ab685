"""The imports between modules of the project, read from the source."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
_PACKAGES = ("ffbind", "codecmodel", "conformance")


def import_graph(*, type_checking: bool) -> dict[str, set[str]]:
    """The modules that each module imports, inside of functions as well; with ``type_checking`` for types alone too."""
    modules = {_module_name(path): path for package in _PACKAGES for path in (ROOT / package).rglob("*.py")}
    return {name: set(_imports(path, modules, type_checking)) - {name} for name, path in modules.items()}


def circles(graph: Mapping[str, set[str]]) -> set[frozenset[str]]:
    """The largest sets of modules that import each other by way of others."""
    reachable = {name: _reachable_from(name, graph) for name in graph}
    found = set()
    for name, others in reachable.items():
        circle = frozenset(other for other in others if name in reachable[other])
        if circle:
            found.add(circle)
    return found


def _reachable_from(name: str, graph: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = list(graph[name])
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting += graph[module]
    return seen


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(path: Path, modules: Mapping[str, Path], type_checking: bool) -> Iterator[str]:
    for node in _nodes(ast.parse(path.read_text(encoding="utf-8")), type_checking):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield from (name for name in (full if full in modules else node.module,) if name in modules)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)


def _nodes(node: ast.AST, type_checking: bool) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING" and not type_checking:
            continue
        yield child
        yield from _nodes(child, type_checking)
