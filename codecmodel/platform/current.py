"""The platform that new codecs work on."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from codecmodel.platform.platform import Platform

_chosen: ContextVar[Platform | None] = ContextVar("codecmodel platform", default=None)


def current_platform() -> Platform:
    """The platform chosen with ``use_platform``, or else FFmpeg."""
    chosen = _chosen.get()
    return _ffmpeg() if chosen is None else chosen


@cache
def _ffmpeg() -> Platform:
    from codecmodel.platform.ffmpeg import ffmpeg_platform

    return ffmpeg_platform()


@contextmanager
def use_platform(platform: Platform) -> Iterator[None]:
    """Codecs that are constructed within the block work on ``platform``."""
    token = _chosen.set(platform)
    try:
        yield
    finally:
        _chosen.reset(token)
