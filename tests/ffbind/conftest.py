"""The common rule of ffbind's tests: no object may be left over."""

import gc
from collections.abc import Iterator

import pytest

import ffbind


@pytest.fixture(autouse=True)
def nothing_leaks() -> Iterator[None]:
    """Fail a test that leaves FFmpeg objects behind."""
    gc.collect()
    before = ffbind.live_objects()
    yield
    gc.collect()
    assert ffbind.live_objects() == before
