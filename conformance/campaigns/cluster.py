"""Spreads a campaign over the machines of a dask.distributed cluster. Each of its workers needs this package."""

from codecmodel.cluster import connected
from conformance.campaigns.campaign import Share, Summary, run_share
from conformance.campaigns.executor import Executor
from conformance.campaigns.kinds import KINDS


def run_on_cluster(scheduler: str, share: Share) -> Summary:
    """Run a share for each core of the cluster, each with its own numbers. Raises ClusterError."""
    with connected(scheduler, "a campaign on several machines") as cluster:
        shares = cluster.cores
        parts = [Share(share.seed, share.kinds, share.seconds, share.inputs, index, shares) for index in range(shares)]
        summaries = [(part.index, summary) for part, summary in cluster.spread(_run_share, parts)]
    whole = Summary()
    for _, summary in sorted(summaries, key=lambda each: each[0]):
        if isinstance(summary, BaseException):
            raise summary
        whole.add(summary)
    return whole


def _run_share(share: Share) -> Summary:
    with Executor() as executor:
        return run_share(share, KINDS, executor)
