"""The interfaces of WebCodecs that scenarios work with: this one place decides whose they are.

Scenarios, and the modules that scenarios are made of, import them from here. They are this implementation's, unless
``use_interfaces()`` was called before these modules were imported.
"""

import asyncio
import functools
import importlib
from collections.abc import AsyncIterator, Callable, Iterable
from typing import TYPE_CHECKING, Final, NoReturn, Protocol, cast

from codecmodel import DOMException
from conformance.suite.assertions import OptionalFeatureUnsupportedError

if TYPE_CHECKING:
    from codecmodel import (
        AudioData,
        AudioDecoder,
        AudioEncoder,
        EncodedAudioChunk,
        EncodedVideoChunk,
        ImageDecoder,
        ImageTrack,
        ImageTrackList,
        VideoColorSpace,
        VideoDecoder,
        VideoEncoder,
        VideoFrame,
    )
    from codecmodel.web.message_channel import MessageChannel
    from codecmodel.web.structured_data import (
        receive,
        structured_clone,
        structured_deserialize,
        structured_deserialize_with_transfer,
        structured_serialize,
        structured_serialize_with_transfer,
        transfer,
    )

#: Other things that scenarios use together with the interfaces.
_OWN: Final = {
    "MessageChannel": "codecmodel.web.message_channel",
    "receive": "codecmodel.web.structured_data",
    "structured_clone": "codecmodel.web.structured_data",
    "structured_deserialize": "codecmodel.web.structured_data",
    "structured_deserialize_with_transfer": "codecmodel.web.structured_data",
    "structured_serialize": "codecmodel.web.structured_data",
    "structured_serialize_with_transfer": "codecmodel.web.structured_data",
    "transfer": "codecmodel.web.structured_data",
}
#: Those of them that HTML has as well.
_ELSEWHERE: Final = frozenset({"MessageChannel", "receive", "structured_clone", "transfer"})

__all__ = [
    "AudioData",
    "AudioDecoder",
    "AudioEncoder",
    "ByteStream",
    "DOMException",
    "EncodedAudioChunk",
    "EncodedVideoChunk",
    "FilledStream",
    "ImageDecoder",
    "ImageTrack",
    "ImageTrackList",
    "MessageChannel",
    "VideoColorSpace",
    "VideoDecoder",
    "VideoEncoder",
    "VideoFrame",
    "receive",
    "structured_clone",
    "structured_deserialize",
    "structured_deserialize_with_transfer",
    "structured_serialize",
    "structured_serialize_with_transfer",
    "transfer",
]

#: Gives the interface of a name, or the function.
Provider = Callable[[str], object]


class ByteStream:
    """A stream of bytes: an asynchronous iterable, for other implementations a ReadableStream with these chunks."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self.stream_parts: Final = list(parts)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.stream_parts:
            yield part


class FilledStream:
    """A stream of bytes that a scenario fills as it goes on. ``readable`` is the stream: an asynchronous iterable, or
    a ReadableStream of the other implementation. To be made on a running event loop.
    """

    def __init__(self) -> None:
        self.is_canceled = False
        self._controller: _Controller
        if _Choice.provider is None:
            self._controller = _Chunks()
            self.readable: object = self._iterate(self._controller)
        else:
            source = {"start": self._started, "cancel": self._canceled}
            self.readable = cast("Callable[[object], object]", interface_of_html("ReadableStream"))(source)

    def enqueue(self, chunk: object) -> None:
        """Let the reader have a chunk. Chunks that are not bytes are the reader's fault to find."""
        self._controller.enqueue(chunk)

    def close(self) -> None:
        self._controller.close()

    def fail(self) -> None:
        """End the stream with an error."""
        self._controller.error("as the scenario says")

    async def _iterate(self, chunks: "_Chunks") -> AsyncIterator[bytes]:
        try:
            async for chunk in chunks:
                yield cast("bytes", chunk)
        except (GeneratorExit, asyncio.CancelledError):
            self.is_canceled = True
            raise

    def _started(self, controller: "_Controller") -> None:
        self._controller = controller

    def _canceled(self, *arguments: object) -> None:
        self.is_canceled = True


class _Controller(Protocol):
    """The part of ReadableStreamDefaultController that fills the stream."""

    def enqueue(self, chunk: object) -> None: ...

    def close(self) -> None: ...

    def error(self, reason: str) -> None: ...


class _Chunks:
    """The chunks of a stream that is filled: an asynchronous iterable, and its controller."""

    def __init__(self) -> None:
        self._queue: Final = asyncio.Queue[Callable[[], object]]()

    def enqueue(self, chunk: object) -> None:
        self._queue.put_nowait(lambda: chunk)

    def close(self) -> None:
        self._queue.put_nowait(_raise_end)

    def error(self, reason: str) -> None:
        def fail() -> NoReturn:
            raise OSError(reason)

        self._queue.put_nowait(fail)

    def __aiter__(self) -> "_Chunks":
        return self

    async def __anext__(self) -> object:
        return (await self._queue.get())()


def _raise_end() -> NoReturn:
    raise StopAsyncIteration


class _Choice:
    """Whose interfaces scenarios get; None for this implementation's."""

    provider: Provider | None = None


def use_interfaces(provider: Provider) -> None:
    """Have modules that are imported from now on get these interfaces."""
    _Choice.provider = provider


def is_another_implementation() -> bool:
    """Whether the interfaces are another implementation's, which may lack any codec."""
    return _Choice.provider is not None


def interface_of_html(name: str) -> object:
    """An interface of HTML's or of another standard's that the other implementation has beside those of WebCodecs.

    Raises OptionalFeatureUnsupportedError if it has none, or if there is no other implementation.
    """
    if _Choice.provider is None:
        raise OptionalFeatureUnsupportedError(f"needs {name}, which is a browser's")
    interface = _Choice.provider(name)
    if interface is None or not getattr(interface, "_remote_exists", True):
        raise OptionalFeatureUnsupportedError(f"needs {name}, which is not there")
    return interface


def require_this_implementation(need: str) -> None:
    """Raise OptionalFeatureUnsupportedError if the interfaces are another implementation's. ``need`` says for what a
    scenario needs this one.
    """
    if is_another_implementation():
        raise OptionalFeatureUnsupportedError(f"needs {need} of codecmodel")


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _OWN and name not in _ELSEWHERE and _Choice.provider is not None:
        return functools.partial(_refuse, name)
    if _Choice.provider is not None:
        return _Choice.provider(name)
    module = importlib.import_module(_OWN.get(name, "codecmodel"))
    interface: object = getattr(module, name)
    return interface


def _refuse(name: str, *arguments: object, **members: object) -> NoReturn:
    raise OptionalFeatureUnsupportedError(f"needs {name} of codecmodel")
