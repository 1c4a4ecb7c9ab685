"""The interfaces of WebCodecs that scenarios work with: this one place decides whose they are.

Scenarios, and the modules that scenarios are made of, import them from here. They are this implementation's, unless
``use_interfaces()`` was called before these modules were imported.
"""

import functools
import importlib
from collections.abc import AsyncIterator, Callable, Iterable
from typing import TYPE_CHECKING, Final, NoReturn

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


class _Choice:
    """Whose interfaces scenarios get; None for this implementation's."""

    provider: Provider | None = None


def use_interfaces(provider: Provider) -> None:
    """Have modules that are imported from now on get these interfaces."""
    _Choice.provider = provider


def is_another_implementation() -> bool:
    """Whether the interfaces are another implementation's, which may lack any codec."""
    return _Choice.provider is not None


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
