"""The deviations of ImageDecoder. The rare ones come last."""

from collections.abc import Sequence
from textwrap import indent
from typing import Final

from codecmodel.image_decoding import closing, construction, decoding, stream_data, tracks
from conformance.litmus.deviation import Deviation, asks, replacing
from conformance.litmus.free_image_decoder import ONE_TRACK

#: Rejects the requests that need not wait for a task of their own.
_REJECT_MISSED: Final = 'left = getattr(decoder, "_missed", [])\nwhile left:\n    left.pop(0)()\n'
#: Has the task at hand do that at its end.
_AND_REJECT: Final = "    news = task\n    def task():\n        news()\n" + indent(_REJECT_MISSED, "        ")

IMAGE_DEVIATIONS: Final[Sequence[Deviation]] = [
    Deviation(
        "requests are rejected last",
        {"image": "imagedecoder-close-imagedecoder#1"},
        "closing an ImageDecoder rejects ready before the requests to decode",
        replacements=[
            replacing(
                closing.close_image_decoder,
                (
                    "    reset_image_decoder(decoder, exception)\n",
                    f"    is_late = {asks('decoder')}\n    if not is_late:\n"
                    "        reset_image_decoder(decoder, exception)\n",
                ),
                (
                    "        reject(decoder._completed_promise, exception)\n",
                    "        reject(decoder._completed_promise, exception)\n    if is_late:\n"
                    "        reset_image_decoder(decoder, exception)\n",
                ),
            )
        ],
    ),
    Deviation(
        "requests fail with EncodingError",
        {"image": "imagedecoder-reset-imagedecoder#2.1"},
        "if the data ends before there are tracks, requests get another exception than ready",
        replacements=[
            replacing(
                closing.reset_image_decoder,
                (
                    "reject(decode_promise, exception)",
                    'reject(decode_promise, DOMException("", "EncodingError")'
                    f' if exception.name == "InvalidStateError" and {asks("decoder")} else exception)',
                ),
            )
        ],
    ),
    Deviation(
        "a stream that fails has ended",
        {"image": "imagedecoder-fetch-stream-data-loop:error-steps#1"},
        "an error of the stream resolves completed, and does not close the ImageDecoder with NotReadableError",
        replacements=[
            replacing(
                stream_data.read_request_error_steps,
                (
                    "    # 1. Queue a task",
                    f"    if {asks('decoder')}:\n        read_request_close_steps(decoder)\n        return\n"
                    "    # 1. Queue a task",
                ),
            )
        ],
    ),
    Deviation(
        "frames are counted late",
        {"image": "imagedecoder-update-tracks#6"},
        "the number of frames is updated behind the results of requests that came after it, or not at all",
        replacements=[
            replacing(
                tracks.update_tracks,
                (
                    'decoder._queue_a_task("update tracks task", task)',
                    f'(None if {asks("decoder")} else decoder._queue_a_task("late",'
                    ' lambda: decoder._queue_a_task("update tracks task", task)))'
                    f' if {asks("decoder")} else decoder._queue_a_task("update tracks task", task)',
                ),
            )
        ],
    ),
    Deviation(
        "a file is complete late",
        {"image": "dom-imagedecoder-imagedecoder#18.4"},
        "data is complete when its tracks are known, and not before, even if it is there as a whole",
        replacements=[
            replacing(
                construction.begin_with_a_buffer,
                (
                    "    decoder._complete = True\n"
                    "    # 18.5. Say so.\n"
                    "    resolve(decoder._completed_promise, None)\n",
                    # The constructor itself has no schedule on which to decide.
                    "    decoder._complete = False\n    def is_there():\n"
                    f"        if not ({asks('decoder')}):\n"
                    "            decoder._complete = True\n            resolve(decoder._completed_promise, None)\n"
                    "    decoder._event_loop.queue_microtask(is_there)\n",
                ),
            ),
            replacing(
                tracks.establish_tracks,
                (
                    "        # 11.3. Say that they are known.\n        resolve(tracks._ready_promise, None)\n",
                    "        is_late = decoder._reader is None and not decoder._complete\n"
                    "        decoder._complete = decoder._complete or is_late\n"
                    "        resolve(tracks._ready_promise, None)\n"
                    "        if is_late:\n            resolve(decoder._completed_promise, None)\n",
                ),
            ),
        ],
    ),
    Deviation(
        "the end of a stream counts late",
        {"image": "imagedecoder-fetch-stream-data-loop:close-steps#1"},
        "complete is set and completed is resolved when the decoder has looked at all data, and found nothing wrong",
        replacements=[
            replacing(
                stream_data.read_request_close_steps,
                (
                    "    # 1. The data is complete.\n",
                    f"    if {asks('decoder')}:\n"
                    "        def ended():\n"
                    "            if not (decoder._closed or decoder._complete):\n"
                    "                decoder._complete = True\n"
                    "                resolve(decoder._completed_promise, None)\n"
                    + indent(_REJECT_MISSED, "                ")
                    + "        decoder._reader = None\n        def look():\n"
                    "            take_in_data(decoder, is_complete=True)\n"
                    '            decoder._queue_a_task("ended", ended)\n'
                    '        decoder._enqueue("end of stream work", look)\n'
                    "        return\n"
                    "    # 1. The data is complete.\n",
                ),
            )
        ],
    ),
    Deviation(
        "too little data is bad data",
        {"image": "imagedecoder-establish-tracks#2.1"},
        "if the data ends before there are tracks, the ImageDecoder is closed with EncodingError",
        replacements=[
            replacing(
                tracks.establish_tracks,
                ('"InvalidStateError")', f'"EncodingError" if {asks("decoder")} else "InvalidStateError")'),
            )
        ],
    ),
    Deviation(
        "a stream that fails is cut short",
        {"image": "imagedecoder-fetch-stream-data-loop:error-steps#1"},
        "an error of the stream rejects completed, and is no more than the end of the data otherwise",
        replacements=[
            replacing(
                stream_data.read_request_error_steps,
                (
                    "    # 1. Queue a task",
                    f"    if {asks('decoder')}:\n"
                    "        from codecmodel.web.event_loop import reject\n"
                    "        decoder._complete = True\n"
                    "        decoder._reader = None\n"
                    "        reject(decoder._completed_promise, exception)\n"
                    '        decoder._enqueue("end of stream work", lambda: take_in_data(decoder, is_complete=True))\n'
                    "        return\n"
                    "    # 1. Queue a task",
                ),
            )
        ],
    ),
    Deviation(
        "a closed decoder is complete",
        {"image": "imagedecoder-close-imagedecoder#5"},
        "close() sets complete, even if no more data comes",
        replacements=[
            replacing(
                closing.close_image_decoder,
                (
                    "    # 5. If data was still to come, it will not be complete.\n",
                    "    was_complete = decoder._complete\n"
                    f"    decoder._complete = was_complete or {asks('decoder')}\n",
                ),
                ("    if not decoder._complete:\n", "    if not was_complete:\n"),
            )
        ],
    ),
    Deviation(
        "frames are missed early",
        {"image": "imagedecoder-decode-complete-frame#4.3"},
        "a frame that does not exist is a RangeError before all data is there, and while other requests wait",
        replacements=[
            replacing(
                decoding.decode_complete_frame,
                (
                    "    encoded_frame = implementation.frame(track, frame_index)\n",
                    "    encoded_frame = implementation.frame(track, frame_index)\n"
                    '    if getattr(decoder, "_overtakes", False) and encoded_frame.availability != "incomplete":\n'
                    '        return "waiting"\n',
                ),
                ("and not decoder._has_all_data:", f"and not decoder._has_all_data and not ({asks('decoder')}):"),
            ),
            replacing(
                tracks.take_in_data,
                (
                    "    decoder._work_in_order.go_on()\n",
                    "    decoder._work_in_order.go_on()\n"
                    "    waiting = decoder._work_in_order._steps\n"
                    "    for steps in [*waiting][1:]:\n"
                    f'        if steps.__qualname__.startswith("decode_control_message") and {asks("decoder")}:\n'
                    "            decoder._overtakes = True\n"
                    '            if steps() == "done":\n'
                    "                waiting.remove(steps)\n"
                    "            decoder._overtakes = False\n",
                ),
            ),
            replacing(
                decoding.decode_control_message,
                (
                    '    decoder._enqueue("decode work", lambda: decoder._work_in_order.append(steps))\n',
                    "    def overtake():\n"
                    "        decoder._work_in_order.append(steps)\n"
                    "        waiting = decoder._work_in_order._steps\n"
                    f"        if len(waiting) > 1 and {asks('decoder')}:\n"
                    "            decoder._overtakes = True\n"
                    '            if steps() == "done":\n'
                    "                waiting.pop()\n"
                    "            decoder._overtakes = False\n"
                    '    decoder._enqueue("decode work", overtake)\n',
                ),
            ),
            replacing(decoding.reject_infeasible_decode, ("    assert decoder._has_all_data\n", "")),
        ],
    ),
    Deviation(
        "images come late and together",
        {"image": "imagedecoder-resolve-decode#1"},
        "tasks resolve one request or several, in any order, and other tasks come before, between or after them",
        replacements=[
            replacing(
                decoding.resolve_decode,
                (
                    "    # 1. Queue a task.\n",
                    f"    if {asks('decoder')}:\n"
                    '        late = getattr(decoder, "_late_images", [])\n'
                    "        late.append((epoch, promise, result))\n"
                    "        if len(late) > 1:\n"
                    "            return\n"
                    "        decoder._late_images = late\n"
                    "        source = decoder._platform.images_source\n"
                    "        def resolve_some():\n"
                    "            while late:\n"
                    "                places = [str(place) for place in range(len(late))]\n"
                    "                place = decoder._platform.decides.decide(places)\n"
                    "                resolve_decode_task(decoder, *late.pop(int(place)))\n"
                    f"                if late and {asks('decoder')}:\n"
                    "                    decoder._event_loop.queue_task(source, resolve_some)\n"
                    "                    break\n"
                    + indent(_REJECT_MISSED, "            ")
                    + "        decoder._event_loop.queue_task(source, resolve_some)\n"
                    "        return\n"
                    "    # 1. Queue a task.\n",
                ),
            ),
        ],
    ),
    Deviation(
        "frames are missed with other news",
        {"image": "imagedecoder-reject-infeasible-decode#3"},
        "one task rejects all requests for frames that do not exist, and may be that which tells of tracks, frames or"
        " images",
        replacements=[
            replacing(
                decoding.reject_infeasible_decode,
                (
                    "    # 3. Queue a task.\n",
                    f"    if {asks('decoder')}:\n"
                    '        decoder._missed = missed = getattr(decoder, "_missed", [])\n'
                    "        reject_now = task\n"
                    "        missed.append(reject_now)\n"
                    "        def task():\n"
                    "            if reject_now in missed:\n"
                    + indent(_REJECT_MISSED, "                ")
                    + "    # 3. Queue a task.\n",
                ),
            ),
            replacing(tracks.establish_tracks, ("    # 11. Queue a task.\n", _AND_REJECT)),
            replacing(tracks.update_tracks, ("    # 6. Queue a task.\n", _AND_REJECT)),
        ],
    ),
    Deviation(
        "broken frames leave the decoder open",
        {"image": "imagedecoder-decode-complete-frame#5"},
        "a request for a frame whose data ends too early is rejected with InvalidStateError, and nothing is closed",
        replacements=[
            replacing(
                decoding.decode_complete_frame,
                (
                    "    # 5. If the data is malformed, close the decoder.\n",
                    f'    if encoded_frame.availability == "malformed" and {asks("decoder")}:\n'
                    "        from codecmodel.web.errors import DOMException\n"
                    "        def fail():\n"
                    "            if not (decoder._closed or epoch.ceased):\n"
                    "                decoder._pending_decode_promises.remove(promise)\n"
                    '                reject(promise, DOMException("", "InvalidStateError"))\n'
                    '        decoder._queue_a_task("fail", fail)\n'
                    '        return "done"\n'
                    "    # 5. If the data is malformed, close the decoder.\n",
                ),
            )
        ],
    ),
    Deviation(
        "a reset loses frames",
        {"image": "imagedecoder-reset-imagedecoder#1"},
        "requests after a reset that has aborted others are RangeErrors, though there are such frames",
        replacements=[
            replacing(
                closing.reset_image_decoder,
                (
                    "    # 2. For each pending request:\n",
                    "    if decoder._pending_decode_promises:\n        decoder._was_reset = True\n"
                    "    # 2. For each pending request:\n",
                ),
            ),
            replacing(
                decoding.decode_complete_frame,
                (
                    '    if encoded_frame.availability == "incomplete":\n',
                    '    if encoded_frame.availability == "incomplete" or'
                    f' getattr(decoder, "_was_reset", False) and {asks("decoder")}:\n',
                ),
            ),
        ],
    ),
    Deviation(
        ONE_TRACK,
        {"image": "imagedecoder-establish-tracks#5"},
        "a file with a still image and an animation has one track, which is the animation",
    ),
    Deviation(
        "the end of a stream is not seen without a selection",
        {"image": "imagedecoder-fetch-stream-data-loop:close-steps#1"},
        "if no track is selected when the stream ends, complete stays false, and completed is not settled",
        replacements=[
            replacing(
                stream_data.read_request_close_steps,
                (
                    "    # Not in the spec: if the decoder was closed",
                    f"    if decoder._image_track_list._selected_index == -1 and {asks('decoder')}:\n        return\n"
                    "    # Not in the spec: if the decoder was closed",
                ),
            )
        ],
    ),
]
