"""Chapter 8 of the spec: EncodedAudioChunk and EncodedVideoChunk."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final, Literal, NamedTuple, NotRequired, TypeAlias, TypedDict

from codecmodel.algorithm import algorithm
from codecmodel.web.buffers import (
    BufferSource,
    allow_shared_buffer_source,
    array_buffer,
    byte_length,
    copy_of_bytes,
    detach_transferred,
    has_duplicates,
    is_detached,
    writable_view_of,
)
from codecmodel.web.errors import DOMException
from codecmodel.web.structured_data import SerializableObject
from codecmodel.web.webidl import (
    Dictionary,
    Enumeration,
    Member,
    enforced_long_long,
    enforced_unsigned_long_long,
    sequence,
)

EncodedAudioChunkType: TypeAlias = Literal["key", "delta"]
EncodedVideoChunkType: TypeAlias = Literal["key", "delta"]


class EncodedAudioChunkInit(TypedDict):
    """``timestamp`` and ``duration`` in microseconds; ``data`` anything that offers its bytes as a buffer.

    Buffers in ``transfer`` are detached: a memoryview is released, a bytearray emptied.
    """

    type: EncodedAudioChunkType
    timestamp: int
    duration: NotRequired[int]
    data: BufferSource
    transfer: NotRequired[Sequence[BufferSource]]


class EncodedVideoChunkInit(TypedDict):
    """As EncodedAudioChunkInit."""

    type: EncodedVideoChunkType
    timestamp: int
    duration: NotRequired[int]
    data: BufferSource
    transfer: NotRequired[Sequence[BufferSource]]


_chunk_type: Final = Enumeration[EncodedVideoChunkType]("chunk type", ["key", "delta"])
_members: Final = (
    Member("type", _chunk_type, required=True),
    Member("timestamp", enforced_long_long, required=True),
    Member("duration", enforced_unsigned_long_long),
    Member("data", allow_shared_buffer_source, required=True),
    Member("transfer", sequence(array_buffer), default=[]),
)
encoded_audio_chunk_init: Final = Dictionary[EncodedAudioChunkInit]("EncodedAudioChunkInit", *_members)
encoded_video_chunk_init: Final = Dictionary[EncodedVideoChunkInit]("EncodedVideoChunkInit", *_members)


_INTERNAL_SLOTS: Final = ("_internal_data", "_type", "_timestamp", "_duration", "_byte_length")


class _EncodedChunk(SerializableObject):
    """What both interfaces spell out alike."""

    __slots__ = ("__weakref__", *_INTERNAL_SLOTS)

    #: [[internal data]]
    _internal_data: bytes
    #: [[type]]
    _type: Literal["key", "delta"]
    #: [[timestamp]], in microseconds
    _timestamp: int
    #: [[duration]], in microseconds
    _duration: int | None
    #: [[byte length]]
    _byte_length: int

    @property
    def type(self) -> Literal["key", "delta"]:
        return self._type

    @property
    def timestamp(self) -> int:
        """Presentation timestamp in microseconds."""
        return self._timestamp

    @property
    def duration(self) -> int | None:
        """Presentation duration in microseconds, or None."""
        return self._duration

    @property
    def byteLength(self) -> int:
        return self._byte_length

    @algorithm("dom-encodedaudiochunk-copyto", "dom-encodedvideochunk-copyto")
    def copyTo(self, destination: BufferSource) -> None:
        """Copy the encoded data to the start of ``destination``. Raises TypeError if it doesn't fit."""
        allow_shared_buffer_source(destination, "destination")
        # 1. A destination that is too small.
        if self._byte_length > byte_length(destination):
            raise TypeError(f"destination has {byte_length(destination)} bytes, the chunk {self._byte_length}")
        # 2. Copy.
        writable_view_of(destination, "destination")[: self._byte_length] = self._internal_data

    @algorithm("encodedaudiochunk-serialization", "encodedvideochunk-serialization", part="serialization")
    def _serialization_steps(self, serialized: dict[str, object], for_storage: bool) -> None:
        # 1. Chunks are not stored.
        if for_storage:
            raise DOMException("an encoded chunk cannot be stored", "DataCloneError")
        # 2. Each slot becomes a field,
        for slot in _INTERNAL_SLOTS:
            serialized[slot] = getattr(self, slot)

    @algorithm("encodedaudiochunk-serialization", "encodedvideochunk-serialization", part="deserialization")
    def _deserialization_steps(self, serialized: Mapping[str, object]) -> None:
        # 1. and each field a slot.
        for slot in _INTERNAL_SLOTS:
            setattr(self, slot, serialized[slot])

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(type={self._type!r}, timestamp={self._timestamp}, "
            f"duration={self._duration}, byteLength={self._byte_length})"
        )


@algorithm("dom-encodedaudiochunk-encodedaudiochunk", "dom-encodedvideochunk-encodedvideochunk")
def _initialize(chunk: _EncodedChunk, init: EncodedAudioChunkInit | EncodedVideoChunkInit) -> None:
    """The constructor steps of both interfaces."""
    data = init["data"]
    transfer = init.get("transfer", ())
    # 1. The same buffer twice in the transfer list.
    if has_duplicates(transfer):
        raise DOMException("a buffer is in the transfer list twice", "DataCloneError")
    # 2. For each buffer to transfer,
    for transferable in transfer:
        # 2.1. a detached one can't be.
        if is_detached(transferable):
            raise DOMException("a buffer in the transfer list is detached", "DataCloneError")
    # 3. The new chunk:
    # 3.1.
    chunk._type = init["type"]
    # 3.2.
    chunk._timestamp = init["timestamp"]
    # 3.3.
    chunk._duration = init.get("duration")
    # 3.5. and 3.5.1. n/a: referencing transferred data is optional; a chunk owns immutable bytes.
    # 3.6. The data is copied:
    # 3.6.1.
    chunk._internal_data = copy_of_bytes(data)
    # 3.4. after 3.6.1.: it is the length of the copy.
    chunk._byte_length = len(chunk._internal_data)
    # 4. and 4.1. Detach each buffer to transfer.
    detach_transferred(data, transfer)
    # 5. n/a: the constructor returns the chunk.


class EncoderPadding(NamedTuple):
    """Not from the spec: sound that an encoder added to a chunk. A file has to tell it, so that players remove it.

    The chunk decodes to ``start`` seconds before the sound begins, and to ``end`` seconds after the sound has ended.
    """

    start: Fraction = Fraction(0)
    end: Fraction = Fraction(0)


class EncodedAudioChunk(_EncodedChunk):
    """A chunk of encoded audio (spec § 8.1). Immutable."""

    __slots__ = ("_padding",)

    #: Not from the spec: the padding, if this package's encoder made the chunk and added any.
    _padding: EncoderPadding

    def __init__(self, init: EncodedAudioChunkInit) -> None:
        _initialize(self, encoded_audio_chunk_init(init, "init"))


class EncodedVideoChunk(_EncodedChunk):
    """A chunk of encoded video, as a rule one frame (spec § 8.2). Immutable."""

    __slots__ = ()

    def __init__(self, init: EncodedVideoChunkInit) -> None:
        _initialize(self, encoded_video_chunk_init(init, "init"))


def new_encoded_audio_chunk(init: EncodedAudioChunkInit) -> EncodedAudioChunk:
    """An EncodedAudioChunk of values that need no conversion."""
    chunk = EncodedAudioChunk.__new__(EncodedAudioChunk)
    _initialize(chunk, init)
    return chunk


def new_encoded_video_chunk(init: EncodedVideoChunkInit) -> EncodedVideoChunk:
    """An EncodedVideoChunk of values that need no conversion."""
    chunk = EncodedVideoChunk.__new__(EncodedVideoChunk)
    _initialize(chunk, init)
    return chunk


def padding_of(chunk: EncodedAudioChunk) -> EncoderPadding | None:
    """Not from the spec: the sound that an encoder added to the chunk; None if nothing is known of it."""
    return getattr(chunk, "_padding", None)
