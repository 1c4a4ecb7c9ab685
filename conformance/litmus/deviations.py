"""Named deviations: freedoms that implementations take beyond the specification.

The model with a deviation may behave as the deviation says, or as the specification says. So a run that the model
forbids is explained by a few deviations, and a run that all of them together do not explain is a new finding.
Otherwise one early deviation would hide all later ones. Where the specification is silent, and the model has chosen,
the deviation is no violation.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import FunctionType
from typing import Final, NamedTuple, cast

from codecmodel.codecs import codec, control_messages
from codecmodel.codecs.audio_encoder import AudioEncoder
from codecmodel.codecs.decoder import Decoder
from codecmodel.codecs.encoder import Encoder
from codecmodel.codecs.video_encoder import VideoEncoder
from codecmodel.image_decoding import closing, stream_data, tracks
from conformance.explorer.mutation import replaced
from conformance.litmus.checker import Verdict, check
from conformance.litmus.free_codec import CRASHES, LATE_NEWS, RECONFIGURING_LOSES, Freedoms
from conformance.litmus.free_encoder import COUNTS, GOES_ON, REORDERS
from conformance.litmus.log import Log
from conformance.litmus.subjects import Family, Interface, family_of


class Replacement(NamedTuple):
    """Other text in the source of a function: pairs of old and new."""

    of: FunctionType
    texts: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Deviation:
    """A freedom of an implementation.

    ``steps`` are those of the specification from which it departs, as ANCHOR#STEP or ANCHOR:PART#STEP, for each family
    of interfaces that may show it; or empty, if it has nothing to do with any step. A deviation without replacements is
    one of the codec's, which knows it by its name.
    """

    name: str
    steps: Mapping[Family, str]
    meaning: str
    is_silent: bool = False
    replacements: Sequence[Replacement] = ()

    def step_of(self, interface: Interface) -> str:
        """The step from which an object of an interface departs."""
        step = self.steps[family_of(interface)]
        return step.replace("video", "audio") if interface.startswith("Audio") else step


def _asks(subject: str) -> str:
    """The expression that asks whether to deviate now."""
    return f'{subject}._platform.decides.decide(("no", "yes")) == "yes"'


def _in(function: object, *texts: tuple[str, str]) -> Replacement:
    return Replacement(cast("FunctionType", function), texts)


_RESETS: Final = (Decoder._reset, Encoder._reset)
_ENCODES: Final = ((VideoEncoder.encode, "frame"), (AudioEncoder.encode, "data"))

DEVIATIONS: Final[Sequence[Deviation]] = [
    Deviation(
        "dequeue without a request",
        {"decoder": "reset-videodecoder#5", "encoder": "reset-videoencoder#7"},
        "reset(), close() and a failed configuration fire dequeue even if the queue was empty",
        replacements=[
            _in(reset, ("if self._queue_size > 0:", f"if self._queue_size > 0 or {_asks('self')}:"))
            for reset in _RESETS
        ],
    ),
    Deviation(
        "dequeue can be scheduled again before it is fired",
        {"decoder": "videodecoder-schedule-dequeue-event#3.1", "encoder": "videoencoder-schedule-dequeue-event#3.1"},
        "[[dequeue event scheduled]] is cleared before the event is fired, and not after it",
        replacements=[
            _in(
                codec.schedule_dequeue_event,
                (
                    "        # 3.1. Fire",
                    f"        if {_asks('codec')}:\n            codec._dequeue_event_scheduled = False\n"
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
        "the message to flush is processed only when the flush is done, so that later messages wait",
        replacements=[
            _in(
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
                    "    # 1. Enqueue the work.",
                    f"    blocks = {_asks('codec')}\n\n    def unblock() -> None:\n        if blocks:\n"
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
            _in(
                reset,
                (
                    "reject(promise, exception)",
                    f"(self._queue_a_task('late', partial(reject, promise, exception)) if {_asks('self')}"
                    " else reject(promise, exception))",
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
            _in(
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
            _in(
                codec.Codec._close_after_failure,
                ("not epoch.ceased)", f"not epoch.ceased or {_asks('self')})"),
            )
        ],
    ),
    Deviation(
        "unsupported configurations are forgotten by a reset",
        {"decoder": "dom-videodecoder-configure#2.2", "encoder": "dom-videoencoder-configure#2.2"},
        "a reset before the news that a configuration is not supported keeps the codec open",
        replacements=[
            _in(
                codec.Codec._close_after_failure,
                (
                    'exception.name == "NotSupportedError" or',
                    f'exception.name == "NotSupportedError" and not ({_asks("self")}) or',
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
        "every configuration is described",
        {"encoder": "output-encodedvideochunks#1.6"},
        "the first chunk of a configuration has a decoderConfig even if that is as before",
        replacements=[
            _in(
                Encoder._activate,
                (
                    "self._active_encoder_config = config",
                    f"self._active_encoder_config = config\n    if {_asks('self')}:\n"
                    "        self._active_output_config = None",
                ),
            )
        ],
    ),
    Deviation(
        "the state counts before the input",
        {"encoder": "dom-videoencoder-encode#1"},
        "encode() of a closed frame throws InvalidStateError if the encoder is not configured, and not TypeError",
        replacements=[
            _in(
                encode,
                (
                    f"if {name}._detached:",
                    f"if {name}._detached and not (self._state != 'configured' and {_asks('self')}):",
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
            _in(
                control_messages.configure_control_message,
                (
                    "codec._message_queue_blocked = True",
                    f"codec._message_queue_blocked = codec._codec_implementation is None or not {_asks('codec')}",
                ),
            )
        ],
    ),
    Deviation(
        COUNTS,
        {"encoder": "output-encodedvideochunks#1.1.3"},
        "the timestamps of chunks of sound go on from those before, even if there is a gap between the data",
    ),
    Deviation(
        GOES_ON,
        {"encoder": "dom-videoencoder-configure#2.4"},
        "the first chunk of a new configuration may be a delta chunk",
        is_silent=True,
    ),
    Deviation(
        "requests are rejected last",
        {"image": "imagedecoder-close-imagedecoder#1"},
        "closing an ImageDecoder rejects ready before the requests to decode",
        replacements=[
            _in(
                closing.close_image_decoder,
                (
                    "    reset_image_decoder(decoder, exception)\n",
                    f"    is_late = {_asks('decoder')}\n    if not is_late:\n"
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
            _in(
                closing.reset_image_decoder,
                (
                    "reject(decode_promise, exception)",
                    'reject(decode_promise, DOMException("", "EncodingError")'
                    f' if exception.name == "InvalidStateError" and {_asks("decoder")} else exception)',
                ),
            )
        ],
    ),
    Deviation(
        "a stream that fails has ended",
        {"image": "imagedecoder-fetch-stream-data-loop:error-steps#1"},
        "an error of the stream resolves completed, and does not close the ImageDecoder with NotReadableError",
        replacements=[
            _in(
                stream_data.read_request_error_steps,
                (
                    "    # 1. Queue a task",
                    f"    if {_asks('decoder')}:\n        read_request_close_steps(decoder)\n        return\n"
                    "    # 1. Queue a task",
                ),
            )
        ],
    ),
    Deviation(
        "frames are counted late",
        {"image": "imagedecoder-update-tracks#6"},
        "the number of frames is updated behind the results of requests that came after it",
        replacements=[
            _in(
                tracks.update_tracks,
                (
                    'decoder._queue_a_task("update tracks task", task)',
                    'decoder._queue_a_task("late", lambda: decoder._queue_a_task("update tracks task", task))'
                    f' if {_asks("decoder")} else decoder._queue_a_task("update tracks task", task)',
                ),
            )
        ],
    ),
    Deviation(
        REORDERS,
        {"encoder": "output-encodedvideochunks#1"},
        "an encoder may reorder frames",
        is_silent=True,
    ),
    Deviation(
        CRASHES,
        {"decoder": "", "encoder": "", "image": ""},
        "the process of the implementation ends",
    ),
]


def deviations_of(interface: Interface) -> Sequence[Deviation]:
    """The deviations that objects of an interface may show."""
    return [deviation for deviation in DEVIATIONS if family_of(interface) in deviation.steps]


#: The deviations that are known of an implementation, by the name of its target.
ON_FILE: Final[Mapping[str, frozenset[str]]] = {
    "chromium": frozenset(
        {
            "dequeue without a request",
            "dequeue can be scheduled again before it is fired",
            LATE_NEWS,
            "flush blocks the queue",
            "reset rejects late",
            "every configuration is described",
            "the state counts before the input",
            "configuring anew blocks nothing",
            COUNTS,
            "requests are rejected last",
            "requests fail with EncodingError",
            "a stream that fails has ended",
            "frames are counted late",
        }
    ),
}


@dataclass(frozen=True)
class Judgement:
    """The verdict on a log by the model alone, and the deviations that explain it if it is forbidden.

    ``deviations`` is empty if the log is allowed, and None if all deviations together do not explain it. Then
    ``verdict`` is that of the model with all of them.
    """

    verdict: Verdict
    deviations: Sequence[Deviation] | None


def judge(interface: Interface, log: Log, freedoms: Freedoms | None = None) -> Judgement:
    """Judge a log."""
    freedoms = freedoms or Freedoms()
    return explain(interface, check(interface, log, freedoms), freedoms)


def explain(interface: Interface, verdict: Verdict, freedoms: Freedoms | None = None) -> Judgement:
    """Explain a verdict by the model alone. The deviations are a set of which none can be spared."""
    log, freedoms = verdict.log, freedoms or Freedoms()
    if verdict.allowed is not False:
        return Judgement(verdict, ())
    # To find a run that agrees takes little time; to show that there is none takes much.
    known = deviations_of(interface)
    with_all = _check_with(known, interface, log, freedoms)
    if with_all.allowed is None:
        return Judgement(with_all, ())
    if not with_all.allowed:
        return Judgement(with_all, None)
    needed = list(known)
    # The rare ones, which come last, are tried to be spared first.
    for deviation in reversed(known):
        fewer = [each for each in needed if each is not deviation]
        if _check_with(fewer, interface, log, freedoms).allowed:
            needed = fewer
    return Judgement(verdict, needed)


def _check_with(deviations: Sequence[Deviation], interface: Interface, log: Log, freedoms: Freedoms) -> Verdict:
    with applied(deviations):
        return check(interface, log, freedoms.with_deviations({deviation.name for deviation in deviations}))


@contextmanager
def applied(deviations: Sequence[Deviation]) -> Iterator[None]:
    """Within the block the model may deviate. Several deviations of one function are applied together."""
    by_function: dict[FunctionType, list[tuple[str, str]]] = {}
    for deviation in deviations:
        for function, texts in deviation.replacements:
            by_function.setdefault(function, []).extend(texts)
    with ExitStack() as stack:
        for function, replacements in by_function.items():
            stack.enter_context(replaced(function, replacements))
        yield
