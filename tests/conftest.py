"""What all tests share."""

import gc
import os

import pytest
from hypothesis import settings

import ffbind

# A machine may be busy: no example has to be done within a time.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
#: ``--hypothesis-profile=long``: far more examples of everything.
settings.register_profile("long", max_examples=3000, deadline=None)


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to test another FFmpeg than the environment is for."""
    expected = os.environ.get("CODECMODEL_EXPECT_FFMPEG")
    if expected is not None and ffbind.load().origin != expected:
        pytest.exit(f"FFmpeg is from {ffbind.load().origin}, not from {expected}", returncode=3)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Many tests collect garbage: it need not be looked for in all modules and tests each time."""
    gc.collect()
    gc.freeze()


def pytest_report_header(config: pytest.Config) -> str:
    library = ffbind.load()
    return f"FFmpeg {library.ffmpeg_version} ({library.origin})"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--exits", type=int, default=5, help="how often each interpreter exit is tried")
    parser.addoption("--media-objects", type=int, default=2000, help="how many frames, and audio data, must not leak")


@pytest.fixture
def exits(request: pytest.FixtureRequest) -> int:
    """How often each interpreter exit is tried: a few times, and by hand as often as asked."""
    return int(request.config.getoption("--exits"))


@pytest.fixture
def media_objects(request: pytest.FixtureRequest) -> int:
    """How many frames and audio data are made to see whether they leak: some, and by hand as many as asked."""
    return int(request.config.getoption("--media-objects"))
