"""ImageTrackList: the tracks of an image file (§ 10.6)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from codecmodel.algorithm import algorithm
from codecmodel.web.event_loop import Promise

if TYPE_CHECKING:
    from codecmodel.image_decoding.image_track import ImageTrack


class ImageTrackList:
    """The tracks that were found, in the file's order; empty before ``ready`` and once the decoder is closed.

    Indexed from 0, and iterable. An ImageDecoder makes it.
    """

    #: [[ready promise]]
    _ready_promise: "Promise[None]"
    #: [[track list]]
    _track_list: "list[ImageTrack]"
    #: [[selected index]]
    _selected_index: int

    def __init__(self) -> None:
        raise TypeError("ImageTrackList has no constructor")

    @property
    def ready(self) -> Promise[None]:
        """Resolved when the tracks are known; rejected with the error that closes the decoder before that."""
        return self._ready_promise

    @property
    def length(self) -> int:
        return len(self._track_list)

    @property
    def selectedIndex(self) -> int:
        """The index of the selected track, or -1."""
        return self._selected_index

    @property
    @algorithm("dom-imagetracklist-selectedtrack")
    def selectedTrack(self) -> "ImageTrack | None":
        """The selected track, or None."""
        # 1.
        if self._selected_index == -1:
            return None
        # 2.
        return self._track_list[self._selected_index]

    # The getter of the IDL, as Python's sequences have it.

    def __getitem__(self, index: int) -> "ImageTrack":
        return self._track_list[index]

    def __len__(self) -> int:
        return len(self._track_list)

    def __iter__(self) -> "Iterator[ImageTrack]":
        return iter(self._track_list)
