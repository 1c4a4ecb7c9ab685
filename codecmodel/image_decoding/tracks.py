"""Establish Tracks, Get Default Selected Track Index, and Update Tracks (§ 10.2.5). They run on the work queue."""

from collections.abc import Sequence
from typing import NamedTuple

from codecmodel.algorithm import algorithm
from codecmodel.image_decoding.closing import queue_a_task_to_close
from codecmodel.image_decoding.image_decoder_slots import ImageDecoderSlots
from codecmodel.image_decoding.image_track import ImageTrack
from codecmodel.image_decoding.work_in_order import go_on
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import resolve


class TrackUpdate(NamedTuple):
    """The spec's *track update struct*."""

    track_index: int
    frame_count: int


def take_in_data(decoder: ImageDecoderSlots, is_complete: bool) -> None:
    """Not from the spec: give the codec implementation what has arrived of [[encoded data]], and see what that changes.

    After ``is_complete`` nothing will follow. Nothing happens if the decoder was closed meanwhile.
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
    go_on(decoder)


@algorithm("imagedecoder-establish-tracks")
def establish_tracks(decoder: ImageDecoderSlots) -> None:
    """Establish Tracks."""
    implementation = decoder._codec_implementation
    assert implementation is not None, "a codec is released after all other work"
    # 1.
    assert not decoder._tracks_established
    image_tracks = implementation.tracks()
    # 2. As long as it isn't clear how many tracks there are:
    if image_tracks is None:
        # 2.1. If nothing follows, it never will be.
        if decoder._has_all_data:
            exception = DOMException("the data ends before it says what tracks there are", "InvalidStateError")
            queue_a_task_to_close(decoder, exception)
        # 2.2.
        return
    # 3. (with the exception that bad data has)
    if not image_tracks.tracks:
        exception = DOMException(f"the data is no image of type {decoder._type}, or has none", "EncodingError")
        queue_a_task_to_close(decoder, exception)
        return
    # 4.
    new_track_list: list[ImageTrack] = []
    # 5. For each track,
    for image_track in image_tracks.tracks:
        # 5.1. a new object:
        new_track = ImageTrack.__new__(ImageTrack)
        # 5.1.1.
        new_track._image_decoder = decoder
        # 5.1.2.
        new_track._image_track_list = decoder._image_track_list
        # 5.1.3.
        new_track._animated = image_track.animated
        # 5.1.4.
        new_track._frame_count = image_track.frame_count
        # 5.1.5.
        new_track._repetition_count = image_track.repetition_count
        # 5.1.6.
        new_track._selected = False
        # 5.2.
        new_track_list.append(new_track)
    # 6.
    selected_track_index = get_default_selected_track_index(decoder, new_track_list, image_tracks.primary)
    # 7.
    selected_track = new_track_list[selected_track_index]
    # 8.
    selected_track._selected = True
    # 9.
    decoder._internal_selected_track_index = selected_track_index
    # 10.
    decoder._tracks_established = True
    # Not from the spec.
    decoder._frame_counts = [track._frame_count for track in new_track_list]

    def task() -> None:
        tracks = decoder._image_track_list
        # Not from the spec: a decoder that was closed meanwhile has no tracks.
        if decoder._closed:
            return
        # 11.1.
        tracks._track_list = new_track_list
        # 11.2.
        tracks._selected_index = selected_track_index
        # 11.3.
        resolve(tracks._ready_promise, None)

    # 11. Queue a task.
    decoder._queue_a_task("establish tracks task", task)


@algorithm("imagedecoder-get-default-selected-track-index")
def get_default_selected_track_index(
    decoder: ImageDecoderSlots, track_list: Sequence[ImageTrack], primary: int | None
) -> int:
    """Get Default Selected Track Index. ``primary`` is the index of the primary image track, if there is one."""
    prefer_animation = decoder._prefer_animation
    # 1. If there is a primary track,
    if primary is not None:
        # 1.1. and 1.2.
        primary_track = track_list[primary]
        # 1.3. it is selected if nothing is preferred,
        if prefer_animation is None:
            return primary
        # 1.4. or if it is what is preferred.
        if primary_track._animated == prefer_animation:
            return primary
    # 2. Otherwise the first that is as preferred,
    for index, track in enumerate(track_list):
        if track._animated == prefer_animation:
            return index
    # 3. or just the first.
    return 0


@algorithm("imagedecoder-update-tracks")
def update_tracks(decoder: ImageDecoderSlots) -> None:
    """Update Tracks: frames may have arrived."""
    implementation = decoder._codec_implementation
    assert implementation is not None, "a codec is released after all other work"
    # 1.
    assert decoder._tracks_established
    # 2.
    track_changes: list[TrackUpdate] = []
    image_tracks = implementation.tracks()
    assert image_tracks is not None, "tracks don't disappear"
    # 3. and 4. For each track, by what is known here of the list, which is the event loop's:
    for track_index, image_track in enumerate(image_tracks.tracks):
        # 4.1. n/a: the loop counts.
        # 4.2.
        latest_frame_count = image_track.frame_count
        # 4.3.
        assert latest_frame_count >= decoder._frame_counts[track_index]
        # 4.4. If there are more frames,
        if latest_frame_count > decoder._frame_counts[track_index]:
            # 4.4.1.
            change = TrackUpdate(track_index, latest_frame_count)
            # 4.4.2.
            track_changes.append(change)
            decoder._frame_counts[track_index] = latest_frame_count
    # 5.
    if not track_changes:
        return

    def task() -> None:
        # Not from the spec: a decoder that was closed meanwhile has no tracks.
        if decoder._closed:
            return
        # 6.1. For each track that has changed,
        for update in track_changes:
            # 6.1.1.
            update_track = decoder._image_track_list._track_list[update.track_index]
            # 6.1.2.
            update_track._frame_count = update.frame_count

    # 6. Queue a task.
    decoder._queue_a_task("update tracks task", task)
