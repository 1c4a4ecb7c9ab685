"""Does the jobs of a batch: on the cores of this machine, or on a cluster."""

import json
import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict
from itertools import islice
from queue import SimpleQueue
from types import TracebackType
from typing import Final, Self, TypeAlias

from codecmodel.cluster import Cluster
from codecmodel.command_line.batch.job import Job, Outcome, Status, outcome_from
from codecmodel.line_process import Ended, LineProcess

#: Seconds after the time limit of a job, which the system watches over.
_PATIENCE: Final = 60.0
#: NumPy computes nothing large in a batch, and its threads would be in the way of forks.
_ONE_THREAD: Final = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
#: The most jobs that a task of a cluster has, and the tasks that each core gets, if there are that many jobs.
_LARGEST_SHARE: Final = 32
_SHARES_A_CORE: Final = 8

JobAndOutcome: TypeAlias = tuple[Job, Outcome]


class Runner:
    """A process that does one job after the other, each in a child of its own. A context manager."""

    def __init__(self) -> None:
        self._process = LineProcess("codecmodel.command_line.batch.child", [], _ONE_THREAD)

    def run(self, job: Job) -> Outcome:
        """Do a job, whatever comes of it."""
        patience = job.seconds + _PATIENCE if job.seconds else threading.TIMEOUT_MAX
        answer = self._process.ask(json.dumps(asdict(job)), patience)
        if isinstance(answer, Ended):
            how = "there was no answer" if answer.by is None else f"the process that starts the work ended: {answer.by}"
            return Outcome(Status.FAILED, how, log=answer.errors or "")
        return outcome_from(answer)

    def kill(self) -> None:
        """End the job that is being done, on any thread."""
        self._process.kill()

    def close(self) -> None:
        """End the process."""
        self._process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def run_here(jobs: Iterable[Job], workers: int) -> Generator[JobAndOutcome, None, None]:
    """Do the jobs, ``workers`` at a time, and give each outcome as soon as it is there.

    If the iteration ends early, so does the work.
    """
    runners = [Runner() for _ in range(workers)]
    idle: SimpleQueue[Runner] = SimpleQueue()
    for runner in runners:
        idle.put(runner)

    def run(job: Job) -> Outcome:
        runner = idle.get()
        try:
            return runner.run(job)
        finally:
            idle.put(runner)

    remaining = iter(jobs)
    pending: dict[Future[Outcome], Job] = {}
    with ThreadPoolExecutor(workers, "codecmodel-batch") as pool:
        try:
            while True:
                for job in islice(remaining, 2 * workers - len(pending)):
                    pending[pool.submit(run, job)] = job
                if not pending:
                    return
                for future in wait(pending, return_when=FIRST_COMPLETED).done:
                    yield pending.pop(future), future.result()
        finally:
            for future in pending:
                future.cancel()
            while pending and wait(pending, timeout=0.05).not_done:
                for runner in runners:
                    runner.kill()
            for runner in runners:
                runner.close()


def run_on_cluster(jobs: Sequence[Job], cluster: Cluster) -> Iterator[JobAndOutcome]:
    """Do the jobs on the cluster, some to a task, and give the outcomes as soon as those of a task are there."""
    size = max(1, min(_LARGEST_SHARE, len(jobs) // (_SHARES_A_CORE * cluster.cores)))
    shares = [jobs[start : start + size] for start in range(0, len(jobs), size)]
    for share, outcomes in cluster.spread(_run_share, shares):
        if isinstance(outcomes, BaseException):
            reason = f"the cluster could not do it: {type(outcomes).__name__}: {outcomes}"
            yield from ((job, Outcome(Status.FAILED, reason)) for job in share)
        else:
            yield from zip(share, outcomes, strict=True)


def _run_share(share: Sequence[Job]) -> Sequence[Outcome]:
    with Runner() as runner:
        return [runner.run(job) for job in share]
