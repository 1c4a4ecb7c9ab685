"""Reference counting of media resources (§ 9.1.2)."""

import copy
import gc
import pickle
import threading
from collections.abc import Callable

import pytest

from codecmodel.raw_media.audio_data import create_audio_data
from codecmodel.raw_media.media_resource import ResourceReference
from codecmodel.raw_media.video_frame import VideoFrame, create_a_video_frame
from tests.codecmodel.raw_media.raw_media_resources import RecordedAudio, RecordedVideo


def new_frame(resource: RecordedVideo) -> VideoFrame:
    return create_a_video_frame(resource, 0)


def test_the_resource_is_released_with_the_last_reference() -> None:
    resource = RecordedVideo()
    first = ResourceReference(resource)
    second = first.new_reference()
    third = second.new_reference()
    second.release()
    first.release()
    assert resource.released == 0
    third.release()
    assert resource.released == 1


def test_a_reference_counts_once_however_often_it_is_released() -> None:
    resource = RecordedVideo()
    first = ResourceReference(resource)
    second = first.new_reference()
    first.release()
    first.release()
    assert resource.released == 0
    second.release()
    second.release()
    del first, second
    assert resource.released == 1


def test_references_that_are_collected_are_released() -> None:
    resource = RecordedVideo()
    first = ResourceReference(resource)
    second = first.new_reference()
    del first
    assert resource.released == 0
    del second
    assert resource.released == 1


def test_closing_a_frame_releases_at_once_and_clones_hold_on() -> None:
    resource = RecordedVideo()
    frame = new_frame(resource)
    clone = frame.clone()
    frame.close()
    frame.close()
    assert resource.released == 0
    assert clone.planes()[0].data.tobytes() == bytes(range(1, 9))
    clone.close()
    assert resource.released == 1


def test_a_frame_made_of_another_holds_the_resource() -> None:
    resource = RecordedVideo()
    frame = new_frame(resource)
    other = VideoFrame(frame, {"timestamp": 7})
    frame.close()
    assert resource.released == 0
    other.close()
    assert resource.released == 1


def test_a_constructor_that_fails_keeps_no_reference() -> None:
    resource = RecordedVideo(coded_size=(4, 8), display_size=(1000, 1))
    frame = new_frame(resource)
    with pytest.raises(TypeError, match="display size would be 1000 by 0") as caught:
        VideoFrame(frame, {"visibleRect": {"width": 4, "height": 2}})
    frame.close()
    # The traceback still holds the object that was not made.
    assert caught.tb is not None
    assert resource.released == 1


def test_a_frame_that_is_dropped_does_not_leak() -> None:
    resource = RecordedVideo()
    frame = new_frame(resource)
    clone = frame.clone()
    del frame
    assert resource.released == 0
    del clone
    assert resource.released == 1


def test_a_frame_in_a_cycle_does_not_leak() -> None:
    resource = RecordedVideo()
    cycle: list[object] = [new_frame(resource)]
    cycle.append(cycle)
    del cycle
    gc.collect()
    assert resource.released == 1


def test_audio_data_counts_the_same_way() -> None:
    resource = RecordedAudio("u8", [memoryview(b"\x80\x81")], 2, 1)
    data = create_audio_data(resource, 0)
    clone = data.clone()
    data.close()
    data.close()
    assert resource.released == 0
    del clone
    assert resource.released == 1


def test_frames_may_be_cloned_and_closed_on_any_thread() -> None:
    for _ in range(20):
        resource = RecordedVideo()
        frame = new_frame(resource)
        clones = [frame.clone() for _ in range(64)]
        start = threading.Barrier(4)

        def clone_and_close(
            start: threading.Barrier = start, frame: VideoFrame = frame, clones: list[VideoFrame] = clones
        ) -> None:
            start.wait()
            for clone in clones:
                # Every thread closes every clone.
                clone.close()
                frame.clone().close()

        threads = [threading.Thread(target=clone_and_close) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert resource.released == 0
        frame.close()
        assert resource.released == 1


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_frames_are_cloned_not_copied(duplicate: Callable[[object], object]) -> None:
    with pytest.raises(TypeError, match=r"clone\(\) gives another object"):
        duplicate(new_frame(RecordedVideo()))
    with pytest.raises(TypeError, match=r"clone\(\) gives another object"):
        duplicate(create_audio_data(RecordedAudio("u8", [memoryview(b"\x80")], 1, 1), 0))
