"""The threads of codecs."""

from typing import Final

from codecmodel.web import threads
from codecmodel.web.threads import usable_processors

_MOST: Final = 16
_limit: int | None = None


def set_thread_limit(limit: int | None) -> None:
    """Let all codecs of the process together work on ``limit`` threads at most, and FFmpeg on as many of its own.

    A codec that has been configured before keeps the threads that FFmpeg has for it. With None, which is the default,
    codecs work on one thread more than there are processors that the process may use, and FFmpeg has two threads for
    each processor and one more. So a decoder leaves threads to the encoder that it feeds. Raises ValueError if
    ``limit`` is not positive.
    """
    global _limit
    if limit is not None and limit < 1:
        raise ValueError(f"codecs need at least one thread, not {limit}")
    _limit = limit
    threads.set_limit(limit)


def decoder_threads() -> int:
    """The threads of a video decoder: one more than there are processors, so that no processor idles when one waits."""
    return min(_MOST, usable_processors() + 1, _limit or _MOST)


def picture_threads() -> int:
    """The most threads that share the work on one picture, when it is encoded or a still image is decoded."""
    return min(_MOST, usable_processors(), _limit or _MOST)


#: An entry for each thread that FFmpeg has for a codec, of all codecs of the process. Its methods are atomic.
_lent: Final[set[object]] = set()


class ThreadLoan:
    """The threads that FFmpeg has for one codec, out of those that it may have for all codecs of the process.

    A single thread is none of FFmpeg's own: it is the one that calls FFmpeg. The methods are called on the codec's work
    queue.
    """

    __slots__ = ("_entries",)

    _can_finish_again: Final = True

    def __init__(self) -> None:
        self._entries: list[object] = []

    @property
    def threads(self) -> int:
        """The number of threads to work on, at least 1."""
        return max(1, len(self._entries))

    @property
    def may_be_several(self) -> bool:
        """Whether ``ask()`` would give more than one thread at present."""
        return len(self._entries) + _most_of_ffmpeg() - len(_lent) > 1

    def ask(self, most: int) -> int:
        """Give back what was lent, and borrow up to ``most`` threads. Returns ``threads``."""
        self.end()
        if most > 1 and self.may_be_several:
            most_of_all = _most_of_ffmpeg()
            while len(self._entries) < most and len(_lent) < most_of_all:
                self._entries.append(object())
                _lent.add(self._entries[-1])
        return self.threads

    def end(self) -> None:
        """Give back what was lent."""
        _lent.difference_update(self._entries)
        self._entries.clear()

    def __del__(self) -> None:
        # An interrupt may have ended the constructor.
        if hasattr(self, "_entries"):
            self.end()


def _most_of_ffmpeg() -> int:
    """The most threads that FFmpeg has for all codecs together."""
    return _limit or 2 * usable_processors() + 1
