"""Deviations of decoders and encoders that leave little of the processing model. Modules of npm have them.

They are tried after all others, since each makes many more runs possible.
"""

from collections.abc import Sequence
from typing import Final

from codecmodel.codecs import codec
from codecmodel.codecs.audio_encoder import AudioEncoder
from codecmodel.codecs.decoder import Decoder
from codecmodel.codecs.encoder import Encoder
from codecmodel.codecs.video_encoder import VideoEncoder
from conformance.litmus.deviation import Deviation, asks, replacing
from conformance.litmus.free_codec import OTHER_NAMES, OTHER_SIZES

_RESETS: Final = (Decoder._reset, Encoder._reset)
_CONFIGURES: Final = (
    (Decoder.configure, "decoder"),
    (AudioEncoder.configure, "encoder"),
    (VideoEncoder.configure, "encoder"),
)
_IS_BAD: Final = "not self._supports(self._clone(config), self._platform)"
_ABORT: Final = 'DOMException("", "AbortError")'

LOOSE_DEVIATIONS: Final[Sequence[Deviation]] = [
    Deviation(
        "an unsupported configuration throws",
        {"decoder": "dom-videodecoder-configure:message#2.2", "encoder": "dom-videoencoder-configure:message#2.2"},
        "configure() throws NotSupportedError, and changes nothing",
        is_loose=True,
        replacements=[
            replacing(
                configure,
                (
                    f"    # 3. From now on the program sees a configured {kind}.\n",
                    f'    if {_IS_BAD} and {asks("self")}:\n        raise DOMException("", "NotSupportedError")\n'
                    f"    # 3. From now on the program sees a configured {kind}.\n",
                ),
            )
            for configure, kind in _CONFIGURES
        ],
    ),
    Deviation(
        "an unsupported configuration closes the codec at once",
        {"decoder": "dom-videodecoder-configure:message#2.2", "encoder": "dom-videoencoder-configure:message#2.2"},
        "the codec is closed within configure(), and the error callback comes in a task",
        is_loose=True,
        replacements=[
            replacing(
                configure,
                (
                    "    self._require_own_thread()\n",
                    "    self._require_own_thread()\n"
                    "    from codecmodel.codecs.codec import close\n"
                    "    from codecmodel.web.webidl import invoke_callback\n",
                ),
                (
                    '    self._state = "configured"\n',
                    f"    if {_IS_BAD} and {asks('self')}:\n        close(self, {_ABORT})\n"
                    '        error = DOMException("", "NotSupportedError")\n'
                    '        self._queue_a_task("error", lambda: self._call_back('
                    "invoke_callback, self._event_loop, self._error_callback, error))\n        return\n"
                    '    self._state = "configured"\n',
                ),
            )
            for configure, _ in _CONFIGURES
        ],
    ),
    Deviation(
        "a reset resolves flushes",
        {"decoder": "reset-videodecoder#6.1", "encoder": "reset-videoencoder#8.1"},
        "the promises of pending flushes are resolved by reset() and close()",
        is_loose=True,
        replacements=[
            replacing(
                reset,
                (
                    "reject(promise, exception)",
                    f"(promise.set_result(None) if {asks('self')} else reject(promise, exception))",
                ),
            )
            for reset in _RESETS
        ],
    ),
    Deviation(
        "a reset fires no dequeue",
        {"decoder": "reset-videodecoder#5.2", "encoder": "reset-videoencoder#7.2"},
        "reset() and close() empty the queue without an event",
        is_loose=True,
        replacements=[
            replacing(reset, ("schedule_dequeue_event(self)", f"{asks('self')} or schedule_dequeue_event(self)"))
            for reset in _RESETS
        ],
    ),
    Deviation(
        "key chunks are not required",
        {"decoder": "dom-videodecoder-decode#2.1"},
        "decode() takes a delta chunk after configure() and flush()",
        is_loose=True,
        replacements=[
            replacing(
                Decoder.decode,
                ("if self._key_chunk_required:", f"if self._key_chunk_required and not ({asks('self')}):"),
            )
        ],
    ),
    Deviation(
        "each request has its dequeue event",
        {"decoder": "videodecoder-schedule-dequeue-event#1", "encoder": "videoencoder-schedule-dequeue-event#1"},
        "the event is scheduled again although it is scheduled",
        is_loose=True,
        replacements=[
            replacing(
                codec.schedule_dequeue_event,
                (
                    "if codec._dequeue_event_scheduled:",
                    f"if codec._dequeue_event_scheduled and not ({asks('codec')}):",
                ),
            )
        ],
    ),
    Deviation(
        "errors leave the codec open",
        {"decoder": "dom-videodecoder-decode:message#4.2", "encoder": "dom-videoencoder-encode:message#4.2"},
        "the error callback is called, and the codec is not closed",
        is_loose=True,
        replacements=[
            replacing(
                codec.Codec._close_after_failure,
                (
                    "close(self, exception)",
                    "(self._call_back(invoke_callback, self._event_loop, self._error_callback, exception)"
                    f" if {asks('self')} else close(self, exception))",
                ),
            )
        ],
    ),
    Deviation(
        OTHER_NAMES,
        {"decoder": "reset-videodecoder#6.1", "encoder": "reset-videoencoder#8.1"},
        "exceptions have names that the specification does not give them",
        is_loose=True,
    ),
    Deviation(
        OTHER_SIZES,
        {"decoder": "dom-videodecoder-decode:message#3", "encoder": "dom-videoencoder-encode:message#3"},
        "the size of the queue is not that of the requests that were not processed yet",
        is_loose=True,
    ),
]
