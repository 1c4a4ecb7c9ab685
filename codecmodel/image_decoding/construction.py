"""What ImageDecoder's constructor does with its data (§ 10.2.2, steps 17 and 18)."""

from collections import deque

from codecmodel.algorithm import algorithm
from codecmodel.codecs.processing_model import process_the_control_message_queue, queue_a_control_message
from codecmodel.image_decoding.configuring import configure_control_message, decode_track_metadata_control_message
from codecmodel.image_decoding.image_decoder_init import ImageDecoderInit
from codecmodel.image_decoding.image_decoder_slots import ImageDecoderSlots
from codecmodel.image_decoding.stream_data import fetch_stream_data_loop
from codecmodel.raw_media.media_resource import may_be_referenced
from codecmodel.web.buffers import BufferSource, copy_of_bytes, view_of
from codecmodel.web.event_loop import resolve
from codecmodel.web.streams import ReadableStream


@algorithm("dom-imagedecoder-imagedecoder")
def begin_with_a_stream(decoder: ImageDecoderSlots, init: ImageDecoderInit, data: ReadableStream) -> None:
    """Step 17."""
    # 17.1.
    decoder._encoded_data = deque()
    # 17.2.
    decoder._complete = False
    # 17.3.
    queue_a_control_message(decoder, "configure", lambda: configure_control_message(decoder, init))
    # 17.4.
    process_the_control_message_queue(decoder)
    # 17.5.
    reader = data.get_a_reader()
    # 17.6. What it reads comes in tasks.
    decoder._reader = reader
    fetch_stream_data_loop(decoder, reader)


@algorithm("dom-imagedecoder-imagedecoder")
def begin_with_a_buffer(decoder: ImageDecoderSlots, init: ImageDecoderInit, data: BufferSource) -> None:
    """Step 18."""
    # 18.1. n/a: Web IDL's conversion has made sure of it.
    # 18.2. The memory of one that is handed over may be used,
    if may_be_referenced(data, init.get("transfer", [])):
        # 18.2.1.
        decoder._encoded_data = deque([memoryview(view_of(data))])
    # 18.3. any other
    else:
        # 18.3.1. is copied.
        decoder._encoded_data = deque([copy_of_bytes(data)])
    # 18.4.
    decoder._complete = True
    # 18.5.
    resolve(decoder._completed_promise, None)
    # 18.6.
    queue_a_control_message(decoder, "configure", lambda: configure_control_message(decoder, init))
    # 18.7.
    queue_a_control_message(decoder, "decode track metadata", lambda: decode_track_metadata_control_message(decoder))
    # 18.8.
    process_the_control_message_queue(decoder)
