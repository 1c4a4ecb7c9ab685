"""Checks that codecs leave behind no threads and no objects of FFmpeg."""

import gc
import threading

import pytest

import ffbind
from codecmodel import DOMException


def worker_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("codecmodel")]


def assert_nothing_is_left() -> None:
    gc.collect()
    for thread in worker_threads():
        # An idle thread ends by itself. If it has not ended after the join, the assertion below fails.
        thread.join(30)
    assert worker_threads() == []
    gc.collect()
    assert ffbind.live_objects() == {}


def fail(error: DOMException) -> None:
    """The error callback of a codec that must not fail."""
    pytest.fail(f"the codec failed: {error}")
