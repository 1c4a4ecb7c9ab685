"""The slots of ImageDecoder (§ 10.2.1), for the algorithms that are apart from its class."""

from collections import deque

from codecmodel.codecs.processing_model import ProcessingModel
from codecmodel.image_decoding.image_decode_options import ImageDecodeResult
from codecmodel.image_decoding.image_track_list import ImageTrackList
from codecmodel.image_decoding.work_in_order import WorkInOrder
from codecmodel.platform.image_decoder_implementation import ImageDecoderImplementation
from codecmodel.web.event_loop import Promise
from codecmodel.web.streams import StreamReader


class ImageDecoderSlots(ProcessingModel[ImageDecoderImplementation]):
    """What an ImageDecoder consists of. The constructor assigns what is declared only."""

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
    #: [[encoded data]]; what the codec implementation, which keeps it, has yet to be given
    _encoded_data: deque[bytes | memoryview]
    #: [[pending decode promises]]
    _pending_decode_promises: list[Promise[ImageDecodeResult]]
    #: [[internal selected track index]]; touched by steps on the work queue only
    _internal_selected_track_index: int
    #: [[tracks established]]; touched by steps on the work queue only
    _tracks_established: bool
    #: [[closed]]
    _closed: bool
    #: [[progressive frame generations]]; touched by steps on the work queue only
    _progressive_frame_generations: dict[int, int | None]

    def __init__(self) -> None:
        super().__init__()
        # Not from the spec. Of the work queue: what has to wait there, whether the codec implementation has been given
        # all data, and the frame counts that the tracks have, or will have by a task that is queued.
        self._work_in_order: WorkInOrder = deque()
        self._has_all_data = False
        self._frame_counts: list[int] = []
        # Of the event loop: what is being read.
        self._reader: StreamReader | None = None
