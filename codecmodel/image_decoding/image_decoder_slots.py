"""The slots of ImageDecoder (§ 10.2.1), which the algorithms outside of its class work on."""

from collections import deque

from codecmodel.codecs.processing_model import ProcessingModel
from codecmodel.image_decoding.image_decode_options import ImageDecodeResult
from codecmodel.image_decoding.image_track import ImageTrackList
from codecmodel.image_decoding.work_in_order import WorkInOrder
from codecmodel.platform.image_decoder_implementation import ImageDecoderImplementation
from codecmodel.web.event_loop import Promise
from codecmodel.web.streams import StreamReader


class ImageDecoderSlots(ProcessingModel[ImageDecoderImplementation]):
    """All slots of an ImageDecoder. ImageDecoder's constructor assigns those that are only declared here."""

    #: [[ImageTrackList]]
    _image_track_list: ImageTrackList
    #: [[type]]
    _type: str
    #: [[prefer animation]]
    _prefer_animation: bool | None
    #: [[complete]]
    _complete: bool
    #: [[completed promise]]
    _completed_promise: Promise[None]
    #: [[encoded data]]: the part of it that the codec implementation, which keeps the data, has yet to be given
    _encoded_data: deque[bytes | memoryview]
    #: [[pending decode promises]]
    _pending_decode_promises: list[Promise[ImageDecodeResult]]
    #: [[internal selected track index]]; used by steps on the work queue only
    _internal_selected_track_index: int
    #: [[tracks established]]; used by steps on the work queue only
    _tracks_established: bool
    #: [[closed]]
    _closed: bool
    #: [[progressive frame generations]]; used by steps on the work queue only
    _progressive_frame_generations: dict[int, int | None]

    def __init__(self) -> None:
        super().__init__()
        # Not in the spec: three slots for steps on the work queue. They hold the steps that wait for more data, say
        # whether the implementation has been given all data, and count the frames that the tracks know, or will
        # know when a queued task has run.
        self._work_in_order = WorkInOrder()
        self._has_all_data = False
        self._frame_counts: list[int] = []
        # Not in the spec: a slot for the event loop. The reader of the stream, as long as there is more to read.
        self._reader: StreamReader | None = None

    def _release_implementation(self) -> None:
        implementation = self._codec_implementation
        self._codec_implementation = None
        # The implementation has not been given these data.
        self._encoded_data.clear()
        if implementation is not None:
            implementation.release()
