"""ImageTrackList, the tracks of an image file (§ 10.6), and ImageTrack, one of them (§ 10.7)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from codecmodel.algorithm import algorithm
from codecmodel.codecs.processing_model import Outcome, process_the_control_message_queue, queue_a_control_message
from codecmodel.image_decoding.closing import reset_image_decoder
from codecmodel.image_decoding.work_in_order import WorkOutcome
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import Promise
from codecmodel.web.webidl import boolean

if TYPE_CHECKING:
    from codecmodel.image_decoding.image_decoder_slots import ImageDecoderSlots


class ImageTrackList:
    """The tracks that were found, in the file's order. It is empty before ``ready`` and after the decoder is closed.

    It is indexed from 0, and iterable. Only an ImageDecoder makes one.
    """

    #: [[ready promise]]
    _ready_promise: Promise[None]
    #: [[track list]]
    _track_list: "list[ImageTrack]"
    #: [[selected index]]
    _selected_index: int

    def __init__(self) -> None:
        raise TypeError("ImageTrackList has no constructor")

    @property
    def ready(self) -> Promise[None]:
        """Resolved when the tracks are known. Rejected, with the decoder's error, if it is closed before that."""
        return self._ready_promise

    @property
    def length(self) -> int:
        """The number of tracks."""
        return len(self._track_list)

    @property
    def selectedIndex(self) -> int:
        """The index of the selected track, or -1."""
        return self._selected_index

    @property
    @algorithm("dom-imagetracklist-selectedtrack")
    def selectedTrack(self) -> "ImageTrack | None":
        """The selected track, or None."""
        # 1. If no track is selected, there is none to return.
        if self._selected_index == -1:
            return None
        # 2. Otherwise return it.
        return self._track_list[self._selected_index]

    # The IDL's getter, as Python's sequences have it.

    def __getitem__(self, index: int) -> "ImageTrack":
        return self._track_list[index]

    def __len__(self) -> int:
        return len(self._track_list)

    def __iter__(self) -> "Iterator[ImageTrack]":
        return iter(self._track_list)


class ImageTrack:
    """A track, of one or more frames. Only an ImageDecoder makes one."""

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
        """Whether the track is an animation. It may have one frame so far, if the file is still arriving."""
        return self._animated

    @property
    def frameCount(self) -> int:
        """The number of frames found so far. It increases while the file arrives."""
        return self._frame_count

    @property
    def repetitionCount(self) -> float:
        """How often the animation is to be repeated after it has been played once. ``math.inf``: for ever."""
        return self._repetition_count

    @property
    def selected(self) -> bool:
        """Whether ``decode()`` decodes this track. To change it aborts all requests to decode."""
        return self._selected

    @selected.setter
    @algorithm("dom-imagetrack-selected")
    def selected(self, value: bool) -> None:
        value = boolean(value, "selected")
        decoder = self._image_decoder
        decoder._require_own_thread()
        # 1. A closed decoder has no tracks to select.
        if decoder._closed:
            return
        # 2. Take the given value.
        new_value = value
        # 3. If it is the present one, nothing changes.
        if new_value == self._selected:
            return
        # 4. Select or deselect this track.
        self._selected = new_value
        # 5. Look at all tracks.
        parent_track_list = self._image_track_list
        # 6. Find which one was selected.
        old_selected_index = parent_track_list._selected_index
        # 7. If one was,
        if old_selected_index != -1:
            # 7.1. take that track
            old_selected_track = parent_track_list._track_list[old_selected_index]
            # 7.2. and deselect it.
            old_selected_track._selected = False
        # 8. Find this track's index, or -1 if no track is selected any more.
        selected_index = parent_track_list._track_list.index(self) if new_value else -1
        # 9. That is the selected index now.
        parent_track_list._selected_index = selected_index
        # 10. Abort all requests, with the exception that reset() uses.
        reset_image_decoder(decoder, DOMException("another track was selected, or none", "AbortError"))
        # 11. Queue a message to tell the work queue.
        queue_a_control_message(
            decoder, "select track", lambda: update_selected_track_index_message(decoder, selected_index)
        )
        # 12. Process the queue.
        process_the_control_message_queue(decoder)

    def __repr__(self) -> str:
        return (
            f"ImageTrack(animated={self._animated}, frameCount={self._frame_count}, "
            f"repetitionCount={self._repetition_count}, selected={self._selected})"
        )


@algorithm("dom-imagetrack-selected", part="message")
def update_selected_track_index_message(decoder: "ImageDecoderSlots", selected_index: int) -> Outcome:
    """Run a control message to update the internal selected track index."""

    def work() -> WorkOutcome:
        return update_selected_track_index_work(decoder, selected_index)

    # 1. Enqueue the work, in order with requests that wait.
    decoder._enqueue("select track work", lambda: decoder._work_in_order.append(work))
    return "processed"


@algorithm("dom-imagetrack-selected", part="message")
def update_selected_track_index_work(decoder: "ImageDecoderSlots", selected_index: int) -> WorkOutcome:
    """The work of the message."""
    # 1.1. Decode this track from now on.
    decoder._internal_selected_track_index = selected_index
    # 1.2. Forget how far frames of the other track were decoded.
    decoder._progressive_frame_generations.clear()
    return "done"
