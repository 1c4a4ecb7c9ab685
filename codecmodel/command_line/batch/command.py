"""The command ``batch``, as the command line runs it."""

import argparse
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Final

from codecmodel.cluster import ClusterError, connected
from codecmodel.command_line.batch.inputs import input_files, output_paths
from codecmodel.command_line.batch.job import Job, Outcome, Status
from codecmodel.command_line.batch.parquet import ParquetFile
from codecmodel.command_line.batch.results import NAME, Results, Row, is_complete, size_and_time
from codecmodel.command_line.batch.runner import JobAndOutcome, run_here, run_on_cluster
from codecmodel.command_line.batch.table import Summary, as_table
from codecmodel.command_line.console import new_console
from codecmodel.command_line.progress import progress_bar
from codecmodel.command_line.usage_error import UsageError
from codecmodel.files.errors import MediaFileError, MissingLibraryError
from codecmodel.web.threads import usable_processors
from ffbind import LibraryNotFoundError, UnsupportedLibraryError, load

#: The directory, in that of the outputs, that has a directory for each file that is being worked on.
_WORK: Final = ".batch"


def batch(options: argparse.Namespace, command_options: Sequence[str]) -> None:
    """Carry out a command for many files. Raises MediaFileError, also at the end if a file failed or is damaged."""
    if options.scheduler is not None and options.workers is not None:
        raise UsageError("--workers is for this machine: with --scheduler, the cluster has the workers")
    files = input_files(options.inputs, options.manifest)
    parquet = None if options.parquet is None else ParquetFile(options.parquet)
    with Results(options.out) as results:
        work = _Batch(options, command_options, files, results)
        begin = monotonic()
        work.run()
        results.sort(files)
        if parquet is not None:
            parquet.write(results.rows(files))
        summary = Summary.of(results.rows(files), work.skipped, monotonic() - begin)
        if not options.quiet:
            new_console().print(as_table(summary, options.out / NAME))
    if summary.failures:
        raise MediaFileError(
            f"{summary.failures:,} of {len(files):,} files failed or are damaged: {options.out / NAME}"
        )


class _Batch:
    """The work on the files that are not done yet."""

    def __init__(
        self, options: argparse.Namespace, command_options: Sequence[str], files: Sequence[str], results: Results
    ) -> None:
        self._options = options
        self._command: str = options.batch_command
        self._command_options = command_options
        self._files = files
        self._results = results
        self._out: Path = options.out
        self._work = self._out.absolute() / _WORK
        extension = getattr(options, "extension", None)
        self._output_paths = output_paths(files, None if extension is None else extension.removeprefix("."))
        #: The number of files that an earlier batch did.
        self.skipped = 0

    def run(self) -> None:
        """Do the jobs and keep their results. Raises MediaFileError if there is nothing to do them with."""
        # An earlier batch that was killed left its work. No other is at work now.
        shutil.rmtree(self._work, ignore_errors=True)
        try:
            self._work.mkdir()
            with self._outcomes() as outcomes, progress_bar(new_console(stderr=True)) as progress:
                bar = progress.add_task(self._command, total=len(self._files), visible=not self._options.quiet)
                for count, (job, outcome) in enumerate(outcomes, 1):
                    self._keep(job, outcome)
                    progress.update(bar, completed=self.skipped + count)
        except ClusterError as error:
            raise MediaFileError(str(error)) from error
        except OSError as error:
            raise MediaFileError(f"{error.filename or self._out}: {error.strerror or error}") from error
        finally:
            shutil.rmtree(self._work, ignore_errors=True)

    @contextmanager
    def _outcomes(self) -> Iterator[Iterator[JobAndOutcome]]:
        if self._options.scheduler is not None:
            with connected(self._options.scheduler, "a batch on several machines") as cluster:
                yield run_on_cluster(list(self._jobs()), cluster)
            return
        try:
            load()
        except (LibraryNotFoundError, UnsupportedLibraryError) as error:
            raise MissingLibraryError(str(error)) from error
        workers = self._options.workers or max(1, usable_processors() // self._options.threads)
        with closing(run_here(self._jobs(), min(workers, len(self._files)))) as outcomes:
            yield outcomes

    def _jobs(self) -> Iterator[Job]:
        """The jobs that are not done yet."""
        for number, file in enumerate(self._files):
            row = self._results.row_of(file)
            if (
                row is not None
                and not self._options.overwrite
                and is_complete(row, self._command, self._command_options, self._out)
            ):
                self.skipped += 1
                continue
            directory = str(self._work / str(number))
            job = Job(
                file,
                *size_and_time(file),
                arguments=self._arguments(file, directory),
                directory=directory,
                seconds=self._options.time_limit,
                threads=self._options.threads,
            )
            if self._command == "transcode" and (reason := self._refusal(file, [Path(self._output_paths[file]).name])):
                # Not after hours of work.
                self._add(job, Outcome(Status.FAILED, reason), ())
                continue
            yield job

    def _arguments(self, file: str, directory: str) -> Sequence[str]:
        """The arguments of the command. Workers may have another current directory."""
        path = os.path.abspath(file)
        match self._command:
            case "probe":
                own = ["--json", path]
            case "transcode":
                own = ["--quiet", path, os.path.join(directory, os.path.basename(self._output_paths[file]))]
            case _:
                own = ["--quiet", "--out", directory, path]
        return [self._command, *self._command_options, *own]

    def _refusal(self, file: str, names: Sequence[str]) -> str:
        """Why outputs with these names must not be placed. Empty if they may."""
        row = self._results.row_of(file)
        own = set() if row is None else {output["path"] for output in row["outputs"]}
        for name in names:
            path = self._place_of(file, name)
            if not self._options.overwrite and path not in own and os.path.lexists(self._out / path):
                return f"{self._out / path}: file exists; --overwrite replaces it"
        return ""

    def _place_of(self, file: str, name: str) -> str:
        """The path of an output, relative to the directory of all outputs."""
        return os.path.join(os.path.dirname(self._output_paths[file]), name)

    def _keep(self, job: Job, outcome: Outcome) -> None:
        """Write the row, and then put the outputs in their places: a row without its outputs is not complete."""
        names = list(outcome.outputs)
        reason = self._refusal(job.file, names)
        if reason:
            outcome, names = Outcome(Status.FAILED, reason, seconds=outcome.seconds), []
        earlier = self._results.row_of(job.file)
        self._add(job, outcome, names)
        try:
            for name in names:
                place = self._out / self._place_of(job.file, name)
                place.parent.mkdir(parents=True, exist_ok=True)
                os.replace(os.path.join(job.directory, name), place)
        except OSError as error:
            where = error.filename2 or error.filename
            self._add(job, Outcome(Status.FAILED, f"{where}: {error.strerror or error}"), ())
        else:
            self._remove_stale(earlier, outcome, {self._place_of(job.file, name) for name in names})
        shutil.rmtree(job.directory, ignore_errors=True)

    def _remove_stale(self, earlier: Row | None, outcome: Outcome, places: set[str]) -> None:
        """Remove what was made of the same file with other options, or before it changed, if there is better now."""
        if earlier is None or outcome.status is Status.FAILED:
            return
        for output in earlier["outputs"]:
            if output["path"] not in places:
                with suppress(OSError):
                    os.unlink(self._out / output["path"])

    def _add(self, job: Job, outcome: Outcome, names: Sequence[str]) -> None:
        row: Row = {
            "file": job.file,
            "command": self._command,
            "options": self._command_options,
            "status": outcome.status,
            "reason": self._placed(job, outcome.reason),
            "seconds": outcome.seconds,
            "bytes": job.size,
            "modified": job.modified,
            "outputs": [{"path": self._place_of(job.file, name), "bytes": outcome.outputs[name]} for name in names],
            "messages": [self._placed(job, message) for message in outcome.messages],
        }
        earlier = self._results.row_of(job.file)
        if earlier is not None and outcome.status is Status.FAILED:
            paths = {output["path"] for output in row["outputs"]}
            row["outputs"] = [*row["outputs"], *(each for each in earlier["outputs"] if each["path"] not in paths)]
        if self._command == "probe" and outcome.printed:
            row["probe"] = json.loads(outcome.printed)
        if outcome.log:
            row["log"] = outcome.log
        self._results.add(row)

    def _placed(self, job: Job, text: str) -> str:
        """The text with the places of outputs for the paths that they had meanwhile."""
        directory = self._out / os.path.dirname(self._output_paths[job.file])
        return text.replace(f"{job.directory}{os.sep}", f"{directory}{os.sep}")
