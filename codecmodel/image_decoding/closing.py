"""Reset ImageDecoder, Close ImageDecoder, and Fatally Reject Bad Data (§ 10.2.5)."""

from typing import TYPE_CHECKING

from codecmodel.algorithm import algorithm
from codecmodel.codecs.processing_model import Epoch
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import reject

if TYPE_CHECKING:
    from codecmodel.image_decoding.image_decoder_slots import ImageDecoderSlots


@algorithm("imagedecoder-reset-imagedecoder")
def reset_image_decoder(decoder: "ImageDecoderSlots", exception: DOMException) -> None:
    """Reset ImageDecoder: abort all requests to decode. Data, tracks and the selection stay."""
    # 1. Signal the implementation to abort: work of an epoch that has ceased delivers nothing, and need not wait.
    decoder._epoch.ceased = True
    decoder._epoch = Epoch()
    decoder._enqueue("try waiting work", decoder._work_in_order.go_on)
    # 2. For each pending request:
    for decode_promise in list(decoder._pending_decode_promises):
        # 2.1. Reject its promise.
        reject(decode_promise, exception)
        # 2.2. It is no longer pending.
        decoder._pending_decode_promises.remove(decode_promise)


@algorithm("imagedecoder-close-imagedecoder")
def close_image_decoder(decoder: "ImageDecoderSlots", exception: DOMException) -> None:
    """Close ImageDecoder: abort all requests, and release all resources for good."""
    # 1. Abort all requests.
    reset_image_decoder(decoder, exception)
    # 2. The decoder is closed.
    decoder._closed = True

    # 3. Release the implementation, on the queue that alone touches it, and stop reading the stream.
    decoder._enqueue("close work", decoder._release_implementation)
    if decoder._reader is not None:
        decoder._reader.cancel()
        decoder._reader = None
    track_list = decoder._image_track_list
    # 4. If there are no tracks yet, there never will be.
    if not track_list._track_list:
        reject(track_list._ready_promise, exception)
    else:
        # 4.1. Otherwise remove them.
        track_list._track_list.clear()
        # 4.2. None of them is selected.
        track_list._selected_index = -1
    # 5. If data was still to come, it will not be complete.
    if not decoder._complete:
        reject(decoder._completed_promise, exception)


@algorithm("imagedecoder-fatally-reject-bad-data")
def fatally_reject_bad_data(decoder: "ImageDecoderSlots", message: str) -> None:
    """Fatally Reject Bad Data: the image can't be decoded, for the reason that ``message`` gives."""
    # 1. Queue a task.
    decoder._queue_a_task("bad data task", lambda: bad_data_task(decoder, message))


@algorithm("imagedecoder-fatally-reject-bad-data")
def bad_data_task(decoder: "ImageDecoderSlots", message: str) -> None:
    """The task of Fatally Reject Bad Data."""
    # 1.1. Do nothing if the decoder was closed meanwhile.
    if decoder._closed:
        return
    # 1.2. Close it with an EncodingError.
    close_image_decoder(decoder, DOMException(message, "EncodingError"))


def queue_a_task_to_close(decoder: "ImageDecoderSlots", exception: DOMException) -> None:
    """Queue a task to run Close ImageDecoder with ``exception``."""
    decoder._queue_a_task("close task", lambda: close_image_decoder(decoder, exception))
