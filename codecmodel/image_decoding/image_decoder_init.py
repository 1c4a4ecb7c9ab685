"""ImageDecoderInit: what ImageDecoder's constructor is told (§ 10.3)."""

from collections.abc import Sequence
from typing import Final, NotRequired, TypeAlias, TypedDict, cast

from codecmodel.algorithm import algorithm
from codecmodel.platform.image_decoder_implementation import ColorSpaceConversion
from codecmodel.web.buffers import BufferSource, allow_shared_buffer_source, array_buffer, byte_length, is_detached
from codecmodel.web.mime_type import is_valid_mime_type, type_of
from codecmodel.web.streams import ReadableStream, StreamOfBytes, readable_stream
from codecmodel.web.webidl import Dictionary, Enumeration, Member, boolean, dom_string, enforced_unsigned_long, sequence

ImageBufferSource: TypeAlias = "BufferSource | StreamOfBytes"


class ImageDecoderInit(TypedDict):
    """What to decode, and how (§ 10.3).

    ``type`` is a MIME type ("image/gif"). ``data`` is the file: a buffer, or a stream of bytes, which may be any
    asynchronous iterable of bytes-like objects. ``colorSpaceConversion`` "none" ignores embedded colour profiles.
    ``desiredWidth`` and ``desiredHeight``, in pixels, are given both or none. ``preferAnimation`` chooses the track
    that is selected at first. Buffers in ``transfer`` are detached: a memoryview is released, a bytearray emptied. If
    ``data`` is a memoryview and among them, its memory is used without a copy: nobody may write it any more.
    """

    type: str
    data: ImageBufferSource
    colorSpaceConversion: NotRequired[ColorSpaceConversion]
    desiredWidth: NotRequired[int]
    desiredHeight: NotRequired[int]
    preferAnimation: NotRequired[bool]
    transfer: NotRequired[Sequence[BufferSource]]


def image_buffer_source(value: object, context: str) -> "BufferSource | ReadableStream":
    """``ImageBufferSource``: a ReadableStream, or an asynchronous iterable as one, or a buffer."""
    stream = readable_stream(value)
    if stream is not None:
        return stream
    try:
        return allow_shared_buffer_source(value, context)
    except TypeError as error:
        raise TypeError(f"{error}; nor is it a stream of bytes, an asynchronous iterable") from None


image_decoder_init: Final = Dictionary[ImageDecoderInit](
    "ImageDecoderInit",
    Member("type", dom_string, required=True),
    Member("data", image_buffer_source, required=True),
    Member(
        "colorSpaceConversion",
        Enumeration[ColorSpaceConversion]("ColorSpaceConversion", ["none", "default"]),
        default="default",
    ),
    Member("desiredWidth", enforced_unsigned_long),
    Member("desiredHeight", enforced_unsigned_long),
    Member("preferAnimation", boolean),
    Member("transfer", sequence(array_buffer), default=[]),
)


@algorithm("valid-imagedecoderinit")
def is_valid_image_decoder_init(init: ImageDecoderInit) -> bool:
    """valid ImageDecoderInit, of converted values."""
    data = init["data"]
    # 1.
    if not is_valid_image_mime_type(init["type"]):
        return False
    # 2. A stream that somebody else reads, or has read.
    if isinstance(data, ReadableStream):
        if data.disturbed or data.locked:
            return False
    # 3. A buffer
    else:
        buffer = cast("BufferSource", data)
        # 3.1.
        if is_detached(buffer):
            return False
        # 3.2.
        if byte_length(buffer) == 0:
            return False
    # 4. The desired sizes are given both,
    if "desiredWidth" in init and "desiredHeight" not in init:
        return False
    # 5. or none.
    if "desiredHeight" in init and "desiredWidth" not in init:  # noqa: SIM103 - step by step
        return False
    # 6.
    return True


# Spec: valid-image-mime-type
def is_valid_image_mime_type(string: str) -> bool:
    """Whether ``string`` is a valid MIME type string whose type is ``image``."""
    return is_valid_mime_type(string) and type_of(string) == "image"
