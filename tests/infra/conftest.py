"""Fixtures for the tests of infra."""

import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from infra_scripts import CountingLoop, Run, SecretiveLoop, run_on


@pytest.fixture(params=[CountingLoop, SecretiveLoop])
def run(request: pytest.FixtureRequest) -> Run[Any]:
    """Runs a script on a loop of asyncio's, and on one that hides which of its callbacks are ready."""
    return partial(run_on, request.param)


@pytest.fixture
def frequent_switches() -> Iterator[None]:
    """Threads take turns after a microsecond, so that more of their interleavings happen."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)
