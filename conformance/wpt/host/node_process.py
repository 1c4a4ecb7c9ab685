"""The process of Node that a realm lives in.

This module uses nothing of codecmodel, so that Node can start while Python is still loading that.
"""

import os
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

MAIN_SCRIPT: Final = Path(__file__).parent / "js" / "main.js"


class NodeProcess:
    """Node, running the host's part in JavaScript, and the socket to it. To be closed; a context manager.

    Node is given ``options``. It loads the ``module`` at this URL first, and does not run it. Its standard streams are
    those of this process if it ``has_standard_streams``; else it reads nothing, and what it writes is kept.
    """

    def __init__(
        self,
        node: Path,
        options: Sequence[str] = (),
        *,
        module: str | None = None,
        has_standard_streams: bool = False,
    ) -> None:
        # This is not a pipe, because a pipe that is not read before the end would fill up.
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        self.socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [node, *options, MAIN_SCRIPT, str(theirs.fileno()), *([] if module is None else [module])],
                pass_fds=(theirs.fileno(),),
                stdin=None if has_standard_streams else subprocess.DEVNULL,
                stdout=None if has_standard_streams else self._output,
                stderr=None if has_standard_streams else self._output,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def printed(self) -> str:
        """What Node has written to its standard streams, if they are not those of this process."""
        # Node writes where this file object stands, so it must not move.
        descriptor = self._output.fileno()
        return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode(errors="replace")

    def kill(self) -> None:
        """End Node. Any thread may call this."""
        self._process.kill()

    def wait(self) -> None:
        """Wait for the end of Node."""
        self._process.wait()

    def close(self) -> None:
        """End Node."""
        self.socket.close()
        self.kill()
        self.wait()
        self._output.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, type: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
