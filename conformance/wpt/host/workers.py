"""Dedicated workers (HTML § 10.2.6.3): each is a realm of its own, with a Node and a thread of its own."""

import threading
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Final

from codecmodel.web.event_loop import EventLoopClosed, TaskSource
from conformance.wpt.host.channel import RealmEndedError, RealmLostError
from conformance.wpt.host.description import Function
from conformance.wpt.host.messaging import Record
from conformance.wpt.host.realm import Realm, Settings

_SCOPE_SCRIPT: Final = Path(__file__).parent / "js" / "worker_scope.js"

_dom_manipulation: Final = TaskSource("DOM manipulation")
_posted_message: Final = TaskSource("posted message")

#: Makes the realm of a worker, with the platform in it.
OpenRealm = Callable[[Settings], Realm]


class _Worker:
    """A worker: its thread, its realm once that is there, and the messages that have come before."""

    def __init__(self, owner: Realm, number: int, settings: Settings, open_realm: OpenRealm) -> None:
        self._owner = owner
        self._number = number
        self._settings = settings
        self._open_realm = open_realm
        self._lock: Final = threading.Lock()
        self._realm: Realm | None = None
        #: Messages that came before the script had run; None afterwards.
        self._waiting: list[tuple[bytes, Sequence[Record]]] | None = []
        self._is_over = False
        self._thread: Final = threading.Thread(target=self._live, name=f"worker {number}", daemon=True)

    def start(self, source: str, type: str) -> None:
        """Begin to run the script, on a thread of its own."""
        self._source, self._type = source, type
        self._thread.start()

    def post(self, message: bytes, held: Sequence[Record]) -> None:
        """Send a message. It is dropped if the worker has ended, and waits until the script has run."""
        with self._lock:
            if self._waiting is not None:
                self._waiting.append((message, held))
            elif self._realm is not None:
                self._deliver(self._realm, message, held)

    def is_at_work(self) -> bool:
        """Whether the worker has anything to do, so that a message may come from it."""
        with self._lock:
            return not self._is_over and (self._realm is None or self._realm.event_loop.has_work())

    def terminate(self) -> None:
        """End the worker, whatever it is doing, and wait for its thread."""
        with self._lock:
            self._is_over = True
            if self._realm is not None:
                self._realm.interrupt()
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _close(self) -> None:
        self._is_over = True

    def _live(self) -> None:
        try:
            with self._open_realm(self._settings) as realm:
                self._run(realm)
        except RealmEndedError:
            # The script has done so itself.
            pass
        except RealmLostError as error:
            if not self._is_over:
                self._tell("workerFailed", self._number, str(error), "", 0, 0)
        finally:
            with self._lock:
                self._is_over = True
                self._waiting = None

    def _run(self, realm: Realm) -> None:
        realm.provide(
            {
                "postToOwner": lambda message, held: self._tell(
                    "messageFromWorker", self._number, message, _moved(held)
                ),
                "closeWorker": self._close,
                "workerScriptRan": self._deliver_waiting,
                "workerFailed": lambda *position: self._tell("workerFailed", self._number, *position),
            }
        )
        realm.run_host_script(_SCOPE_SCRIPT)
        realm.limit_scripts(None)
        with self._lock:
            if self._is_over:
                return
            realm.queue_task(_dom_manipulation, "runWorkerScript", self._settings.url, self._source, self._type)
            self._realm = realm
        try:
            realm.event_loop.run(lambda: self._is_over, float("inf"))
        finally:
            with self._lock:
                self._realm = None

    def _deliver_waiting(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting or [], None
            for message, held in waiting:
                assert self._realm is not None
                self._deliver(self._realm, message, held)

    def _deliver(self, realm: Realm, message: bytes, held: Sequence[Record]) -> None:
        realm.queue_task(_posted_message, "messageFromOwner", message, list(held))

    def _tell(self, name: str, *arguments: object) -> None:
        """Queue a task of the owner."""
        try:
            self._owner.queue_task(_dom_manipulation, name, *arguments)
        except EventLoopClosed:
            self._is_over = True


class Workers:
    """The workers that a realm has started."""

    def __init__(self, owner: Realm, open_realm: OpenRealm) -> None:
        self._owner = owner
        self._open_realm = open_realm
        self._numbers: Final = count(1)
        self._workers: Final[dict[int, _Worker]] = {}
        owner.before_closing(self.close)
        self.services: Final[Mapping[str, Function]] = {
            "newWorker": self._new_worker,
            "startWorker": lambda number, source, type: self._workers[number].start(source, type),
            "postToWorker": self._post,
            "terminateWorker": self._terminate,
        }

    def close(self) -> None:
        """End all workers."""
        for number in list(self._workers):
            self._terminate(number)

    def _is_at_work(self) -> bool:
        return any(worker.is_at_work() for worker in self._workers.values())

    def _new_worker(self, url: str) -> int:
        """A worker that waits for its script. Returns its number."""
        number = next(self._numbers)
        if not self._owner.event_loop.has_others():
            self._owner.event_loop.wait_for(self._is_at_work)
        owner = self._owner.settings
        settings = Settings(url, owner.secure, owner.isolated, origin_url=owner.origin_url or owner.url)
        self._workers[number] = _Worker(self._owner, number, settings, self._open_realm)
        return number

    def _post(self, number: int, message: bytes, held: Sequence[Record]) -> None:
        worker = self._workers.get(number)
        moved = _moved(held)
        if worker is not None:
            worker.post(message, moved)

    def _terminate(self, number: int) -> None:
        worker = self._workers.pop(number, None)
        if worker is not None:
            worker.terminate()


def _moved(held: Sequence[Record]) -> list[Record]:
    """The same contents in new records. A realm may keep those that it knows for a long time."""
    return [Record(record.taken()) for record in held]
