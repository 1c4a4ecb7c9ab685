"""The rest of ImageDecoder's constructor (§ 10.2.2): its steps 17 and 18, and the control messages that they queue."""

from collections import deque

from codecmodel.algorithm import algorithm
from codecmodel.codecs.processing_model import Outcome, process_the_control_message_queue, queue_a_control_message
from codecmodel.image_decoding.closing import close_image_decoder
from codecmodel.image_decoding.image_decoder_init import ImageDecoderInit
from codecmodel.image_decoding.image_decoder_slots import ImageDecoderSlots
from codecmodel.image_decoding.stream_data import fetch_stream_data_loop
from codecmodel.image_decoding.tracks import take_in_data
from codecmodel.platform.image_decoder_implementation import ImageConfig
from codecmodel.platform.platform import Platform
from codecmodel.raw_media.media_resource import may_be_referenced
from codecmodel.web.buffers import BufferSource, copy_of_bytes, view_of
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import resolve
from codecmodel.web.mime_type import essence
from codecmodel.web.streams import ReadableStream


@algorithm("dom-imagedecoder-imagedecoder")
def begin_with_a_stream(decoder: ImageDecoderSlots, init: ImageDecoderInit, data: ReadableStream) -> None:
    """Step 17 of the constructor: the file arrives in a stream."""
    # 17.1. No data has arrived yet.
    decoder._encoded_data = deque()
    # 17.2. It is not complete.
    decoder._complete = False
    # 17.3. Queue a message to configure the decoder.
    queue_a_control_message(decoder, "configure", lambda: configure_control_message(decoder, init))
    # 17.4. Process the queue.
    process_the_control_message_queue(decoder)
    # 17.5. Get a reader, which locks the stream.
    reader = data.get_a_reader()
    # 17.6. Read the stream. Each chunk comes in a task of its own, so that nothing waits here.
    decoder._reader = reader
    fetch_stream_data_loop(decoder, reader)


@algorithm("dom-imagedecoder-imagedecoder")
def begin_with_a_buffer(decoder: ImageDecoderSlots, init: ImageDecoderInit, data: BufferSource) -> None:
    """Step 18 of the constructor: the whole file is in a buffer."""
    # 18.1. n/a: Web IDL's conversion has made sure that it is a buffer.
    # 18.2. If the buffer's memory is handed over by a transfer,
    if may_be_referenced(data, init.get("transfer", [])):
        # 18.2.1. use it as it is.
        decoder._encoded_data = deque([memoryview(view_of(data))])
    # 18.3. Otherwise
    else:
        # 18.3.1. copy the bytes.
        decoder._encoded_data = deque([copy_of_bytes(data)])
    # 18.4. The data is complete.
    decoder._complete = True
    # 18.5. Say so.
    resolve(decoder._completed_promise, None)
    # 18.6. Queue a message to configure the decoder.
    queue_a_control_message(decoder, "configure", lambda: configure_control_message(decoder, init))
    # 18.7. Queue a message to find the tracks.
    queue_a_control_message(decoder, "decode track metadata", lambda: decode_track_metadata_control_message(decoder))
    # 18.8. Process the queue.
    process_the_control_message_queue(decoder)


@algorithm("dom-imagedecoder-imagedecoder", part="message")
def configure_control_message(decoder: ImageDecoderSlots, init: ImageDecoderInit) -> Outcome:
    """Run a control message to configure the image decoder."""
    # 1. Check whether the platform decodes the type.
    supported = check_type_support(init["type"], decoder._platform)
    # 2. If not, close the decoder with a NotSupportedError.
    if not supported:
        message = f"images of type {init['type']} are not supported"
        close_image_decoder(decoder, DOMException(message, "NotSupportedError"))
        return "processed"
    # 3. Make the implementation. Nothing is on the work queue yet that could touch it.
    implementation = decoder._codec_implementation = decoder._platform.new_image_decoder()
    desired_size = None
    if "desiredWidth" in init and "desiredHeight" in init:
        desired_size = init["desiredWidth"], init["desiredHeight"]
    config = ImageConfig(essence(init["type"]), init.get("colorSpaceConversion", "default"), desired_size)

    def work() -> None:
        # 5.1. Configure the implementation.
        implementation.configure(config)
        # 5.2. and 5.3. Unblock and process the queue, both in the task: the slot belongs to the event loop.
        decoder._queue_a_task("unblock task", unblock_task)

    def unblock_task() -> None:
        decoder._message_queue_blocked = False
        process_the_control_message_queue(decoder)

    # 4. No other message runs before this one's work is done.
    decoder._message_queue_blocked = True
    # 5. Enqueue the work.
    decoder._enqueue("configure work", work, error="NotSupportedError")
    # 6. The message is done with.
    return "processed"


@algorithm("dom-imagedecoder-imagedecoder", part="decode-track-metadata")
def decode_track_metadata_control_message(decoder: ImageDecoderSlots) -> Outcome:
    """Run a control message to decode track metadata. All data is there."""
    # 1. Enqueue the work:
    # 1.1. give the implementation the data, and establish the tracks that are in it.
    decoder._enqueue("decode track metadata work", lambda: take_in_data(decoder, is_complete=True))
    return "processed"


@algorithm("imagedecoder-check-type-support")
def check_type_support(type: str, platform: Platform) -> bool:
    """Check Type Support of a valid image MIME type, whose parameters don't matter."""
    # 1. and 2. Ask the platform.
    return platform.supports_image_type(essence(type))
