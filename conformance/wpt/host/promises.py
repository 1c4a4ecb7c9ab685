"""Promises that JavaScript may hold."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class JsPromise(asyncio.Future[T]):
    """A promise whose counterpart in JavaScript is settled with it.

    Its reactions in JavaScript are microtasks there, which are queued when it is settled. Its reactions in Python run
    at the same checkpoint. ``identifier`` is that of the counterpart, if there is one. ``before_settling`` is called
    first when the promise is settled.
    """

    identifier: int | None = None
    before_settling: Callable[[], None] | None = None
    settled: "Callable[[JsPromise[object]], None] | None" = None

    def set_result(self, result: T, /) -> None:
        super().set_result(result)
        self._tell()

    def set_exception(self, exception: BaseException | type[BaseException], /) -> None:
        super().set_exception(exception)
        # JavaScript watches for unhandled rejections.
        self.exception()
        self._tell()

    def _tell(self) -> None:
        if self.before_settling is not None:
            self.before_settling()
        if self.identifier is not None and self.settled is not None:
            self.settled(self)  # type: ignore[arg-type]  # any result can be sent
