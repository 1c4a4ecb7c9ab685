"""Fixtures for the tests that inject faults."""

import signal
import threading
from collections.abc import Iterator

import pytest

from codecmodel.web import wake_up
from codecmodel.web.finalizers import install_hook


@pytest.fixture(autouse=True)
def interrupts_are_not_ignored() -> Iterator[None]:
    """SIGINT raises KeyboardInterrupt, even in a process that a shell has started in the background."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, handler)


@pytest.fixture(autouse=True)
def finalizers_are_finished() -> None:
    """The hook of pytest, which it has put in place of the model's, comes after it."""
    install_hook()


@pytest.fixture
def short_timers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model waits for a shorter time where it waits for a fault to be over."""
    monkeypatch.setattr(wake_up, "_WATCH_SECONDS", 0.001)


@pytest.fixture
def no_faults_are_shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No thread of the model raises an exception."""
    shown: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", shown.append)
    yield
    assert shown == []
