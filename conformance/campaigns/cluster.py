"""Spreads a campaign over the machines of a dask.distributed cluster. Each of its workers needs this package."""

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Protocol, cast

from conformance.campaigns.campaign import Share, Summary, run_share
from conformance.campaigns.executor import Executor
from conformance.campaigns.kinds import KINDS


class ClusterError(Exception):
    """The campaign can't be spread. The message says why, in one line."""


class _Client(Protocol):
    """The methods of distributed.Client that are used here."""

    def ncores(self) -> dict[str, int]: ...
    def map(self, function: Callable[[Share], Summary], shares: Iterable[Share], *, pure: bool) -> Sequence[object]: ...
    def gather(self, futures: Sequence[object]) -> list[Summary]: ...
    def close(self) -> None: ...


def run_on_cluster(scheduler: str, share: Share) -> Summary:
    """Run a share for each core of the cluster, each with its own numbers. Raises ClusterError."""
    try:
        client_class = cast("Callable[[str], _Client]", import_module("distributed").Client)
    except ImportError:
        message = 'a campaign on several machines needs dask.distributed: pip install "codecmodel[cluster]"'
        raise ClusterError(message) from None
    try:
        client = client_class(scheduler)
    except (OSError, ValueError) as error:
        raise ClusterError(f"there is no scheduler at {scheduler}: {error}") from error
    try:
        shares = max(1, sum(client.ncores().values()))
        parts = [Share(share.seed, share.kinds, share.seconds, share.inputs, index, shares) for index in range(shares)]
        whole = Summary()
        for summary in client.gather(client.map(_run_share, parts, pure=False)):
            whole.add(summary)
        return whole
    finally:
        client.close()


def _run_share(share: Share) -> Summary:
    with Executor() as executor:
        return run_share(share, KINDS, executor)
