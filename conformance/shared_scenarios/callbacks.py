"""The callbacks that every codec is made with."""

from collections.abc import Callable
from functools import partial

from conformance.interfaces import is_another_implementation
from conformance.suite.harness import assert_throws_js


def assert_requires_callbacks(construct: Callable[[object], object]) -> None:
    """Assert that a codec's constructor throws TypeError unless it gets both callbacks."""

    async def coroutine_function(*arguments: object) -> None: ...

    inits: list[object] = [
        {},
        {"output": print},
        {"error": print},
        {"output": None, "error": print},
        {"output": print, "error": "print"},
        "init",
    ]
    if not is_another_implementation():
        # JavaScript may call a function that returns a promise.
        inits.append({"output": coroutine_function, "error": print})
    for init in inits:
        assert_throws_js(TypeError, partial(construct, init), str(init))
