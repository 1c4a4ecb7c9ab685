"""ImageDecoderInit: the argument of ImageDecoder's constructor (§ 10.3)."""

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
    """The image file to decode, and how to decode it (§ 10.3).

    ``type`` is a MIME type ("image/gif"). ``data`` is the file: a buffer, or a stream of bytes, which may be any
    asynchronous iterable of bytes-like objects. ``colorSpaceConversion`` "none" ignores embedded colour profiles.
    ``desiredWidth`` and ``desiredHeight``, in pixels, must be given together. ``preferAnimation`` says which track to
    select at first. Buffers in ``transfer`` are detached: a memoryview is released, a bytearray emptied. If ``data`` is
    a memoryview and is transferred, its memory is used without a copy, and must not be written any more.
    """

    type: str
    data: ImageBufferSource
    colorSpaceConversion: NotRequired[ColorSpaceConversion]
    desiredWidth: NotRequired[int]
    desiredHeight: NotRequired[int]
    preferAnimation: NotRequired[bool]
    transfer: NotRequired[Sequence[BufferSource]]


def image_buffer_source(value: object, context: str) -> "BufferSource | ReadableStream":
    """``ImageBufferSource``: a buffer or a ReadableStream; an asynchronous iterable counts as a ReadableStream.

    Raises TypeError for any other value.
    """
    stream = readable_stream(value)
    if stream is not None:
        return stream
    try:
        return allow_shared_buffer_source(value, context)
    except TypeError as error:
        raise TypeError(f"{error}, nor an asynchronous iterable of bytes") from None


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
    """Whether ``init``, whose members are converted, is a valid ImageDecoderInit."""
    data = init["data"]
    # 1. The type has to be an image's.
    if not is_valid_image_mime_type(init["type"]):
        return False
    # 2. A stream must not have been read, or have a reader.
    if isinstance(data, ReadableStream):
        if data.disturbed or data.locked:
            return False
    # 3. A buffer:
    else:
        buffer = cast("BufferSource", data)
        # 3.1. It must not be detached,
        if is_detached(buffer):
            return False
        # 3.2. or empty.
        if byte_length(buffer) == 0:
            return False
    # 4. A desired width needs a desired height,
    if "desiredWidth" in init and "desiredHeight" not in init:
        return False
    # 5. and a height needs a width.
    if "desiredHeight" in init and "desiredWidth" not in init:  # noqa: SIM103 - step by step
        return False
    # 6. It is valid.
    return True


# Spec: valid-image-mime-type
def is_valid_image_mime_type(string: str) -> bool:
    """Whether ``string`` is a valid MIME type string whose type is "image"."""
    return is_valid_mime_type(string) and type_of(string) == "image"
