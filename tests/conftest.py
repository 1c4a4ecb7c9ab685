"""Fixtures and settings of all tests."""

import gc
import os
import threading
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import settings

import ffbind
from codecmodel.platform.ffmpeg import approximate_rgb
from codecmodel.web import threads

# The machine may be busy, so examples have no time limit.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
#: ``--hypothesis-profile=long``: far more examples of everything.
settings.register_profile("long", max_examples=3000, deadline=None)


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to test another FFmpeg than the environment is for."""
    expected = os.environ.get("CODECMODEL_EXPECT_FFMPEG")
    if expected is not None and ffbind.load().origin != expected:
        pytest.exit(f"FFmpeg is from {ffbind.load().origin}, not from {expected}", returncode=3)


@pytest.fixture(autouse=True, scope="module")
def the_collector_passes_over_earlier_modules() -> None:
    """Thousands of tests collect garbage. The collector need not visit each time all that has lasted until now."""
    gc.collect()
    if not ffbind.live_objects():
        gc.freeze()


def pytest_report_header(config: pytest.Config) -> str:
    library = ffbind.load()
    return f"FFmpeg {library.ffmpeg_version} ({library.origin})"


class _Residue:
    """FFmpeg objects that outlive the tests that made them, kept by caches."""

    objects: Mapping[str, int] = {}


@pytest.fixture(autouse=True, scope="session")
def idle_threads_end_soon() -> Iterator[None]:
    """Hundreds of tests wait until the threads of their codecs have ended."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threads, "IDLE_SECONDS", 0.05)
        yield


@pytest.fixture(autouse=True)
def nothing_goes_on_after_the_test() -> Iterator[None]:
    """Objects that a test's codecs still have to release are not left for the next test to find."""
    yield
    # Conversions to RGB keep their scalers and their memory for the next ones.
    approximate_rgb._idle.clear()
    approximate_rgb._pools.clear()
    if ffbind.live_objects() != _Residue.objects:
        gc.collect()
    if ffbind.live_objects() != _Residue.objects:
        for thread in threading.enumerate():
            # A thread without work ends by itself.
            if thread.name.startswith("codecmodel"):
                thread.join(30)
        gc.collect()
        _Residue.objects = ffbind.live_objects()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--exits", type=int, default=5, help="how often each interpreter exit is tried")
    parser.addoption("--media-objects", type=int, default=2000, help="how many frames, and audio data, must not leak")


@pytest.fixture
def exits(request: pytest.FixtureRequest) -> int:
    """The number of tries of each interpreter exit: a few by default, more by option."""
    return int(request.config.getoption("--exits"))


@pytest.fixture
def media_objects(request: pytest.FixtureRequest) -> int:
    """The number of frames and audio data that a test for leaks makes: some by default, more by option."""
    return int(request.config.getoption("--media-objects"))
