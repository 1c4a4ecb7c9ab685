"""Decode a frame (§ 10.2.5): the control message of decode(), and the work that it enqueues."""

from typing import TypeAlias

from codecmodel.algorithm import algorithm
from codecmodel.codecs.processing_model import Epoch, Outcome
from codecmodel.image_decoding.closing import fatally_reject_bad_data
from codecmodel.image_decoding.image_decode_options import ImageDecodeOptions, ImageDecodeResult
from codecmodel.image_decoding.image_decoder_slots import ImageDecoderSlots
from codecmodel.image_decoding.room import WorkWithRoom
from codecmodel.image_decoding.work_in_order import WorkOutcome
from codecmodel.platform.codec_implementation import CodecError, OutOfResourcesError
from codecmodel.platform.image_decoder_implementation import DecodedImage
from codecmodel.raw_media.media_resource import detected_color_space
from codecmodel.raw_media.video_frame import create_a_video_frame
from codecmodel.web.errors import RangeError
from codecmodel.web.event_loop import Promise, reject, resolve

DecodePromise: TypeAlias = Promise[ImageDecodeResult]


@algorithm("dom-imagedecoder-decode", part="message")
def decode_control_message(
    decoder: ImageDecoderSlots, epoch: Epoch, options: ImageDecodeOptions, promise: DecodePromise
) -> Outcome:
    """Run a control message to decode the image. ``epoch`` is the one that decode() was called in."""

    def work() -> WorkOutcome:
        return decode_work(decoder, epoch, options, promise)

    # Not in the spec: a program may have codecs reclaimed to make room for the decoder of an image.
    scarcity = decoder._scarcity
    steps = work if scarcity is None else WorkWithRoom(decoder, epoch, work, scarcity)
    # 1. Enqueue the work, behind requests that wait.
    decoder._enqueue("decode work", lambda: decoder._work_in_order.append(steps))
    return "processed"


@algorithm("dom-imagedecoder-decode", part="message")
def decode_work(
    decoder: ImageDecoderSlots, epoch: Epoch, options: ImageDecodeOptions, promise: DecodePromise
) -> WorkOutcome:
    """The work of the message."""
    implementation = decoder._codec_implementation
    # Not in the spec: after a reset the result is not wanted, and after a close there is no implementation.
    if epoch.ceased or implementation is None:
        return "done"
    # 1.1. Wait until the tracks are established.
    if not decoder._tracks_established:
        return "waiting"
    frame_index = options["frameIndex"]
    # 1.2. If reduced detail is good enough, and the image has it, decode as much detail as there is.
    if not options["completeFramesOnly"] and implementation.is_progressive():
        return decode_progressive_frame(decoder, epoch, frame_index, promise)
    # 1.3. Otherwise decode the complete frame.
    return decode_complete_frame(decoder, epoch, frame_index, promise)


def pass_on_lack_of_resources(decoder: ImageDecoderSlots, error: CodecError) -> None:
    """Raise ``error`` if the lack of resources can be mended. Not in the spec: then decoding is tried once more."""
    if isinstance(error, OutOfResourcesError) and decoder._scarcity is not None:
        raise error


@algorithm("imagedecoder-decode-complete-frame")
def decode_complete_frame(
    decoder: ImageDecoderSlots, epoch: Epoch, frame_index: int, promise: DecodePromise
) -> WorkOutcome:
    """Decode Complete Frame."""
    # 1. The tracks are established.
    assert decoder._tracks_established
    track = decoder._internal_selected_track_index
    # 2. A track is selected.
    assert track != -1
    implementation = decoder._codec_implementation
    assert implementation is not None, "a codec is released after all other work"
    # 3. Look up the frame.
    encoded_frame = implementation.frame(track, frame_index)
    # 4. Wait until one of these is true:
    # 4.1. the whole frame is there,
    # 4.2. the data is malformed,
    # 4.3. or no more data follows.
    if encoded_frame.availability == "incomplete" and not decoder._has_all_data:
        return "waiting"
    # 4.4. n/a: nothing waits for a closed decoder.
    # 5. If the data is malformed, close the decoder.
    if encoded_frame.availability == "malformed":
        fatally_reject_bad_data(decoder, f"the data of frame {frame_index} is broken, or ends too early")
        return "done"
    # 6. If the frame doesn't exist, reject the request.
    if encoded_frame.availability == "incomplete":
        reject_infeasible_decode(decoder, epoch, frame_index, promise)
        return "done"
    # 7. Decode the frame.
    try:
        output = implementation.decode(track, frame_index, lambda: epoch.ceased)
    # 8. If that fails, close the decoder.
    except CodecError as error:
        pass_on_lack_of_resources(decoder, error)
        if not epoch.ceased:
            fatally_reject_bad_data(decoder, str(error))
        return "done"
    # 9. Forget how far the frame was decoded before.
    decoder._progressive_frame_generations.pop(frame_index, None)
    # 10. n/a: decode() returned the output.
    decode_result = _new_result(output, frame_index, is_still=not _is_animated(decoder), complete=True)
    # 12. Resolve the promise.
    resolve_decode(decoder, epoch, promise, decode_result)
    return "done"


@algorithm("imagedecoder-decode-progressive-frame")
def decode_progressive_frame(
    decoder: ImageDecoderSlots, epoch: Epoch, frame_index: int, promise: DecodePromise
) -> WorkOutcome:
    """Decode Progressive Frame."""
    # 1. The tracks are established.
    assert decoder._tracks_established
    track = decoder._internal_selected_track_index
    # 2. A track is selected.
    assert track != -1
    implementation = decoder._codec_implementation
    assert implementation is not None, "a codec is released after all other work"
    # 3. Look up the frame.
    encoded_frame = implementation.frame(track, frame_index)
    # 4. and 5. Look up the generation that was output last, if one was.
    last_frame_generation = decoder._progressive_frame_generations.get(frame_index)
    is_enough = encoded_frame.availability == "complete" or (
        encoded_frame.generation is not None
        and (last_frame_generation is None or encoded_frame.generation > last_frame_generation)
    )
    # 6. Wait until one of these is true:
    # 6.1. there is more detail than last time,
    # 6.2. the data is malformed,
    # 6.3. or no more data follows.
    if not is_enough and encoded_frame.availability != "malformed" and not decoder._has_all_data:
        return "waiting"
    # 6.4. n/a: nothing waits for a closed decoder.
    # 7. If the data is malformed, close the decoder.
    if encoded_frame.availability == "malformed":
        fatally_reject_bad_data(decoder, f"the data of frame {frame_index} is broken, or ends too early")
        return "done"
    # 8. If there is no more detail than last time, reject the request.
    if not is_enough:
        reject_infeasible_decode(decoder, epoch, frame_index, promise)
        return "done"
    # 9. Decode the frame.
    try:
        output = implementation.decode(track, frame_index, lambda: epoch.ceased)
    # 10. If that fails, close the decoder.
    except CodecError as error:
        pass_on_lack_of_resources(decoder, error)
        if not epoch.ceased:
            fatally_reject_bad_data(decoder, str(error))
        return "done"
    # 11. n/a: decode() returned the output.
    # 12. n/a: the result is made when both of its members are known.
    # 13. If the output has full detail:
    if output.complete:
        # 13.1. The result is complete.
        complete = True
        # 13.2. Forget the frame's generation.
        decoder._progressive_frame_generations.pop(frame_index, None)
    # 14. Otherwise:
    else:
        # 14.1. The result is not complete.
        complete = False
        # 14.2. Ask for the output's generation,
        frame_generation = output.generation
        # 14.3. and remember it.
        decoder._progressive_frame_generations[frame_index] = frame_generation
    # 15. to 18. Make the result, as Decode Complete Frame does in its step 11.
    decode_result = _new_result(output, frame_index, is_still=not _is_animated(decoder), complete=complete)
    # 19. and 20. Settle the promise, in a task as for a complete frame: promises belong to the event loop.
    resolve_decode(decoder, epoch, promise, decode_result)
    return "done"


def _is_animated(decoder: ImageDecoderSlots) -> bool:
    """Whether the track that is being decoded is animated."""
    implementation = decoder._codec_implementation
    assert implementation is not None, "a codec is released after all other work"
    image_tracks = implementation.tracks()
    assert image_tracks is not None, "tracks don't disappear"
    return image_tracks.tracks[decoder._internal_selected_track_index].animated


@algorithm("imagedecoder-decode-complete-frame")
def _new_result(output: DecodedImage, frame_index: int, *, is_still: bool, complete: bool) -> ImageDecodeResult:
    """Make the ImageDecodeResult of either algorithm."""
    # 11.2. Take the frame's duration, if it has one.
    duration = output.duration
    # 11.3. Take the frame's timestamp. If it has none:
    timestamp = output.timestamp
    if timestamp is None:
        # 11.3.1. That of a still image is 0.
        if is_still:
            timestamp = 0
        # 11.3.2. If all frames have the same duration, multiply it.
        elif output.is_constant_rate and duration is not None:
            timestamp = frame_index * duration
        # 11.3.3. Otherwise take the sum of the durations before, if it is known without decoding.
        elif output.derived_timestamp is not None:
            timestamp = output.derived_timestamp
        # 11.3.4. Otherwise it is 0.
        else:
            timestamp = 0
    # 11.4. Take the orientation from the file's metadata.
    rotation, flip = output.rotation, output.flip
    # 11.5. Make the VideoFrame, as of video, with the colour space that was detected.
    color_space = detected_color_space(output.resource)
    image = create_a_video_frame(
        output.resource, timestamp, duration=duration, color_space=color_space, rotation=rotation, flip=flip
    )
    # 11. and 11.1. after 11.5.: make the result, now that both members are known.
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
    """The task of Resolve Decode."""
    # 1.1. Do nothing if the decoder was closed meanwhile; nor if it was reset, as the promise is settled then, too.
    if decoder._closed or epoch.ceased:
        # Not in the spec: the image is not delivered, so its memory is given back at once.
        result["image"].close()
        return
    # 1.2. The promise is pending.
    assert promise in decoder._pending_decode_promises
    # 1.3. It no longer is.
    decoder._pending_decode_promises.remove(promise)
    # 1.4. Resolve it.
    resolve(promise, result)


@algorithm("imagedecoder-reject-infeasible-decode")
def reject_infeasible_decode(
    decoder: ImageDecoderSlots, epoch: Epoch, frame_index: int, promise: DecodePromise
) -> None:
    """Reject Infeasible Decode: the frame doesn't exist, and never will."""
    # 1. No more data follows. (Nothing waits for a closed decoder.)
    assert decoder._has_all_data
    # 2. So it is a RangeError.
    exception = RangeError(f"there is no frame {frame_index}")

    def task() -> None:
        # 3.1. Do nothing if the decoder was closed, or reset, meanwhile: the promise is settled.
        if decoder._closed or epoch.ceased:
            return
        # 3.2. The promise is pending.
        assert promise in decoder._pending_decode_promises
        # 3.3. It no longer is.
        decoder._pending_decode_promises.remove(promise)
        # 3.4. Reject it.
        reject(promise, exception)

    # 3. Queue a task.
    decoder._queue_a_task("reject infeasible decode task", task)
