"""Runs a script in a realm of its own, until it has nothing left to do."""

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Final

from conformance.wpt.host.channel import Channel, RealmEndedError, RealmLostError
from conformance.wpt.host.node_process import NodeProcess
from conformance.wpt.host.realm import Realm, Settings
from conformance.wpt.script.node import start_node
from conformance.wpt.session import prepare

_SCRIPT: Final = Path(__file__).parent / "run.js"
#: Seconds without a task after which Node gets a turn, if a timer, a codec or a worker goes on meanwhile.
_IDLE_SECONDS: Final = 0.002
#: Seconds for which nothing must be at work at the end if there are workers, as their Node does not tell of all that it
#: does in other threads.
_QUIET_SECONDS: Final = 0.3
_FAILED: Final = 1
#: Node's status of a module that waits for ever.
_UNSETTLED: Final = 13


class _Progress:
    """How far the script has come. ``status`` is the exit status, once it is known."""

    def __init__(self) -> None:
        self.is_evaluated = False
        self.is_closed = False
        self.status: int | None = None
        self.quiet_since: float | None = None

    def evaluated(self) -> None:
        self.is_evaluated = True

    def closed(self) -> None:
        self.is_closed = True

    def failed(self) -> None:
        self.status = _FAILED


def run_script(file: Path, arguments: Sequence[str], node: Path, process: NodeProcess) -> int:
    """Run a script with Node's standard streams, and return its exit status. ``file`` is imported as Node would do.

    The script runs in ``process``, and its workers in further processes of ``node``. It ends when it calls
    ``process.exit()`` or ``close()``, with the first error that it does not catch, or when it has nothing left to do:
    no task, no timer, no codec and no file at work.
    """
    file = file.resolve()
    settings = Settings(file.as_uri(), secure=True, isolated=True)
    try:
        with _open_realm(node, process, settings) as realm, _without_garbage():
            return _run(realm, file, arguments)
    except RealmEndedError as end:
        return end.status
    except RealmLostError as error:
        print(error, file=sys.stderr)
        return _FAILED


@contextmanager
def _without_garbage() -> Iterator[None]:
    """For speed: within the block, the collector passes over what is there already."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _open_realm(node: Path, process: NodeProcess, settings: Settings) -> Realm:
    realm = Realm(Channel(process), settings, idle_seconds=_IDLE_SECONDS)
    prepare(realm, _content_of, lambda of_worker: _open_realm(node, start_node(node), of_worker))
    # A worker has the same files.
    realm.run_host_script(_SCRIPT)
    return realm


def _run(realm: Realm, file: Path, arguments: Sequence[str]) -> int:
    progress = _Progress()
    realm.provide(
        {
            "scriptEvaluated": progress.evaluated,
            "scriptClosed": progress.closed,
            "scriptFailed": progress.failed,
        }
    )
    realm.limit_scripts(None)

    def is_stopped() -> bool:
        return progress.is_closed or progress.status is not None

    def is_over() -> bool:
        if is_stopped():
            return True
        if not realm.event_loop.has_others():
            return realm.event_loop.rest(is_stopped) or is_stopped()
        if realm.event_loop.has_work():
            progress.quiet_since = None
            return False
        if progress.quiet_since is None:
            progress.quiet_since = monotonic()
        return monotonic() - progress.quiet_since >= _QUIET_SECONDS

    realm.perform("importScript", file.as_uri(), str(file), list(arguments))
    realm.event_loop.run(is_over, float("inf"))
    if progress.status is None and not progress.is_closed and not progress.is_evaluated:
        print(f"{file} awaits something that will not happen", file=sys.stderr)
        progress.status = _UNSETTLED
    # The script may have set the status by itself.
    realm.perform("exit", progress.status)
    raise AssertionError("Node goes on")


def _content_of(url_path: str) -> bytes | None:
    """The content of a file, by its absolute path."""
    try:
        return Path(url_path).read_bytes()
    except OSError:
        return None
