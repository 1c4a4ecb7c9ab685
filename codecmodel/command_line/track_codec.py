"""The common part of decoding and encoding a track: waiting for room, and remembering the first failure."""

from codecmodel.files.errors import MediaFileError
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import Promise, current_event_loop, resolve
from codecmodel.web.events import Event


class TrackCodec:
    """A codec at work on a track."""

    #: The name of the track in messages.
    name: str

    def __init__(self) -> None:
        self._failure: Exception | None = None
        self._room: Promise[None] | None = None

    async def _wait_for_event(self) -> None:
        """Wait for the next call of ``_wake``."""
        self._room = current_event_loop().new_promise()
        await self._room

    def _wake(self, event: Event | None = None) -> None:
        if self._room is not None:
            resolve(self._room, None)

    def _fail(self, error: Exception) -> None:
        """Remember the error if it is the first."""
        if self._failure is None:
            self._failure = error
        self._wake()

    def _error(self, error: DOMException) -> None:
        """The error callback of the codec."""
        self._fail(self._named(error))

    def _named(self, error: DOMException | MediaFileError) -> MediaFileError:
        return MediaFileError(f"{self.name}: {error}")

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure
