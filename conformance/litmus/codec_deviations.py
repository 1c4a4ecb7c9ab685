"""The deviations of decoders and encoders. The rare ones come last."""

from collections.abc import Sequence
from typing import Final

from codecmodel.codecs import codec, control_messages
from codecmodel.codecs.audio_encoder import AudioEncoder
from codecmodel.codecs.decoder import Decoder
from codecmodel.codecs.encoder import Encoder
from codecmodel.codecs.video_encoder import VideoEncoder
from conformance.litmus.deviation import Deviation, asks, replacing
from conformance.litmus.free_codec import COUNTS_ON, LATE_NEWS, RECONFIGURING_LOSES
from conformance.litmus.free_encoder import COUNTS, GOES_ON, KEEPS_CHANNELS, REORDERS

_RESETS: Final = (Decoder._reset, Encoder._reset)
_ENCODES: Final = ((VideoEncoder.encode, "frame"), (AudioEncoder.encode, "data"))

CODEC_DEVIATIONS: Final[Sequence[Deviation]] = [
    Deviation(
        "dequeue without a request",
        {"decoder": "reset-videodecoder#5", "encoder": "reset-videoencoder#7"},
        "reset(), close() and a failed configuration fire dequeue even if the queue was empty",
        replacements=[
            replacing(reset, ("if self._queue_size > 0:", f"if self._queue_size > 0 or {asks('self')}:"))
            for reset in _RESETS
        ],
    ),
    Deviation(
        "dequeue can be scheduled again before it is fired",
        {"decoder": "videodecoder-schedule-dequeue-event#3.1", "encoder": "videoencoder-schedule-dequeue-event#3.1"},
        "[[dequeue event scheduled]] is cleared before the event is fired, and not after it",
        replacements=[
            replacing(
                codec.schedule_dequeue_event,
                (
                    "        # 3.1. Fire",
                    f"        if {asks('codec')}:\n            codec._dequeue_event_scheduled = False\n"
                    '            codec._call_back(codec._fire, "dequeue")\n            return\n        # 3.1. Fire',
                ),
            )
        ],
    ),
    Deviation(
        LATE_NEWS,
        {"decoder": "dom-videodecoder-decode#4.3", "encoder": "dom-videoencoder-encode#4.3"},
        "outputs of a request come before the requests that have been waiting are processed",
    ),
    Deviation(
        "flush blocks the queue",
        {"decoder": "dom-videodecoder-flush#2", "encoder": "dom-videoencoder-flush#2"},
        "the message to flush is processed when its outputs are there, or when it is done; later ones wait for that",
        replacements=[
            replacing(
                control_messages.flush_control_message,
                (
                    "        if epoch.ceased or epoch.has_failed:\n            return\n",
                    "        if epoch.ceased or epoch.has_failed:\n"
                    '            codec._queue_a_task("unblock", unblock)\n            return\n',
                ),
                (
                    "        if epoch.ceased:\n            return\n",
                    "        if epoch.ceased:\n            unblock()\n            return\n",
                ),
                (
                    "        # 1.3. Queue a task to output them",
                    f"        if blocks and {asks('codec')}:\n"
                    '            codec._queue_a_task("unblock", unblock)\n'
                    "        # 1.3. Queue a task to output them",
                ),
                (
                    "    # 1. Enqueue the work.",
                    f"    blocks = [True] if {asks('codec')} else []\n\n    def unblock() -> None:\n"
                    "        if blocks:\n"
                    "            blocks.clear()\n"
                    "            codec._message_queue_blocked = False\n"
                    "            process_the_control_message_queue(codec)\n\n"
                    "    if blocks:\n        codec._message_queue_blocked = True\n    # 1. Enqueue the work.",
                ),
                (
                    "        codec._pending_flush_promises.remove(promise)\n",
                    "        codec._pending_flush_promises.remove(promise)\n        unblock()\n",
                ),
            )
        ],
    ),
    Deviation(
        "reset rejects late",
        {"decoder": "reset-videodecoder#6.1", "encoder": "reset-videoencoder#8.1"},
        "the promises of pending flushes are rejected in a later task",
        replacements=[
            replacing(
                reset,
                # Another deviation may replace the call that is kept here, so that promises are resolved late.
                (
                    "reject(promise, exception)",
                    f"(lambda settle: self._queue_a_task('late', settle) if {asks('self')} else settle())"
                    "((lambda promise: lambda: reject(promise, exception))(promise))",
                ),
            )
            for reset in _RESETS
        ],
    ),
    Deviation(
        "dequeue has a task source of its own",
        {"decoder": "videodecoder-schedule-dequeue-event#3", "encoder": "videoencoder-schedule-dequeue-event#3"},
        "the dequeue event may come before or after other tasks of the codec",
        is_silent=True,
        replacements=[
            replacing(
                codec.schedule_dequeue_event,
                (
                    'codec._queue_a_task("dequeue event task", dequeue_event_task)',
                    "codec._event_loop.queue_task(codec._platform.dequeue_source, dequeue_event_task)",
                ),
            )
        ],
    ),
    Deviation(
        "errors outlive a reset",
        {"decoder": "dom-videodecoder-decode#4.2", "encoder": "dom-videoencoder-encode#4.2"},
        "an error of the old configuration closes the codec after a reset",
        is_silent=True,
        replacements=[
            replacing(
                codec.Codec._close_after_failure,
                ("not epoch.ceased)", f"not epoch.ceased or {asks('self')})"),
            )
        ],
    ),
    Deviation(
        "a reset unblocks the queue",
        {"decoder": "reset-videodecoder#4", "encoder": "reset-videoencoder#6"},
        "messages behind a reset do not wait until the configuration before it is done",
        replacements=[
            replacing(
                reset,
                (
                    "    self._control_message_queue.clear()\n",
                    "    self._control_message_queue.clear()\n"
                    f"    if self._message_queue_blocked and {asks('self')}:\n"
                    "        self._message_queue_blocked = False\n",
                ),
            )
            for reset in _RESETS
        ],
    ),
    Deviation(
        "outputs outlive a reset",
        {"decoder": "reset-videodecoder#3", "encoder": "reset-videoencoder#5"},
        "outputs that the codec has made are output after a reset, those of an encoder if it is configured again",
        replacements=[replacing(Decoder._output, ("if epoch.ceased:", f"if epoch.ceased and not ({asks('self')}):"))]
        + [
            replacing(
                encoder._output,
                ("if epoch.ceased:", f"if epoch.ceased and not (self._state == 'configured' and {asks('self')}):"),
                (
                    "encoder_config = self._active_encoder_config\n",
                    "encoder_config = self._active_encoder_config or self._config_before\n",
                ),
            )
            for encoder in (AudioEncoder, VideoEncoder)
        ]
        + [
            replacing(
                Encoder._reset,
                (
                    "    self._active_encoder_config = None\n",
                    '    self._config_before = self._active_encoder_config or getattr(self, "_config_before", None)\n'
                    "    self._active_encoder_config = None\n",
                ),
            )
        ],
    ),
    Deviation(
        "configurations wait for requests",
        {"decoder": "dom-videodecoder-decode:message#5", "encoder": "dom-videoencoder-encode:message#5"},
        "a message to configure is processed only when the requests before it are done; a reset drops it before that",
        replacements=[
            replacing(
                control_messages.configure_control_message,
                (
                    "    epoch = codec._epoch\n",
                    "    implementation = codec._codec_implementation\n"
                    "    if implementation is not None:\n"
                    "        requests = implementation.requests\n"
                    f"        if requests.accepted > requests.finished and {asks('codec')}:\n"
                    "            codec._configuration_waits = True\n"
                    '            return "not processed"\n'
                    "    epoch = codec._epoch\n",
                ),
            ),
            replacing(
                control_messages.request_control_message,
                (
                    "            requests.finished += 1\n",
                    "            requests.finished += 1\n"
                    '            if getattr(codec, "_configuration_waits", False):\n'
                    "                codec._configuration_waits = False\n"
                    '                codec._queue_a_task("go on", lambda: process_the_control_message_queue(codec))\n',
                ),
            ),
        ],
    ),
    Deviation(
        "unsupported configurations are forgotten by a reset",
        {"decoder": "dom-videodecoder-configure#2.2", "encoder": "dom-videoencoder-configure#2.2"},
        "a reset before the news that a configuration is not supported keeps the codec open",
        replacements=[
            replacing(
                codec.Codec._close_after_failure,
                (
                    'exception.name == "NotSupportedError" or',
                    f'exception.name == "NotSupportedError" and not ({asks("self")}) or',
                ),
            )
        ],
    ),
    Deviation(
        "an unsupported configuration is an OperationError",
        {"encoder": "dom-videoencoder-configure:message#2.2"},
        "an encoder that is closed because its configuration is not supported has an OperationError",
        replacements=[
            replacing(
                codec.Codec._close_after_failure,
                # Other deviations replace what is before this, and what follows.
                (
                    "):\n",
                    f'):\n        if exception.name == "NotSupportedError" and {asks("self")}:\n'
                    '            exception = DOMException("", "OperationError")\n',
                ),
            )
        ],
    ),
    Deviation(
        RECONFIGURING_LOSES,
        {"decoder": "dom-videodecoder-configure#2.4", "encoder": "dom-videoencoder-configure#2.4"},
        "outputs that are pending under the old configuration are dropped by configure()",
        is_silent=True,
    ),
    Deviation(
        "the type of a chunk is believed",
        {"decoder": "dom-videodecoder-decode#2.2"},
        "decode() takes a delta frame in a chunk that says that it is a key chunk",
        replacements=[
            replacing(
                Decoder.decode,
                (
                    "if self._is_key_chunk(chunk._internal_data) is False:",
                    f"if self._is_key_chunk(chunk._internal_data) is False and not ({asks('self')}):",
                ),
            )
        ],
    ),
    Deviation(
        "every configuration is described",
        {"encoder": "output-encodedvideochunks#1.6"},
        "the first chunk of a configuration has a decoderConfig even if that is as before",
        replacements=[
            replacing(
                Encoder._activate,
                (
                    "self._active_encoder_config = config",
                    f"self._active_encoder_config = config\n    if {asks('self')}:\n"
                    "        self._active_output_config = None",
                ),
            )
        ],
    ),
    Deviation(
        "a configuration is described before it is active",
        {"encoder": "output-encodedvideochunks#1.6"},
        "chunks have a decoderConfig while another configuration waits, even if they belong to the one before",
        replacements=[
            replacing(
                encoder._output,
                (
                    "if not are_equal_dictionaries(output_config, self._active_output_config):",
                    "if not are_equal_dictionaries(output_config, self._active_output_config)"
                    " or (self._control_message_queue or self._message_queue_blocked"
                    ' or getattr(self, "_latest_config", None) is not self._active_encoder_config)'
                    f" and {asks('self')}:",
                ),
            )
            for encoder in (AudioEncoder, VideoEncoder)
        ]
        + [
            replacing(
                control_messages.configure_control_message,
                (
                    "    # 1. Block the queue: later messages",
                    "    codec._latest_config = config\n    # 1. Block the queue: later messages",
                ),
            )
        ],
    ),
    Deviation(
        "the state counts before the input",
        {"encoder": "dom-videoencoder-encode#1"},
        "encode() of a closed frame throws InvalidStateError if the encoder is not configured, and not TypeError",
        replacements=[
            replacing(
                encode,
                (
                    f"if {name}._detached:",
                    f"if {name}._detached and not (self._state != 'configured' and {asks('self')}):",
                ),
            )
            for encode, name in _ENCODES
        ],
    ),
    Deviation(
        "configuring anew blocks nothing",
        {"encoder": "dom-videoencoder-configure#1"},
        "messages behind a further configure() are processed at once",
        replacements=[
            replacing(
                control_messages.configure_control_message,
                (
                    "codec._message_queue_blocked = True",
                    f"codec._message_queue_blocked = codec._codec_implementation is None or not {asks('codec')}",
                ),
            )
        ],
    ),
    Deviation(
        KEEPS_CHANNELS,
        {"encoder": "dom-videoencoder-configure:message#2.4"},
        "a further configure() does not change the number of channels, so that data with the new one fails",
    ),
    Deviation(
        COUNTS,
        {"encoder": "output-encodedvideochunks#1.1.3"},
        "the timestamps of chunks of sound go on from those before, even if there is a gap between the data",
    ),
    Deviation(
        COUNTS_ON,
        {"decoder": "output-audiodata#1.1.6"},
        "outputs of sound have timestamps that are counted from the first one on, whatever those of the chunks are",
    ),
    Deviation(
        GOES_ON,
        {"encoder": "dom-videoencoder-configure#2.4"},
        "the first chunk of a new configuration may be a delta chunk",
        is_silent=True,
    ),
    Deviation(
        REORDERS,
        {"encoder": "output-encodedvideochunks#1"},
        "an encoder may reorder frames",
        is_silent=True,
    ),
]
