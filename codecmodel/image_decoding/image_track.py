"""ImageTrack: a track of an image file, of one or more frames (§ 10.7)."""

from typing import TYPE_CHECKING

from codecmodel.algorithm import algorithm
from codecmodel.codecs.processing_model import Outcome, process_the_control_message_queue, queue_a_control_message
from codecmodel.image_decoding.closing import reset_image_decoder
from codecmodel.image_decoding.image_track_list import ImageTrackList
from codecmodel.image_decoding.work_in_order import WorkOutcome, enqueue_in_order
from codecmodel.web.errors import DOMException
from codecmodel.web.webidl import boolean

if TYPE_CHECKING:
    from codecmodel.image_decoding.image_decoder_slots import ImageDecoderSlots


class ImageTrack:
    """A track that an ImageDecoder has found."""

    #: [[ImageDecoder]]
    _image_decoder: "ImageDecoderSlots"
    #: [[ImageTrackList]]
    _image_track_list: ImageTrackList
    #: [[animated]]
    _animated: bool
    #: [[frame count]]
    _frame_count: int
    #: [[repetition count]]
    _repetition_count: float
    #: [[selected]]
    _selected: bool

    def __init__(self) -> None:
        raise TypeError("ImageTrack has no constructor")

    @property
    def animated(self) -> bool:
        """Whether the track has, or will have, several frames."""
        return self._animated

    @property
    def frameCount(self) -> int:
        """The number of frames found so far; of a file that is still arriving it increases."""
        return self._frame_count

    @property
    def repetitionCount(self) -> float:
        """How often the animation is to be repeated after it was played once; infinite for ever."""
        return self._repetition_count

    @property
    def selected(self) -> bool:
        """Whether ``decode()`` decodes this track. Assigning it aborts what is being decoded."""
        return self._selected

    @selected.setter
    @algorithm("dom-imagetrack-selected")
    def selected(self, value: bool) -> None:
        value = boolean(value, "selected")
        decoder = self._image_decoder
        # 1.
        if decoder._closed:
            return
        # 2.
        new_value = value
        # 3.
        if new_value == self._selected:
            return
        # 4.
        self._selected = new_value
        # 5.
        parent_track_list = self._image_track_list
        # 6.
        old_selected_index = parent_track_list._selected_index
        # 7. No other track is selected any more.
        if old_selected_index != -1:
            # 7.1.
            old_selected_track = parent_track_list._track_list[old_selected_index]
            # 7.2.
            old_selected_track._selected = False
        # 8.
        selected_index = parent_track_list._track_list.index(self) if new_value else -1
        # 9.
        parent_track_list._selected_index = selected_index
        # 10. (with the exception that reset() has)
        reset_image_decoder(decoder, DOMException("another track was selected, or none", "AbortError"))
        # 11. Queue the message.
        queue_a_control_message(
            decoder, "select track", lambda: update_selected_track_index_message(decoder, selected_index)
        )
        # 12.
        process_the_control_message_queue(decoder)

    def __repr__(self) -> str:
        return (
            f"ImageTrack(animated={self._animated}, frameCount={self._frame_count}, "
            f"repetitionCount={self._repetition_count}, selected={self._selected})"
        )


@algorithm("dom-imagetrack-selected", part="message")
def update_selected_track_index_message(decoder: "ImageDecoderSlots", selected_index: int) -> Outcome:
    """Running a control message to update the internal selected track index."""
    # 1. Enqueue the work.
    enqueue_in_order(decoder, lambda: update_selected_track_index_work(decoder, selected_index))
    return "processed"


@algorithm("dom-imagetrack-selected", part="message")
def update_selected_track_index_work(decoder: "ImageDecoderSlots", selected_index: int) -> WorkOutcome:
    """What the message has the work queue do."""
    # 1.1.
    decoder._internal_selected_track_index = selected_index
    # 1.2.
    decoder._progressive_frame_generations.clear()
    return "done"
