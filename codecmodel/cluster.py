"""A function spread over the machines of a dask.distributed cluster. Each of its workers needs this package."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Protocol, TypeVar, cast

from codecmodel.extras import install_command

PartT = TypeVar("PartT")
ResultT = TypeVar("ResultT")


class ClusterError(Exception):
    """There is no cluster to work on. The message says why, in one line."""


class _Future(Protocol):
    """The methods of distributed.Future that are used here."""

    def exception(self) -> BaseException | None: ...
    def result(self) -> object: ...
    def release(self) -> None: ...


class _Client(Protocol):
    """The methods of distributed.Client that are used here."""

    def ncores(self) -> dict[str, int]: ...
    def map(self, function: Callable[[PartT], object], parts: Iterable[PartT], *, pure: bool) -> Sequence[_Future]: ...
    def cancel(self, futures: Sequence[_Future]) -> None: ...
    def close(self) -> None: ...


class Cluster:
    """A cluster, as a client of its scheduler sees it. ``connected`` makes it."""

    def __init__(self, client: _Client, as_completed: Callable[[Sequence[_Future]], Iterable[_Future]]) -> None:
        self._client = client
        self._as_completed = as_completed

    @property
    def cores(self) -> int:
        """The number of tasks that the workers do at once; at least 1."""
        return max(1, sum(self._client.ncores().values()))

    def spread(
        self, function: Callable[[PartT], ResultT], parts: Sequence[PartT]
    ) -> Iterator[tuple[PartT, ResultT | BaseException]]:
        """Call ``function`` with each part, and give its result, or its exception, as soon as it is there.

        The exception also tells that the workers died again and again with the part. Parts that have not begun are
        dropped when the iteration ends early.
        """
        futures = self._client.map(function, parts, pure=False)
        part_of = dict(zip(futures, parts, strict=True))
        del futures
        try:
            for future in self._as_completed(list(part_of)):
                error = future.exception()
                yield part_of.pop(future), cast("ResultT", future.result()) if error is None else error
                # The scheduler forgets the result.
                future.release()
        finally:
            self._client.cancel(list(part_of))


@contextmanager
def connected(scheduler: str, work: str) -> Iterator[Cluster]:
    """The cluster whose scheduler has this address. ``work`` names what is to be done there, for messages.

    Raises ClusterError if dask.distributed is not installed, or if the scheduler does not answer.
    """
    try:
        distributed = import_module("distributed")
    except ImportError:
        raise ClusterError(f"{work} needs dask.distributed: {install_command('cluster')}") from None
    try:
        client = cast("Callable[[str], _Client]", distributed.Client)(scheduler)
    except (OSError, ValueError) as error:
        raise ClusterError(f"there is no scheduler at {scheduler}: {error}") from error
    try:
        yield Cluster(client, distributed.as_completed)
    finally:
        client.close()
