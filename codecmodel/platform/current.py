"""The platform that new codecs work on."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from codecmodel.platform.platform import Platform

_chosen: ContextVar[Platform | None] = ContextVar("codecmodel platform", default=None)


def current_platform() -> Platform:
    """The platform chosen with ``use_platform``, or else FFmpeg."""
    chosen = _chosen.get()
    if chosen is not None:
        return chosen
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
