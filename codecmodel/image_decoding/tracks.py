"""Establish Tracks, Get Default Selected Track Index, and Update Tracks (§ 10.2.5). They run on the work queue."""

from collections.abc import Sequence
from typing import NamedTuple

from codecmodel.algorithm import algorithm
from codecmodel.image_decoding.closing import queue_a_task_to_close
from codecmodel.image_decoding.image_decoder_slots import ImageDecoderSlots
from codecmodel.image_decoding.image_track import ImageTrack
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import resolve


class TrackUpdate(NamedTuple):
    """The spec's *track update struct*: a track's index, and its new frame count."""

    track_index: int
    frame_count: int


def take_in_data(decoder: ImageDecoderSlots, is_complete: bool) -> None:
    """Not in the spec: give the implementation the encoded data that has arrived, and act on the result.

    ``is_complete`` says that no more data follows. If the decoder was closed meanwhile, nothing happens.
    """
    implementation = decoder._codec_implementation
    if implementation is None:
        return
    while decoder._encoded_data:
        implementation.append(decoder._encoded_data.popleft())
    if is_complete:
        implementation.finish()
        decoder._has_all_data = True
    if not decoder._tracks_established:
        establish_tracks(decoder)
    else:
        update_tracks(decoder)
    decoder._work_in_order.go_on()


@algorithm("imagedecoder-establish-tracks")
def establish_tracks(decoder: ImageDecoderSlots) -> None:
    """Establish Tracks."""
    implementation = decoder._codec_implementation
    assert implementation is not None, "a codec is released after all other work"
    # 1. They are not established yet.
    assert not decoder._tracks_established
    image_tracks = implementation.tracks()
    # 2. If the data doesn't say yet how many tracks there are:
    if image_tracks is None:
        # 2.1. If no more data follows, queue a task to close the decoder.
        if decoder._has_all_data:
            exception = DOMException("the data ends before it says what tracks there are", "InvalidStateError")
            queue_a_task_to_close(decoder, exception)
        # 2.2. Wait for more.
        return
    # 3. If there are no tracks, queue a task to close the decoder, with the exception that bad data has.
    if not image_tracks.tracks:
        exception = DOMException(f"the data is no image of type {decoder._type}, or has none", "EncodingError")
        queue_a_task_to_close(decoder, exception)
        return
    # 4. Begin a new list of tracks.
    new_track_list: list[ImageTrack] = []
    # 5. For each track in the data:
    for image_track in image_tracks.tracks:
        # 5.1. Make an ImageTrack.
        new_track = ImageTrack.__new__(ImageTrack)
        # 5.1.1. It belongs to this decoder
        new_track._image_decoder = decoder
        # 5.1.2. and to its list of tracks.
        new_track._image_track_list = decoder._image_track_list
        # 5.1.3. Say whether it is animated,
        new_track._animated = image_track.animated
        # 5.1.4. how many frames it has,
        new_track._frame_count = image_track.frame_count
        # 5.1.5. and how often it is repeated.
        new_track._repetition_count = image_track.repetition_count
        # 5.1.6. It is not selected.
        new_track._selected = False
        # 5.2. Append it to the new list.
        new_track_list.append(new_track)
    # 6. Choose the track to select.
    selected_track_index = get_default_selected_track_index(decoder, new_track_list, image_tracks.primary)
    # 7. Take that track
    selected_track = new_track_list[selected_track_index]
    # 8. and select it.
    selected_track._selected = True
    # 9. Decode that track.
    decoder._internal_selected_track_index = selected_track_index
    # 10. The tracks are established.
    decoder._tracks_established = True
    # Not in the spec: remember the frame counts for Update Tracks.
    decoder._frame_counts = [track._frame_count for track in new_track_list]

    def task() -> None:
        tracks = decoder._image_track_list
        # Not in the spec: a decoder that was closed meanwhile has no tracks.
        if decoder._closed:
            return
        # 11.1. Show the new tracks.
        tracks._track_list = new_track_list
        # 11.2. Show which one is selected.
        tracks._selected_index = selected_track_index
        # 11.3. Say that they are known.
        resolve(tracks._ready_promise, None)

    # 11. Queue a task.
    decoder._queue_a_task("establish tracks task", task)


@algorithm("imagedecoder-get-default-selected-track-index")
def get_default_selected_track_index(
    decoder: ImageDecoderSlots, track_list: Sequence[ImageTrack], primary: int | None
) -> int:
    """Get Default Selected Track Index. ``primary`` is the index of the primary image track, if the file has one."""
    prefer_animation = decoder._prefer_animation
    # 1. If the file has a primary track:
    if primary is not None:
        # 1.1. and 1.2. Take that track and its index.
        primary_track = track_list[primary]
        # 1.3. Without a preference, select it.
        if prefer_animation is None:
            return primary
        # 1.4. If it is as preferred, select it.
        if primary_track._animated == prefer_animation:
            return primary
    # 2. Otherwise select the first track that is as preferred.
    for index, track in enumerate(track_list):
        if track._animated == prefer_animation:
            return index
    # 3. If there is none, select the first track.
    return 0


@algorithm("imagedecoder-update-tracks")
def update_tracks(decoder: ImageDecoderSlots) -> None:
    """Update Tracks: count the frames again, as more data has arrived."""
    implementation = decoder._codec_implementation
    assert implementation is not None, "a codec is released after all other work"
    # 1. The tracks are established.
    assert decoder._tracks_established
    # 2. No change has been found yet.
    track_changes: list[TrackUpdate] = []
    image_tracks = implementation.tracks()
    assert image_tracks is not None, "tracks don't disappear"
    # 3. and 4. For each track. The list itself belongs to the event loop, so the work queue's own counts stand for it.
    for track_index, image_track in enumerate(image_tracks.tracks):
        # 4.1. n/a: the loop counts.
        # 4.2. Ask how many frames the data has now.
        latest_frame_count = image_track.frame_count
        # 4.3. They don't become fewer.
        assert latest_frame_count >= decoder._frame_counts[track_index]
        # 4.4. If they are more:
        if latest_frame_count > decoder._frame_counts[track_index]:
            # 4.4.1. Make a track update struct
            change = TrackUpdate(track_index, latest_frame_count)
            # 4.4.2. and append it to the changes.
            track_changes.append(change)
            decoder._frame_counts[track_index] = latest_frame_count
    # 5. If nothing has changed, there is nothing to tell.
    if not track_changes:
        return

    def task() -> None:
        # Not in the spec: a decoder that was closed meanwhile has no tracks.
        if decoder._closed:
            return
        # 6.1. For each change:
        for update in track_changes:
            # 6.1.1. Take its track
            update_track = decoder._image_track_list._track_list[update.track_index]
            # 6.1.2. and assign its frame count.
            update_track._frame_count = update.frame_count

    # 6. Queue a task.
    decoder._queue_a_task("update tracks task", task)
