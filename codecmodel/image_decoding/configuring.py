"""The control messages that ImageDecoder's constructor queues (§ 10.2.2)."""

from codecmodel.algorithm import algorithm
from codecmodel.codecs.processing_model import Outcome, process_the_control_message_queue
from codecmodel.image_decoding.closing import close_image_decoder
from codecmodel.image_decoding.image_decoder_init import ImageDecoderInit
from codecmodel.image_decoding.image_decoder_slots import ImageDecoderSlots
from codecmodel.image_decoding.tracks import take_in_data
from codecmodel.image_decoding.type_support import check_type_support
from codecmodel.platform.image_decoder_implementation import ImageConfig
from codecmodel.web.errors import DOMException
from codecmodel.web.mime_type import essence


@algorithm("dom-imagedecoder-imagedecoder", part="message")
def configure_control_message(decoder: ImageDecoderSlots, init: ImageDecoderInit) -> Outcome:
    """Running a control message to configure the image decoder."""
    # 1.
    supported = check_type_support(init["type"], decoder._platform)
    # 2.
    if not supported:
        message = f"images of type {init['type']} are not supported"
        close_image_decoder(decoder, DOMException(message, "NotSupportedError"))
        return "processed"
    # 3. Nothing is on the work queue yet that could touch it.
    implementation = decoder._codec_implementation = decoder._platform.new_image_decoder()
    desired_size = None
    if "desiredWidth" in init and "desiredHeight" in init:
        desired_size = init["desiredWidth"], init["desiredHeight"]
    config = ImageConfig(essence(init["type"]), init.get("colorSpaceConversion", "default"), desired_size)

    def work() -> None:
        # 5.1.
        implementation.configure(config)
        # 5.2. in the same task as
        # 5.3. the processing of the queue: the slot is the event loop's.
        decoder._queue_a_task("unblock task", unblock_task)

    def unblock_task() -> None:
        decoder._message_queue_blocked = False
        process_the_control_message_queue(decoder)

    # 4.
    decoder._message_queue_blocked = True
    # 5. Enqueue the work.
    decoder._enqueue("configure work", work)
    # 6.
    return "processed"


@algorithm("dom-imagedecoder-imagedecoder", part="decode-track-metadata")
def decode_track_metadata_control_message(decoder: ImageDecoderSlots) -> Outcome:
    """Running a control message to decode track metadata: all data is there."""
    # 1. Enqueue the work,
    # 1.1. which takes in the data first.
    decoder._enqueue("decode track metadata work", lambda: take_in_data(decoder, is_complete=True))
    return "processed"
