"""One run of a program on a decoder or an encoder of audio or video."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Final

from codecmodel import AudioData, DOMException, VideoFrame
from codecmodel.platform.current import use_platform
from codecmodel.reclamation import ACTIVE_SECONDS, is_active, reclaim_a_codec
from codecmodel.web.event_loop import Promise, use_event_loop
from codecmodel.web.events import Event
from conformance.explorer.codec_watch import CodecWatch
from conformance.explorer.heap import Surroundings
from conformance.explorer.invariants import RequestWatch, short
from conformance.explorer.metadata_watch import MetadataWatch
from conformance.explorer.program_run import ProgramRun
from conformance.explorer.programs import (
    CALLS,
    CONFIGURE_ANSWERS,
    DECODE_ANSWERS,
    DRAIN_ANSWERS,
    ENCODE_ANSWERS,
    ENCODER_CALLS,
    FLUSH_ANSWERS,
    RECLAIM,
    Pattern,
)
from conformance.scripted.observed_codec import Kind, ObservedCodec, name_of
from conformance.scripted.observed_decoder import ObservedAudioDecoder, ObservedDecoder, ObservedVideoDecoder
from conformance.scripted.observed_encoder import (
    Chunk,
    Metadata,
    ObservedAudioEncoder,
    ObservedEncoder,
    ObservedVideoEncoder,
)
from conformance.scripted.scripted_codec import (
    ConfigureAnswer,
    DecodeAnswer,
    EncodeAnswer,
    Fails,
    ScriptedPlatform,
    Supported,
)

#: The number of requests that saturate the codec: the fewest that are possible.
CAPACITY: Final = 2


class CodecRun(ProgramRun):
    """A decoder or an encoder, and a program."""

    watch: RequestWatch

    def __init__(self, names: Sequence[str], calls: int, calls_in_callbacks: int, pattern: Pattern) -> None:
        super().__init__(names, calls, calls_in_callbacks, pattern)
        self.platform = ScriptedPlatform(lambda: self.event_loop.on_parallel_queue, CAPACITY)
        self.platform.configure_answers = _ConfigureAnswers(self)
        self.platform.decode_answers = _DecodeAnswers(self)
        self.platform.encode_answers = _EncodeAnswers(self)
        with use_event_loop(self.event_loop), use_platform(self.platform):
            self._observed = self._new_codec()
        self.watch = RequestWatch(self._observed.codec, self.violations.append)
        self.codec = CodecWatch(self.platform, self.violations.append)

    @abstractmethod
    def _new_codec(self) -> "_RunDecoder | _RunEncoder": ...

    def _roots(self) -> Sequence[object]:
        codec = self._observed.codec
        # Of times it only matters whether a task to reclaim the codec, if there is one, will find it active.
        is_safe = self.watch.is_to_be_reclaimed and is_active(codec)
        return (codec, self.watch, self.codec, self.platform.resources, is_safe)

    def _can_call(self, call: str) -> bool:
        return call != RECLAIM or self._observed.codec.state != "closed"

    def _call_codec(self, call: str, number: int) -> None:
        if call == RECLAIM:
            self._reclaim()
        else:
            self._observed.call(call, number)

    def _reclaim(self) -> None:
        self.event_loop.time += ACTIVE_SECONDS + 1
        reclaim_a_codec(self._observed.codec, self._reclaimed)
        self._observed.record(RECLAIM)
        self.watch.reclaims()

    def _reclaimed(self) -> None:
        self.watch.reclaimed()

    def _make(self, step: str) -> None:
        super()._make(step)
        if step == "work":
            self.watch.made_progress()

    def _check(self) -> None:
        self.codec.after_work(is_queue_empty=not self._has_work)
        self.codec.after_step()
        if self._is_script_open:
            self.watch.observe()
        elif self.is_at_rest:
            self.watch.at_rest()
            self.codec.at_rest(is_closed=self._observed.codec.state == "closed")
        else:
            self.watch.after_checkpoint()


class DecoderRun(CodecRun):
    """A decoder of either kind."""

    def __init__(self, kind: Kind, calls: int, calls_in_callbacks: int, pattern: Pattern) -> None:
        self._kind = kind
        super().__init__(CALLS, calls, calls_in_callbacks, pattern)

    def _new_codec(self) -> "_RunDecoder":
        return _RunAudioDecoder(self) if self._kind == "audio" else _RunVideoDecoder(self)


class EncoderRun(CodecRun):
    """An encoder of either kind. An encoder of video is asked for key frames, too."""

    def __init__(self, kind: Kind, calls: int, calls_in_callbacks: int, pattern: Pattern) -> None:
        self._kind = kind
        super().__init__(ENCODER_CALLS[kind], calls, calls_in_callbacks, pattern)
        self.platform.resources.is_rewound = True
        self.metadata = MetadataWatch(self.platform, self.violations.append)

    def _new_codec(self) -> "_RunEncoder":
        return _RunAudioEncoder(self) if self._kind == "audio" else _RunVideoEncoder(self)

    def _roots(self) -> Sequence[object]:
        return (*super()._roots(), self.metadata)

    def _check(self) -> None:
        self.metadata.after_work()
        super()._check()


class _RunCodec(ObservedCodec, Surroundings):
    """Tells the watches of a run about calls and events, and lets the run make calls in callbacks."""

    _run: CodecRun

    def call(self, call: str, number: int) -> None:
        """Make a call of a program."""
        watch, codec = self._run.watch, self._run.codec
        state = self.codec.state
        if call in ("configure", "again"):
            if state != "closed":
                codec.expect("configure", number)
            thrown = self._thrown(lambda: self._configure(number))
            self._record_call(f"configure {short(number)}", thrown)
            watch.configured(thrown, number)
        elif call == "flush":
            if state == "configured":
                codec.expect("flush")
            promise = self.codec.flush()
            self.record(f"flush {short(number)}")
            promise.add_done_callback(lambda settled: self._settled(number, settled))
            watch.flushed(number, promise)
        elif call in ("reset", "close"):
            thrown = self._thrown(self.codec.reset if call == "reset" else self.codec.close)
            if state != "closed":
                codec.start_again(close=call == "close")
            self._record_call(call, thrown)
            (watch.was_reset if call == "reset" else watch.was_closed)(thrown)
        else:
            request = watch.request
            if state == "configured":
                codec.expect(request, number)
            thrown = self._thrown(lambda: self._request(call, number))
            self._record_call(f"{request} {short(number)}", thrown)
            watch.requested(thrown, number)

    @abstractmethod
    def _request(self, call: str, number: int) -> None:
        """decode() or encode()."""

    def _thrown(self, call: Callable[[], None]) -> str | None:
        try:
            call()
        except (DOMException, TypeError) as exception:
            return name_of(exception)
        return None

    def _record_call(self, call: str, thrown: str | None) -> None:
        self.record(call if thrown is None else f"{call} throws {thrown}")

    def _delivered(self, number: int) -> None:
        self.record(f"output {short(number)}")
        self._run.watch.output(number)
        self._run.ask("output")

    def _error(self, error: DOMException) -> None:
        self.record(f"error {error.name}")
        self._run.codec.start_again(close=True)
        self._run.watch.error(error.name)
        self._run.ask("error")

    def _dequeued(self, event: Event) -> None:
        self.record("dequeue")
        self._run.watch.event_begins()
        self._run.ask("dequeue")
        self._run.watch.event_ends()

    def _settled(self, number: int, promise: Promise[None]) -> None:
        reason = promise.exception()
        name = None if reason is None else name_of(reason)
        self.record(f"flush {short(number)} " + ("resolved" if name is None else f"rejected {name}"))
        self._run.watch.settled(number, name)


class _RunDecoder(_RunCodec, ObservedDecoder):
    def __init__(self, run: DecoderRun) -> None:
        self._run = run
        super().__init__(run.event_loop, run.platform, run.log, "")

    def _request(self, call: str, number: int) -> None:
        self._decode(number, "key")

    def _output(self, output: AudioData | VideoFrame) -> None:
        number = output.timestamp
        output.close()
        self._delivered(number)


class _RunAudioDecoder(_RunDecoder, ObservedAudioDecoder):
    pass


class _RunVideoDecoder(_RunDecoder, ObservedVideoDecoder):
    pass


class _RunEncoder(_RunCodec, ObservedEncoder):
    _run: EncoderRun

    def __init__(self, run: EncoderRun) -> None:
        self._run = run
        super().__init__(run.event_loop, run.platform, run.log, "")

    def call(self, call: str, number: int) -> None:
        metadata = self._run.metadata
        # The same configuration as before is one whose chunks are decoded in the same way.
        if call == "configure" or (call == "again" and not metadata.config):
            metadata.config = number
        super().call(call, number)
        if call in ("reset", "close"):
            metadata.start_again()

    def _request(self, call: str, number: int) -> None:
        self._run.metadata.requested(number, is_key=call == "key")
        self._encode_with(number, is_key=call == "key")

    @abstractmethod
    def _encode_with(self, number: int, *, is_key: bool) -> None:
        """encode(), with the option to make a key frame, if there is one."""

    def _output(self, chunk: Chunk, metadata: Metadata) -> None:
        self._run.metadata.output(chunk.timestamp, metadata)
        self._delivered(chunk.timestamp)

    def _error(self, error: DOMException) -> None:
        self._run.metadata.start_again()
        super()._error(error)


class _RunAudioEncoder(_RunEncoder, ObservedAudioEncoder):
    def _configure(self, number: int) -> None:
        config = self._run.metadata.config
        self.encoder.configure({"codec": "opus", "sampleRate": config, "numberOfChannels": 1, "bitrate": number})

    def _encode_with(self, number: int, *, is_key: bool) -> None:
        self._encode(number)


class _RunVideoEncoder(_RunEncoder, ObservedVideoEncoder):
    def _configure(self, number: int) -> None:
        config = self._run.metadata.config
        self.encoder.configure({"codec": "vp8", "width": config, "height": 2, "bitrate": number})

    def _encode_with(self, number: int, *, is_key: bool) -> None:
        self.options = {"keyFrame": is_key}
        self._encode(number)


class _ConfigureAnswers(dict[int, ConfigureAnswer]):
    """Answers that are decided when the codec is asked: first whether it is supported, and then to configure."""

    def __init__(self, run: CodecRun) -> None:
        super().__init__()
        self._run = run

    def get(self, number: int, default: object = None) -> ConfigureAnswer:
        answer = self.pop(number, None)
        if answer is not None:
            return answer
        name = self._run.decide(list(CONFIGURE_ANSWERS))
        answer = CONFIGURE_ANSWERS[name]
        self._run.watch.takes_configuration(number, None if name == "supported" else "NotSupportedError")
        if isinstance(answer, Supported):
            answer = _Supported(self._run)
        if name == "unsupported":
            self._run.codec.withdraw("configure", number)
        else:
            self[number] = answer
        return answer


class _Supported(Supported):
    """A configuration that works. Flushing and draining are decided when the codec is asked."""

    def __init__(self, run: CodecRun) -> None:
        super().__init__(_FlushAnswers(run))
        object.__setattr__(self, "_run", run)

    def answer_to_drain(self) -> Fails | None:
        run: CodecRun = self.__dict__["_run"]
        answer = DRAIN_ANSWERS[run.decide(list(DRAIN_ANSWERS))]
        run.watch.takes_drain(None if answer is None else "EncodingError")
        return answer


class _DecodeAnswers(dict[int, DecodeAnswer]):
    """Answers that are decided when the codec is asked."""

    def __init__(self, run: CodecRun) -> None:
        super().__init__()
        self._run = run

    def get(self, number: int, default: object = None) -> DecodeAnswer:
        answer = DECODE_ANSWERS[self._run.decide(list(DECODE_ANSWERS))]
        if isinstance(answer, Fails):
            self._run.watch.takes_chunk(number, error="EncodingError")
        else:
            self._run.watch.takes_chunk(number, outputs=answer.count, delay=answer.delay)
        return answer


class _EncodeAnswers(dict[int, EncodeAnswer]):
    """Answers that are decided when the codec is asked."""

    def __init__(self, run: CodecRun) -> None:
        super().__init__()
        self._run = run

    def get(self, number: int, default: object = None) -> EncodeAnswer:
        answer = ENCODE_ANSWERS[self._run.decide(list(ENCODE_ANSWERS))]
        if isinstance(answer, Fails):
            self._run.watch.takes_chunk(number, error="EncodingError")
        else:
            self._run.watch.takes_chunk(number, outputs=answer.count, delay=answer.delay)
        return answer


class _FlushAnswers(Sequence[Fails | None]):
    """Answers that are decided when the codec is asked, however often."""

    def __init__(self, run: CodecRun) -> None:
        self._run = run

    def __len__(self) -> int:
        return 1 << 20

    def __getitem__(self, index: object) -> Fails | None:  # type: ignore[override]  # there is no slice
        answer = FLUSH_ANSWERS[self._run.decide(list(FLUSH_ANSWERS))]
        self._run.watch.takes_flush(None if answer is None else "EncodingError")
        return answer
