"""Fixtures for the tests of codecmodel.web."""

import asyncio
import sys
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from codecmodel.web import threads
from tests.codecmodel.web.scripts import (
    HANG_SECONDS,
    CountingLoop,
    LoopWithoutReaders,
    RecordingLoop,
    Run,
    SecretiveLoop,
    Target,
    new_uvloop,
    run_on,
)


@pytest.fixture(params=[CountingLoop, SecretiveLoop, LoopWithoutReaders, new_uvloop])
def run(request: pytest.FixtureRequest) -> Run[Any]:
    """Runs a script on loops of asyncio's, of which one hides its callbacks that are ready, and on uvloop's."""
    return partial(run_on, request.param)


@pytest.fixture
def frequent_switches() -> Iterator[None]:
    """Threads take turns after a microsecond, so that more of their interleavings happen."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[threads.Pool]:
    """Threads of this test's own, which are gone when it ends."""
    pool = threads.Pool()
    monkeypatch.setattr(threads, "_pool", pool)
    monkeypatch.setattr(threads, "IDLE_SECONDS", HANG_SECONDS)
    # Tests have queues wait for each other.
    monkeypatch.setattr(threads, "_limit", 64)
    yield pool
    pool.stop()
    assert pool.all == set()


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> list[threading.ExceptHookArgs]:
    """The arguments that threading.excepthook gets."""
    reported: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", reported.append)
    return reported


@pytest.fixture
def target() -> Iterator[Target]:
    """An event target. At the end of the test, its listeners must have raised no exception that the test did not
    see.
    """
    loop = asyncio.SelectorEventLoop()
    loop.close()
    target = Target(RecordingLoop(loop))
    yield target
    assert target.event_loop.reported == []
