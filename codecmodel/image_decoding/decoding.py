"""Decoding a frame (§ 10.2.5): what decode() has the work queue do."""

from typing import TypeAlias

from codecmodel.algorithm import algorithm
from codecmodel.codecs.processing_model import Epoch, Outcome
from codecmodel.image_decoding.closing import fatally_reject_bad_data
from codecmodel.image_decoding.image_decode_options import ImageDecodeOptions, ImageDecodeResult
from codecmodel.image_decoding.image_decoder_slots import ImageDecoderSlots
from codecmodel.image_decoding.work_in_order import WorkOutcome, enqueue_in_order
from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.image_decoder_implementation import DecodedImage
from codecmodel.raw_media.video_frame import create_a_video_frame
from codecmodel.web.errors import RangeError
from codecmodel.web.event_loop import Promise, reject, resolve

DecodePromise: TypeAlias = Promise[ImageDecodeResult]


@algorithm("dom-imagedecoder-decode", part="message")
def decode_control_message(
    decoder: ImageDecoderSlots, epoch: Epoch, options: ImageDecodeOptions, promise: DecodePromise
) -> Outcome:
    """Running a control message to decode the image. ``epoch`` is the one that decode() was called in."""
    # 1. Enqueue the work.
    enqueue_in_order(decoder, lambda: decode_work(decoder, epoch, options, promise))
    return "processed"


@algorithm("dom-imagedecoder-decode", part="message")
def decode_work(
    decoder: ImageDecoderSlots, epoch: Epoch, options: ImageDecodeOptions, promise: DecodePromise
) -> WorkOutcome:
    """What the message has the work queue do."""
    implementation = decoder._codec_implementation
    # Not from the spec: after a reset nobody waits for the result; after a close there is nothing to decode with.
    if epoch.ceased or implementation is None:
        return "done"
    # 1.1.
    if not decoder._tracks_established:
        return "waiting"
    frame_index = options["frameIndex"]
    # 1.2. With what detail there is,
    if not options["completeFramesOnly"] and implementation.is_progressive():
        return decode_progressive_frame(decoder, epoch, frame_index, promise)
    # 1.3. or all of it.
    return decode_complete_frame(decoder, epoch, frame_index, promise)


@algorithm("imagedecoder-decode-complete-frame")
def decode_complete_frame(
    decoder: ImageDecoderSlots, epoch: Epoch, frame_index: int, promise: DecodePromise
) -> WorkOutcome:
    """Decode Complete Frame."""
    # 1.
    assert decoder._tracks_established
    track = decoder._internal_selected_track_index
    # 2.
    assert track != -1
    implementation = decoder._codec_implementation
    assert implementation is not None, "a codec is released after all other work"
    # 3.
    encoded_frame = implementation.frame(track, frame_index)
    # 4. It waits until there is
    # 4.1. all of the frame, or
    # 4.2. broken data, or
    # 4.3. no more data.
    if encoded_frame.availability == "incomplete" and not decoder._has_all_data:
        return "waiting"
    # 4.4. n/a: nothing waits for a closed decoder.
    # 5.
    if encoded_frame.availability == "malformed":
        fatally_reject_bad_data(decoder, f"the data of frame {frame_index} is broken, or ends too early")
        return "done"
    # 6.
    if encoded_frame.availability == "incomplete":
        reject_infeasible_decode(decoder, epoch, frame_index, promise)
        return "done"
    # 7.
    try:
        output = implementation.decode(track, frame_index, lambda: epoch.ceased)
    # 8.
    except CodecError as error:
        if not epoch.ceased:
            fatally_reject_bad_data(decoder, str(error))
        return "done"
    # 9.
    decoder._progressive_frame_generations.pop(frame_index, None)
    # 10. n/a: it was returned.
    decode_result = _new_result(output, frame_index, is_still=not _is_animated(decoder), complete=True)
    # 12.
    resolve_decode(decoder, epoch, promise, decode_result)
    return "done"


@algorithm("imagedecoder-decode-progressive-frame")
def decode_progressive_frame(
    decoder: ImageDecoderSlots, epoch: Epoch, frame_index: int, promise: DecodePromise
) -> WorkOutcome:
    """Decode Progressive Frame."""
    # 1.
    assert decoder._tracks_established
    track = decoder._internal_selected_track_index
    # 2.
    assert track != -1
    implementation = decoder._codec_implementation
    assert implementation is not None, "a codec is released after all other work"
    # 3.
    encoded_frame = implementation.frame(track, frame_index)
    # 4. and 5.
    last_frame_generation = decoder._progressive_frame_generations.get(frame_index)
    is_enough = encoded_frame.availability == "complete" or (
        encoded_frame.generation is not None
        and (last_frame_generation is None or encoded_frame.generation > last_frame_generation)
    )
    # 6. It waits until there is
    # 6.1. more detail than last time, or
    # 6.2. broken data, or
    # 6.3. no more data.
    if not is_enough and encoded_frame.availability != "malformed" and not decoder._has_all_data:
        return "waiting"
    # 6.4. n/a: nothing waits for a closed decoder.
    # 7.
    if encoded_frame.availability == "malformed":
        fatally_reject_bad_data(decoder, f"the data of frame {frame_index} is broken, or ends too early")
        return "done"
    # 8.
    if not is_enough:
        reject_infeasible_decode(decoder, epoch, frame_index, promise)
        return "done"
    # 9.
    try:
        output = implementation.decode(track, frame_index, lambda: epoch.ceased)
    # 10.
    except CodecError as error:
        if not epoch.ceased:
            fatally_reject_bad_data(decoder, str(error))
        return "done"
    # 11. n/a: it was returned.
    # 12. n/a: it is made when there are both members.
    # 13. Of the final output
    if output.complete:
        # 13.1.
        complete = True
        # 13.2.
        decoder._progressive_frame_generations.pop(frame_index, None)
    # 14. no more is to come;
    else:
        # 14.1.
        complete = False
        # 14.2.
        frame_generation = output.generation
        # 14.3.
        decoder._progressive_frame_generations[frame_index] = frame_generation
    # 15. to 18. as Decode Complete Frame has them in its step 11.
    decode_result = _new_result(output, frame_index, is_still=not _is_animated(decoder), complete=complete)
    # 19. and 20. (in a task, as a complete frame: promises belong to the event loop)
    resolve_decode(decoder, epoch, promise, decode_result)
    return "done"


def _is_animated(decoder: ImageDecoderSlots) -> bool:
    """Whether the track that is decoded has several frames."""
    implementation = decoder._codec_implementation
    assert implementation is not None, "a codec is released after all other work"
    image_tracks = implementation.tracks()
    assert image_tracks is not None, "tracks don't disappear"
    return image_tracks.tracks[decoder._internal_selected_track_index].animated


@algorithm("imagedecoder-decode-complete-frame")
def _new_result(output: DecodedImage, frame_index: int, *, is_still: bool, complete: bool) -> ImageDecodeResult:
    """The ImageDecodeResult that both algorithms make."""
    # 11.2.
    duration = output.duration
    # 11.3. A timestamp that the file doesn't say:
    timestamp = output.timestamp
    if timestamp is None:
        # 11.3.1.
        if is_still:
            timestamp = 0
        # 11.3.2.
        elif output.is_constant_rate and duration is not None:
            timestamp = frame_index * duration
        # 11.3.3.
        elif output.derived_timestamp is not None:
            timestamp = output.derived_timestamp
        # 11.3.4.
        else:
            timestamp = 0
    # 11.4.
    rotation, flip = output.rotation, output.flip
    # 11.5. (as of video, with the colour space that was detected)
    color_space = output.resource.color_space
    image = create_a_video_frame(
        output.resource, timestamp, duration=duration, color_space=color_space, rotation=rotation, flip=flip
    )
    # 11. and 11.1. after 11.5.: it is made when there are both members.
    return {"image": image, "complete": complete}


@algorithm("imagedecoder-resolve-decode")
def resolve_decode(decoder: ImageDecoderSlots, epoch: Epoch, promise: DecodePromise, result: ImageDecodeResult) -> None:
    """Resolve Decode."""
    # 1. Queue a task.
    decoder._queue_a_task("resolve decode task", lambda: resolve_decode_task(decoder, epoch, promise, result))


@algorithm("imagedecoder-resolve-decode")
def resolve_decode_task(
    decoder: ImageDecoderSlots, epoch: Epoch, promise: DecodePromise, result: ImageDecodeResult
) -> None:
    """What Resolve Decode queues."""
    # 1.1. (nor is the promise pending after a reset)
    if decoder._closed or epoch.ceased:
        return
    # 1.2.
    assert promise in decoder._pending_decode_promises
    # 1.3.
    decoder._pending_decode_promises.remove(promise)
    # 1.4.
    resolve(promise, result)


@algorithm("imagedecoder-reject-infeasible-decode")
def reject_infeasible_decode(
    decoder: ImageDecoderSlots, epoch: Epoch, frame_index: int, promise: DecodePromise
) -> None:
    """Reject Infeasible Decode: there is no such frame, and none will come."""
    # 1. (nothing waits for a decoder that is closed)
    assert decoder._has_all_data
    # 2.
    exception = RangeError(f"there is no frame {frame_index}")

    def task() -> None:
        # 3.1. Not from the spec: nor is the promise pending after a reset.
        if decoder._closed or epoch.ceased:
            return
        # 3.2.
        assert promise in decoder._pending_decode_promises
        # 3.3.
        decoder._pending_decode_promises.remove(promise)
        # 3.4.
        reject(promise, exception)

    # 3. Queue a task.
    decoder._queue_a_task("reject infeasible decode task", task)
