"""As test_failing_platforms, on a loop without threads: in any order, nothing stays in a queue or unreleased."""

import gc
from contextlib import suppress

import pytest

from codecmodel import DOMException
from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.current import use_platform
from codecmodel.web.event_loop import Promise, use_event_loop
from conformance.scripted.deterministic_loop import DeterministicEventLoop
from conformance.scripted.observed_codec import ObservedCodec
from conformance.scripted.observed_decoder import ObservedAudioDecoder, ObservedVideoDecoder
from conformance.scripted.observed_encoder import ObservedAudioEncoder, ObservedVideoEncoder
from conformance.scripted.scheduler import Policy, Scheduler, tasks_first, work_first
from conformance.scripted.scripted_codec import Chunks, Outputs, ScriptedPlatform
from tests.codecmodel.faults.faulty_platform import Fault, faulty_platform

EXCEPTIONS: list[type[BaseException]] = [CodecError, MemoryError, ZeroDivisionError, StopIteration, GeneratorExit]
OBSERVED: list[type[ObservedCodec]] = [
    *(ObservedAudioDecoder, ObservedVideoDecoder, ObservedAudioEncoder, ObservedVideoEncoder),
]


class Run:
    """One run of a program: two configurations, outputs at once and late, a flush, a reset, and all of it again."""

    def __init__(self, observed: type[ObservedCodec], policy: Policy, fault: Fault) -> None:
        self.loop = DeterministicEventLoop()
        self.scripted = ScriptedPlatform(lambda: self.loop.on_parallel_queue, capacity=2)
        self.log: list[str] = []
        self.flushes: list[Promise[None]] = []
        scheduler = Scheduler(self.loop)
        with use_event_loop(self.loop), use_platform(faulty_platform(fault, self.scripted)):
            self.codec = observed(self.loop, self.scripted, self.log, "")
            for calls in (self._calls, self._calls_after_a_reset, self._close):
                with self.loop.script(), suppress(DOMException):
                    calls()
                scheduler.run_until_idle(policy)

    def _process(self, *timestamps: int) -> None:
        for timestamp in timestamps:
            # The second of them is late.
            delay = 9 if timestamp == timestamps[1] else 0
            if isinstance(self.codec, ObservedAudioDecoder | ObservedVideoDecoder):
                self.codec.decode(timestamp, Outputs(2, delay))
            elif isinstance(self.codec, ObservedAudioEncoder | ObservedVideoEncoder):
                self.codec.encode(timestamp, Chunks(2, delay))

    def _calls(self) -> None:
        self.codec.configure(1)
        self._process(10, 20, 30, 40)
        self.codec.configure(2)
        self._process(50, 60)
        self.flushes.append(self.codec.flush())

    def _calls_after_a_reset(self) -> None:
        self._process(70, 80, 90)
        self.codec.reset()
        self.codec.configure(3)
        self._process(100, 110)
        self.flushes.append(self.codec.flush())

    def _close(self) -> None:
        if self.codec.codec.state != "closed":
            self.codec.close()


@pytest.mark.parametrize("exception", EXCEPTIONS, ids=lambda exception: exception.__name__)
@pytest.mark.parametrize("policy", [tasks_first, work_first], ids=lambda policy: policy.__name__)
@pytest.mark.parametrize("observed", OBSERVED, ids=lambda observed: observed.__name__)
def test_nothing_is_left_in_queues_or_unreleased(
    observed: type[ObservedCodec], policy: Policy, exception: type[BaseException]
) -> None:
    healthy = Fault()
    run = Run(observed, policy, healthy)
    assert run.loop.reported == []
    assert len(healthy.calls) > 25
    print(len(healthy.calls), "injection points")
    for number, where in enumerate(healthy.calls):
        fault = Fault(number, exception)
        run = Run(observed, policy, fault)
        assert fault.hit is not None, "without threads, every run is the same up to the fault"
        assert run.codec.codec.state == "closed", where
        assert all(promise.done() for promise in run.flushes), where
        assert run.codec.unfinished_business() == [], where
        # Outputs are released in a callback, whose exceptions are reported.
        is_foreseen = exception is CodecError and not where.endswith("output.release")
        assert [type(each) for each in run.loop.reported] == ([] if is_foreseen else [exception]), where
        # Tracebacks keep the objects of the failed steps.
        run.loop.reported.clear()
        gc.collect()
        assert run.scripted.resources.live == 0, where
