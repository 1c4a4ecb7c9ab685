"""Readable names of steps (the functions that tasks and work items are made of)."""

from functools import cache, partial
from types import CodeType, FunctionType

from codecmodel.web.event_loop import Steps


def name_of_steps(steps: Steps) -> str:
    """The functions they were defined in, outermost first: ``configure_control_message / configured_task``."""
    function: object = steps
    while isinstance(function, partial):
        function = function.func
    return _readable(str(getattr(function, "__qualname__", type(function).__qualname__)))


def short_name_of_steps(steps: Steps) -> str:
    """The innermost function's name alone if that says something: ``configured task``, but ``decode work``.

    A lambda goes by the function that it calls.
    """
    function: object = steps
    while isinstance(function, partial):
        function = function.func
    if not isinstance(function, FunctionType):
        return name_of_steps(steps)
    called = _called_by_lambda(function)
    return _short(name_of_steps(steps) if called is None else _readable(called))


def _called_by_lambda(function: FunctionType) -> str | None:
    code: CodeType = function.__code__
    if code.co_name != "<lambda>":
        return None
    closed_over = [cell.cell_contents for cell in function.__closure__ or ()]
    global_functions = [function.__globals__.get(name) for name in code.co_names]
    functions = [value for value in (*closed_over, *global_functions) if isinstance(value, FunctionType)]
    return functions[0].__qualname__ if len(functions) == 1 else None


@cache
def _readable(name: str) -> str:
    return " / ".join(part.strip("<>").removeprefix("_") for part in name.split(".<locals>."))


@cache
def _short(name: str) -> str:
    outermost, *inner = name.replace("_", " ").split(" / ")
    if not inner or inner[-1] not in ("work", "task", "lambda"):
        return inner[-1] if inner else outermost
    return f"{outermost.removesuffix(' control message')} {inner[-1]}"
