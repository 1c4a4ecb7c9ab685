"""Progress on a terminal."""

import argparse
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from codecmodel.command_line.console import new_console
from codecmodel.files.printable import printable

#: Is called with the amount that is done and the total: in µs, in bytes if the duration is unknown, or in pictures. A
#: total of 0 is unknown.
ProgressListener: TypeAlias = Callable[[int, int], None]


def progress_bar(console: Console) -> Progress:
    """A bar that disappears at the end. It is not shown at all if ``console`` is no terminal."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


@contextmanager
def reported_progress(options: argparse.Namespace) -> Iterator[ProgressListener]:
    """A listener that shows the progress with ``options.file``, unless the command is to be quiet."""
    if options.quiet:
        yield lambda done, total: None
        return
    with progress_bar(new_console(stderr=True)) as progress:
        bar = progress.add_task(printable(os.path.basename(options.file)), total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total or None)
