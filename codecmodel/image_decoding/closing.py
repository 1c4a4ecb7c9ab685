"""Reset ImageDecoder, Close ImageDecoder, and Fatally Reject Bad Data (§ 10.2.5)."""

from typing import TYPE_CHECKING

from codecmodel.algorithm import algorithm
from codecmodel.codecs.processing_model import Epoch
from codecmodel.image_decoding.work_in_order import go_on
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import reject

if TYPE_CHECKING:
    from codecmodel.image_decoding.image_decoder_slots import ImageDecoderSlots


@algorithm("imagedecoder-reset-imagedecoder")
def reset_image_decoder(decoder: "ImageDecoderSlots", exception: DOMException) -> None:
    """Reset ImageDecoder. Requests to decode are aborted; data, tracks and selection stay."""
    # 1. By the epoch the implementation knows that nobody wants the output. What waits is not wanted either.
    decoder._epoch.ceased = True
    decoder._epoch = Epoch()
    decoder._enqueue("go on", lambda: go_on(decoder))
    # 2. For each pending request,
    for decode_promise in list(decoder._pending_decode_promises):
        # 2.1.
        reject(decode_promise, exception)
        # 2.2.
        decoder._pending_decode_promises.remove(decode_promise)


@algorithm("imagedecoder-close-imagedecoder")
def close_image_decoder(decoder: "ImageDecoderSlots", exception: DOMException) -> None:
    """Close ImageDecoder."""
    # 1.
    reset_image_decoder(decoder, exception)
    # 2.
    decoder._closed = True

    def work() -> None:
        implementation = decoder._codec_implementation
        decoder._codec_implementation = None
        decoder._encoded_data.clear()
        if implementation is not None:
            implementation.release()

    # 3. Whatever touches the implementation is enqueued. Nobody reads the rest of a stream.
    decoder._enqueue("close work", work)
    if decoder._reader is not None:
        decoder._reader.cancel()
        decoder._reader = None
    track_list = decoder._image_track_list
    # 4. Tracks that aren't known never will be;
    if not track_list._track_list:
        reject(track_list._ready_promise, exception)
    else:
        # 4.1. those that are, go.
        track_list._track_list.clear()
        # 4.2.
        track_list._selected_index = -1
    # 5.
    if not decoder._complete:
        reject(decoder._completed_promise, exception)


@algorithm("imagedecoder-fatally-reject-bad-data")
def fatally_reject_bad_data(decoder: "ImageDecoderSlots", message: str) -> None:
    """Fatally Reject Bad Data: the image can't be decoded."""
    # 1. Queue a task.
    decoder._queue_a_task("bad data task", lambda: bad_data_task(decoder, message))


@algorithm("imagedecoder-fatally-reject-bad-data")
def bad_data_task(decoder: "ImageDecoderSlots", message: str) -> None:
    """What Fatally Reject Bad Data queues."""
    # 1.1.
    if decoder._closed:
        return
    # 1.2.
    close_image_decoder(decoder, DOMException(message, "EncodingError"))


def queue_a_task_to_close(decoder: "ImageDecoderSlots", exception: DOMException) -> None:
    """Queue a task to run Close ImageDecoder."""
    decoder._queue_a_task("close task", lambda: close_image_decoder(decoder, exception))
