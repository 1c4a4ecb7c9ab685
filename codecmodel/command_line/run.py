"""Runs a program on an event loop of its own, and lets that loop run other tasks."""

import asyncio
from collections.abc import Coroutine
from typing import Final, TypeVar

from codecmodel.web.event_loop import Promise, TaskSource, current_event_loop, resolve

T = TypeVar("T")

_turn_task_source: Final = TaskSource("turn")


def run_program(program: Coroutine[object, object, T]) -> T:
    """Run ``program`` on a new event loop until it ends. SIGINT cancels it and raises KeyboardInterrupt."""
    return asyncio.run(program)


async def tasks_queued_so_far() -> None:
    """Wait until every task that is queued on the current event loop now has run."""
    event_loop = current_event_loop()
    turn: Promise[None] = event_loop.new_promise()
    event_loop.queue_task(_turn_task_source, lambda: resolve(turn, None))
    await turn
