"""Fetch Stream Data Loop (§ 10.2.5): read encoded data from a stream."""

from codecmodel.algorithm import algorithm
from codecmodel.image_decoding.closing import queue_a_task_to_close
from codecmodel.image_decoding.image_decoder_slots import ImageDecoderSlots
from codecmodel.image_decoding.tracks import take_in_data
from codecmodel.web.buffers import allow_shared_buffer_source, copy_of_bytes
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import resolve
from codecmodel.web.streams import ReadRequest, StreamReader


@algorithm("imagedecoder-fetch-stream-data-loop")
def fetch_stream_data_loop(decoder: ImageDecoderSlots, reader: StreamReader) -> None:
    """Fetch Stream Data Loop."""
    # 1. Define the steps for a chunk, for the end of the stream, and for its failure.
    read_request = ReadRequest(
        lambda chunk: take_chunk(decoder, reader, chunk),
        lambda: read_request_close_steps(decoder),
        lambda reason: read_request_error_steps(decoder, reason),
    )
    # 2. Read a chunk.
    reader.read_a_chunk(read_request)


def take_chunk(decoder: ImageDecoderSlots, reader: StreamReader, chunk: object) -> None:
    """Run the chunk steps. Not in the spec: if they fail, for want of memory for instance, the decoder is closed."""
    try:
        read_request_chunk_steps(decoder, reader, chunk)
    except Exception as error:
        exception = DOMException(f"a chunk of the stream cannot be copied: {error!r}", "EncodingError")
        exception.__cause__ = error
        queue_a_task_to_close(decoder, exception)


@algorithm("imagedecoder-fetch-stream-data-loop", part="chunk-steps")
def read_request_chunk_steps(decoder: ImageDecoderSlots, reader: StreamReader, chunk: object) -> None:
    """The read request's chunk steps."""
    # 1. If the decoder was closed, do nothing, and stop reading.
    if decoder._closed:
        reader.cancel()
        return
    # 2. If the chunk is not bytes, close the decoder. Any object that offers its bytes is as good as a Uint8Array.
    try:
        buffer = allow_shared_buffer_source(chunk, "a chunk of the stream")
    except TypeError as error:
        queue_a_task_to_close(decoder, DOMException(str(error), "DataError"))
        return
    # 3. Copy the bytes.
    data = copy_of_bytes(buffer)
    # 4. Append them to the encoded data.
    decoder._encoded_data.append(data)
    # Not in the spec: the steps that use the codec implementation run on the work queue.
    decoder._enqueue("chunk work", lambda: chunk_work(decoder, reader))


@algorithm("imagedecoder-fetch-stream-data-loop", part="chunk-steps")
def chunk_work(decoder: ImageDecoderSlots, reader: StreamReader) -> None:
    """The chunk steps that run on the work queue."""
    # 5. If the tracks are not known yet, Establish Tracks.
    # 6. Otherwise Update Tracks.
    take_in_data(decoder, is_complete=False)
    # 7. Read the next chunk, in a task after this one was taken in, so that no more is read than can be used.
    decoder._queue_a_task("next chunk task", lambda: next_chunk_task(decoder, reader))


def next_chunk_task(decoder: ImageDecoderSlots, reader: StreamReader) -> None:
    """Read the next chunk, unless the decoder was closed meanwhile."""
    if not decoder._closed:
        fetch_stream_data_loop(decoder, reader)


@algorithm("imagedecoder-fetch-stream-data-loop", part="close-steps")
def read_request_close_steps(decoder: ImageDecoderSlots) -> None:
    """The read request's close steps."""
    # Not in the spec: if the decoder was closed, its [[completed promise]] is rejected already.
    if decoder._closed:
        return
    # 1. The data is complete.
    decoder._complete = True
    decoder._reader = None
    # 2. Say so.
    resolve(decoder._completed_promise, None)
    # Not in the spec: tell the work queue, where requests and Establish Tracks depend on [[complete]].
    decoder._enqueue("end of stream work", lambda: take_in_data(decoder, is_complete=True))


@algorithm("imagedecoder-fetch-stream-data-loop", part="error-steps")
def read_request_error_steps(decoder: ImageDecoderSlots, reason: BaseException) -> None:
    """The read request's error steps."""
    exception = DOMException(f"the stream failed: {reason}", "NotReadableError")
    exception.__cause__ = reason
    # 1. Queue a task to close the decoder with a NotReadableError.
    queue_a_task_to_close(decoder, exception)
