"""Fetch Stream Data Loop (§ 10.2.5): encoded data that arrives in a stream."""

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
    # 1.
    read_request = ReadRequest(
        lambda chunk: read_request_chunk_steps(decoder, reader, chunk),
        lambda: read_request_close_steps(decoder),
        lambda reason: read_request_error_steps(decoder, reason),
    )
    # 2.
    reader.read_a_chunk(read_request)


@algorithm("imagedecoder-fetch-stream-data-loop", part="chunk-steps")
def read_request_chunk_steps(decoder: ImageDecoderSlots, reader: StreamReader, chunk: object) -> None:
    """The read request's chunk steps."""
    # 1. (and nobody reads the rest)
    if decoder._closed:
        reader.cancel()
        return
    # 2. Of Python's objects, those that offer their bytes are as good as a Uint8Array.
    try:
        buffer = allow_shared_buffer_source(chunk, "a chunk of the stream")
    except TypeError as error:
        queue_a_task_to_close(decoder, DOMException(str(error), "DataError"))
        return
    # 3.
    data = copy_of_bytes(buffer)
    # 4.
    decoder._encoded_data.append(data)
    # Not from the spec: what refers to the codec implementation belongs to the work queue.
    decoder._enqueue("chunk work", lambda: chunk_work(decoder, reader))


@algorithm("imagedecoder-fetch-stream-data-loop", part="chunk-steps")
def chunk_work(decoder: ImageDecoderSlots, reader: StreamReader) -> None:
    """The chunk steps that run on the work queue."""
    # 5. Establish Tracks, or
    # 6. Update Tracks.
    take_in_data(decoder, is_complete=False)
    # 7. once this is done: so no more is read than is decoded.
    decoder._queue_a_task("next chunk task", lambda: next_chunk_task(decoder, reader))


def next_chunk_task(decoder: ImageDecoderSlots, reader: StreamReader) -> None:
    """Go on reading."""
    if not decoder._closed:
        fetch_stream_data_loop(decoder, reader)


@algorithm("imagedecoder-fetch-stream-data-loop", part="close-steps")
def read_request_close_steps(decoder: ImageDecoderSlots) -> None:
    """The read request's close steps."""
    # Not from the spec: [[completed promise]] is rejected, and stays so.
    if decoder._closed:
        return
    # 1.
    decoder._complete = True
    decoder._reader = None
    # 2.
    resolve(decoder._completed_promise, None)
    # Not from the spec: who waits for [[complete]] is to see it; Establish Tracks, too, which asks for it.
    decoder._enqueue("end of stream work", lambda: take_in_data(decoder, is_complete=True))


@algorithm("imagedecoder-fetch-stream-data-loop", part="error-steps")
def read_request_error_steps(decoder: ImageDecoderSlots, reason: BaseException) -> None:
    """The read request's error steps."""
    exception = DOMException(f"the stream failed: {reason}", "NotReadableError")
    exception.__cause__ = reason
    # 1. Queue a task.
    queue_a_task_to_close(decoder, exception)
