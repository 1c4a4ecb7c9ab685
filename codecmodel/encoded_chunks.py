"""EncodedAudioChunk and EncodedVideoChunk (chapter 8)."""

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
    """The description of a chunk (§ 8.1.1). ``timestamp`` and ``duration`` are in microseconds.

    ``data`` is any object that offers its bytes as a buffer. Buffers in ``transfer`` are detached: a memoryview is
    released, a bytearray is emptied.
    """

    type: EncodedAudioChunkType
    timestamp: int
    duration: NotRequired[int]
    data: BufferSource
    transfer: NotRequired[Sequence[BufferSource]]


class EncodedVideoChunkInit(TypedDict):
    """The description of a chunk (§ 8.2.1), with the same members as EncodedAudioChunkInit."""

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
    """The slots and methods of a chunk, which the spec writes down for both interfaces."""

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
        """Whether decoding can start with this chunk ("key"), or needs earlier chunks ("delta")."""
        return self._type

    @property
    def timestamp(self) -> int:
        """The presentation timestamp in microseconds."""
        return self._timestamp

    @property
    def duration(self) -> int | None:
        """The presentation duration in microseconds, or None."""
        return self._duration

    @property
    def byteLength(self) -> int:
        """The number of bytes of encoded data."""
        return self._byte_length

    @algorithm("dom-encodedaudiochunk-copyto", "dom-encodedvideochunk-copyto")
    def copyTo(self, destination: BufferSource) -> None:
        """Copy the encoded data to the start of ``destination``. Raises TypeError if it does not fit."""
        allow_shared_buffer_source(destination, "destination")
        # 1. The destination must be large enough.
        if self._byte_length > byte_length(destination):
            raise TypeError(f"destination has {byte_length(destination)} bytes, but the chunk has {self._byte_length}")
        # 2. Copy the data.
        writable_view_of(destination, "destination")[: self._byte_length] = self._internal_data

    @algorithm("encodedaudiochunk-serialization", "encodedvideochunk-serialization", part="serialization")
    def _serialization_steps(self, serialized: dict[str, object], for_storage: bool) -> None:
        # 1. No chunk is ever stored.
        if for_storage:
            raise DOMException("an encoded chunk cannot be stored", "DataCloneError")
        # 2. Every slot becomes a field of the record.
        for slot in _INTERNAL_SLOTS:
            serialized[slot] = getattr(self, slot)

    @algorithm("encodedaudiochunk-serialization", "encodedvideochunk-serialization", part="deserialization")
    def _deserialization_steps(self, serialized: Mapping[str, object]) -> None:
        # 1. Every field becomes a slot of the new object.
        for slot in _INTERNAL_SLOTS:
            setattr(self, slot, serialized[slot])

    # Not in the spec: the data as bytes, without a copy.

    def __bytes__(self) -> bytes:
        return self._internal_data

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(type={self._type!r}, timestamp={self._timestamp}, "
            f"duration={self._duration}, byteLength={self._byte_length})"
        )


@algorithm("dom-encodedaudiochunk-encodedaudiochunk", "dom-encodedvideochunk-encodedvideochunk")
def _initialize(chunk: _EncodedChunk, init: EncodedAudioChunkInit | EncodedVideoChunkInit) -> None:
    """The constructors EncodedAudioChunk(init) and EncodedVideoChunk(init). ``init`` is a converted dictionary."""
    data = init["data"]
    transfer = init.get("transfer", ())
    # 1. The transfer list must not have a buffer twice.
    if transfer and has_duplicates(transfer):
        raise DOMException("a buffer is in the transfer list twice", "DataCloneError")
    # 2. For each buffer in the transfer list:
    for transferable in transfer:
        # 2.1. it must not be detached already.
        if is_detached(transferable):
            raise DOMException("a buffer in the transfer list is detached", "DataCloneError")
    # 3. Initialize the slots of the new object:
    # 3.1. the type comes from init,
    chunk._type = init["type"]
    # 3.2. so does the timestamp,
    chunk._timestamp = init["timestamp"]
    # 3.3. and the duration, which may be null.
    chunk._duration = init.get("duration")
    # 3.5. and 3.5.1. n/a: a user agent may refer to transferred data, but a chunk here always has immutable bytes.
    # 3.6. So the data
    # 3.6.1. is copied.
    # For speed: bytes need no copy, because they never change.
    chunk._internal_data = data if type(data) is bytes else copy_of_bytes(data)
    # 3.4. after 3.6.1.: the byte length is that of the copy.
    chunk._byte_length = len(chunk._internal_data)
    # 4. and 4.1. Detach every buffer in the transfer list.
    if transfer:
        detach_transferred(data, transfer)
    # 5. n/a: the caller has the object.


class EncoderPadding(NamedTuple):
    """Not in the spec: sound that an encoder added to a chunk. A file has to tell it, so that players remove it.

    The chunk decodes to ``start`` seconds before the sound begins, and to ``end`` seconds after the sound has ended.
    """

    start: Fraction = Fraction(0)
    end: Fraction = Fraction(0)


class EncodedAudioChunk(_EncodedChunk):
    """A chunk of encoded audio (§ 8.1). It is immutable."""

    __slots__ = ("_padding",)

    #: Not in the spec: the padding, if this package's encoder made the chunk and added any.
    _padding: EncoderPadding

    def __init__(self, init: EncodedAudioChunkInit) -> None:
        _initialize(self, encoded_audio_chunk_init(init, "init"))


class EncodedVideoChunk(_EncodedChunk):
    """A chunk of encoded video, as a rule one frame (§ 8.2). It is immutable."""

    __slots__ = ()

    def __init__(self, init: EncodedVideoChunkInit) -> None:
        _initialize(self, encoded_video_chunk_init(init, "init"))


def new_encoded_audio_chunk(init: EncodedAudioChunkInit) -> EncodedAudioChunk:
    """An EncodedAudioChunk with values that need no conversion."""
    chunk = EncodedAudioChunk.__new__(EncodedAudioChunk)
    _initialize(chunk, init)
    return chunk


def new_encoded_video_chunk(init: EncodedVideoChunkInit) -> EncodedVideoChunk:
    """An EncodedVideoChunk with values that need no conversion."""
    chunk = EncodedVideoChunk.__new__(EncodedVideoChunk)
    _initialize(chunk, init)
    return chunk


def padding_of(chunk: EncodedAudioChunk) -> EncoderPadding | None:
    """Not in the spec: the sound that an encoder added to the chunk; None if nothing is known of it."""
    return getattr(chunk, "_padding", None)
