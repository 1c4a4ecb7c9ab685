"""Not in the spec: objects with a ``close`` method are context managers, of both kinds."""

from types import TracebackType
from typing import Self


class ClosedAtEnd:
    """Is closed at the end of a ``with`` block or an ``async with`` block, if it is not closed by then."""

    __slots__ = ()

    def close(self) -> None:
        """Release all resources for good."""
        raise NotImplementedError

    def _is_closed(self) -> bool:
        """Whether ``close`` would be an error because it was called before."""
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not self._is_closed():
            self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)
