"""The table that a batch prints at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.table import Table
from rich.text import Text

from codecmodel.command_line.batch.job import Status
from codecmodel.command_line.batch.results import Row
from codecmodel.files.printable import printable

#: The most rows of the table. ``results.jsonl`` has all.
_SHOWN: Final = 40


@dataclass(frozen=True)
class Summary:
    """A batch in numbers, and the rows to show: all if they are few, else the first of those that are not done."""

    statuses: Counter[str]
    #: The files that an earlier batch did, among all.
    skipped: int
    #: Seconds that the work on all files took, those of earlier batches included, and seconds since this batch began.
    worked: float
    elapsed: float
    shown: Sequence[Row]

    @property
    def failures(self) -> int:
        """The number of files that failed or are damaged."""
        return self.statuses.total() - self.statuses[Status.DONE]

    @staticmethod
    def of(rows: Iterable[Row], skipped: int, elapsed: float) -> Summary:
        """The summary of these rows."""
        statuses: Counter[str] = Counter()
        worked = 0.0
        first: list[Row] = []
        not_done: list[Row] = []
        for row in rows:
            statuses[row["status"]] += 1
            worked += row["seconds"]
            if len(first) < _SHOWN + 1:
                first.append(row)
            if row["status"] != Status.DONE and len(not_done) < _SHOWN:
                not_done.append(row)
        return Summary(statuses, skipped, worked, elapsed, first if len(first) <= _SHOWN else not_done)


def as_table(summary: Summary, results: Path) -> Table:
    """The table. ``results`` is the path of the file that has all rows."""
    total = summary.statuses.total()
    counts = ", ".join(f"{summary.statuses[status]:,} {status}" for status in Status if summary.statuses[status])
    earlier = f", {summary.skipped:,} of them by an earlier batch" if summary.skipped else ""
    lines = [
        f"{total:,} {'file' if total == 1 else 'files'}: {counts}{earlier}",
        f"{summary.worked:,.1f} s of work, this batch took {summary.elapsed:,.1f} s",
        f"All results: {printable(str(results))}",
    ]
    table = Table(caption=Text("\n".join(lines)), caption_justify="left")
    table.add_column("file", overflow="fold")
    table.add_column("status")
    for heading in ("time", "outputs", "bytes"):
        table.add_column(heading, justify="right")
    table.add_column("reason", overflow="fold")
    for row in summary.shown:
        table.add_row(
            printable(row["file"]),
            row["status"],
            f"{row['seconds']:.1f} s",
            str(len(row["outputs"])),
            f"{sum(output['bytes'] for output in row['outputs']):,}",
            printable(row["reason"]),
        )
    return table
