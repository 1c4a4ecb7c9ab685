"""The timeline: the recorded events of a codec, their form, and that nothing is recorded without a timeline."""

import asyncio
import io
import json
from collections import Counter
from collections.abc import Callable
from typing import TypeAlias

import pytest

from codecmodel import AudioData, AudioDecoder, DOMException, EncodedAudioChunk, VideoEncoder, VideoFrame
from codecmodel.codecs.tracer import current_tracer
from codecmodel.platform.current import use_platform
from codecmodel.tracing import Timeline, use_timeline
from codecmodel.tracing.traced_codec import TimelineTracer
from codecmodel.types import VideoFrameBufferInit
from codecmodel.web.event_loop import use_event_loop
from conformance.scripted.deterministic_loop import DeterministicEventLoop
from conformance.scripted.observed_codec import Kind
from conformance.scripted.scheduler import tasks_first
from conformance.scripted.scripted_codec import Fails
from conformance.scripted.stage import Stage

Event: TypeAlias = dict[str, object]


def chunk(timestamp: int) -> EncodedAudioChunk:
    return EncodedAudioChunk({"type": "key", "timestamp": timestamp, "data": bytes(8)})


async def decode_pcm(chunks: int, during: Callable[[AudioDecoder], None] = lambda decoder: None) -> list[int]:
    """Decode this number of chunks; ``during`` is called before the flush. Returns the timestamps of the output."""
    timestamps: list[int] = []

    def output(data: AudioData) -> None:
        timestamps.append(data.timestamp)
        data.close()

    decoder = AudioDecoder({"output": output, "error": lambda error: None})
    decoder.configure({"codec": "pcm-s16", "sampleRate": 48_000, "numberOfChannels": 2})
    for number in range(chunks):
        decoder.decode(chunk(20_000 * number))
    during(decoder)
    if decoder.state == "configured":
        await decoder.flush()
    decoder.close()
    return timestamps


def traced(program: Callable[[], object]) -> list[Event]:
    timeline = Timeline()
    with use_timeline(timeline):
        program()
    return written(timeline)


def written(timeline: Timeline) -> list[Event]:
    file = io.StringIO()
    timeline.write(file)
    trace = json.loads(file.getvalue())
    assert trace["displayTimeUnit"] == "ms"
    events: list[Event] = trace["traceEvents"]
    return events


def of(events: list[Event], **wanted: object) -> list[Event]:
    return [event for event in events if all(event.get(key) == value for key, value in wanted.items())]


def names(events: list[Event]) -> list[object]:
    return [event["name"] for event in events]


def number(event: Event, key: str) -> float:
    value = event[key]
    assert isinstance(value, int | float)
    return value


@pytest.fixture
def decoded() -> list[Event]:
    """A trace of three chunks, on threads."""
    return traced(lambda: asyncio.run(decode_pcm(3)))


def test_every_event_has_what_the_format_requires(decoded: list[Event]) -> None:
    required = {
        "M": {"args"},
        "X": {"cat", "dur", "args"},
        "i": {"cat", "s"},
        "b": {"cat", "id"},
        "e": {"cat", "id"},
        "C": {"cat", "args"},
        "s": {"cat", "id"},
        "f": {"cat", "id", "bp"},
    }
    for event in decoded:
        assert {"ph", "name", "ts", "pid", "tid"} <= event.keys()
        assert required[str(event["ph"])] <= event.keys()
        assert number(event, "ts") >= 0
    assert {event["ph"] for event in decoded} == required.keys()
    assert {event["pid"] for event in decoded} == {decoded[0]["pid"]}
    assert [event["args"] for event in of(decoded, name="process_name")] == [{"name": "codecmodel"}]


def test_events_are_in_order_of_time(decoded: list[Event]) -> None:
    times = [number(event, "ts") for event in decoded]
    assert times == sorted(times)
    assert number(next(event for event in decoded if event["ph"] != "M"), "ts") == 0


def test_what_begins_ends_and_every_arrow_arrives(decoded: list[Event]) -> None:
    for begin, end in (("b", "e"), ("s", "f")):
        begun = {(event["cat"], event["name"], event["id"]): number(event, "ts") for event in of(decoded, ph=begin)}
        ended = {(event["cat"], event["name"], event["id"]): number(event, "ts") for event in of(decoded, ph=end)}
        assert begun.keys() == ended.keys()
        assert all(begun[key] <= ended[key] for key in begun)


def test_slices_of_a_thread_are_nested(decoded: list[Event]) -> None:
    for thread in {event["tid"] for event in decoded}:
        ends: list[float] = []
        for slice in of(decoded, ph="X", tid=thread):
            begin, end = number(slice, "ts"), number(slice, "ts") + number(slice, "dur")
            while ends and ends[-1] <= begin:
                ends.pop()
            assert not ends or end <= ends[-1]
            ends.append(end)


def test_what_a_decoder_does_is_there(decoded: list[Event]) -> None:
    assert names(of(decoded, cat="message", ph="i")) == [
        "configure queued",
        *["decode queued"] * 3,
        "flush queued",
        "queue emptied",
    ]
    assert names(of(decoded, cat="message", ph="X")) == ["configure message", *["decode message"] * 3, "flush message"]
    # Then comes that of close(). The program does not wait for it.
    assert names(of(decoded, cat="work"))[:5] == ["configure work", *["decode work"] * 3, "flush work"]
    assert Counter(names(of(decoded, cat="task"))) >= Counter(
        {"configured task": 1, "process the control message queue": 1, "output": 3, "flushed task": 1}
    )
    assert names(of(decoded, cat="callback")).count("output callback") == 3
    assert names(of(decoded, cat="state")) == ["configured", "unconfigured", "closed"]
    outcomes = [event["args"] for event in of(decoded, cat="promise", ph="e")]
    assert outcomes == [{"outcome": "resolved"}]
    blocked = of(decoded, name="AudioDecoder 1: message queue blocked")
    assert [event["ph"] for event in blocked] == ["b", "e"]


async def encode_vp8() -> None:
    encoder = VideoEncoder({"output": lambda chunk, metadata: None, "error": lambda error: None})
    encoder.configure({"codec": "vp8", "width": 16, "height": 16})
    init: VideoFrameBufferInit = {"format": "I420", "codedWidth": 16, "codedHeight": 16, "timestamp": 0}
    with VideoFrame(bytes(384), init) as frame:
        encoder.encode(frame)
    await encoder.flush()
    encoder.close()


def test_work_is_on_the_thread_that_does_it(decoded: list[Event]) -> None:
    """A codec of audio works on the event loop's thread, one of video on another."""
    encoded = traced(lambda: asyncio.run(encode_vp8()))
    for events, name in ((decoded, "MainThread"), (encoded, "codecmodel parallel queue")):
        thread_names = {event["tid"]: event["args"] for event in of(events, name="thread_name")}
        [main] = {event["tid"] for event in of(events, cat="task")}
        assert thread_names[main] == {"name": "MainThread"}
        workers = {event["tid"] for event in of(events, cat="work")}
        assert {str(thread_names[worker]) for worker in workers} == {str({"name": name})}


def test_chunks_and_outputs_are_told_apart(decoded: list[Event]) -> None:
    for name in ("decode message", "decode work", "output callback"):
        arguments = [event["args"] for event in of(decoded, name=name)]
        assert [argument["timestamp"] for argument in arguments if isinstance(argument, dict)] == [0, 20_000, 40_000]
    arguments = [event["args"] for event in of(decoded, name="output")]
    assert [argument["timestamps"] for argument in arguments if isinstance(argument, dict)] == [[0], [20_000], [40_000]]


@pytest.mark.parametrize("kind", ["audio", "video"])
def test_what_an_encoder_does_is_there(kind: Kind) -> None:
    timeline = Timeline()
    with use_timeline(timeline), Stage(kind) as stage:
        encoder = stage.new_encoder()
        with stage.script():
            encoder.configure()
            encoder.encode(10)
            encoder.encode(20)
            encoder.flush()
        stage.run(tasks_first)
    events = written(timeline)
    assert names(of(events, cat="message", ph="X")) == ["configure message", *["encode message"] * 2, "flush message"]
    assert names(of(events, cat="work"))[:4] == ["configure work", *["encode work"] * 2, "flush work"]
    assert names(of(events, cat="callback")).count("output callback") == 2
    for name in ("encode message", "encode work", "output callback"):
        arguments = [event["args"] for event in of(events, name=name, ph="X")]
        assert [of_one["timestamp"] for of_one in arguments if isinstance(of_one, dict)] == [10, 20]
    counted = of(events, ph="C", name=f"{kind.capitalize()}Encoder 1: encodeQueueSize")
    assert [event["args"] for event in counted] == [{"value": 1}, {"value": 2}, {"value": 1}, {"value": 0}]


def test_a_queue_that_waits_for_the_codec() -> None:
    """A scripted codec of capacity 2 and a loop that runs tasks first: the exact counts, in their order."""
    timeline = Timeline()
    with use_timeline(timeline), Stage("audio", capacity=2) as stage:
        decoder = stage.new_decoder()
        with stage.script():
            decoder.configure()
            for timestamp in (10, 20, 30):
                decoder.decode(timestamp)
            decoder.flush()
        stage.run(tasks_first)
        events = written(timeline)

    def counted(what: str) -> list[object]:
        return [event["args"] for event in of(events, ph="C", name=f"AudioDecoder 1: {what}")]

    assert counted("decodeQueueSize") == [{"value": value} for value in (1, 2, 3, 2, 1, 0)]
    assert counted("control message queue")[:4] == [{"value": value} for value in (1, 0, 1, 2)]
    assert counted("pending flush promises") == [{"value": 1}, {"value": 0}]
    assert [event["ph"] for event in of(events, name="AudioDecoder 1: codec saturated")] == ["b", "e"]
    outcomes = [event["args"] for event in of(events, name="decode message")]
    assert [outcome["outcome"] for outcome in outcomes if isinstance(outcome, dict)].count("not processed") == 1
    waits = of(events, cat="message queue", ph="e")
    assert {str(event["args"]) for event in waits} == {"{'outcome': 'processed'}"}
    assert len(of(events, name="dequeue event")) >= 1


def test_what_a_reset_drops() -> None:
    events = traced(lambda: asyncio.run(decode_pcm(2, during=lambda decoder: decoder.reset())))
    waits = of(events, cat="message queue", ph="e")
    assert [(event["name"], event["args"]) for event in waits] == [
        ("AudioDecoder 1: configure", {"outcome": "processed"}),
        ("AudioDecoder 1: decode", {"outcome": "dropped"}),
        ("AudioDecoder 1: decode", {"outcome": "dropped"}),
    ]


def test_an_error_and_the_rejection_it_causes() -> None:
    timeline = Timeline()
    with use_timeline(timeline), Stage("audio") as stage:
        decoder = stage.new_decoder()
        with stage.script():
            decoder.configure()
            decoder.decode(10, Fails())
            decoder.flush()
    events = written(timeline)
    assert [event["args"] for event in of(events, name="error callback")] == [
        {"codec": "AudioDecoder 1", "exception": "EncodingError"}
    ]
    [settled] = of(events, cat="promise", ph="e")
    assert settled["args"] == {"outcome": "rejected with EncodingError"}


def test_what_has_not_ended_is_said_to_be_unfinished() -> None:
    timeline = Timeline()
    with use_timeline(timeline), Stage("audio") as stage:
        decoder = stage.new_decoder()
        with stage.script():
            decoder.configure()
            decoder.decode(10)
        unfinished = [event["name"] for event in of(written(timeline), ph="e", args={"unfinished": True})]
        assert unfinished == ["AudioDecoder 1: message queue blocked", "AudioDecoder 1: decode"]
    # A trace may be written at any time, and goes on.
    assert of(written(timeline), ph="e", args={"unfinished": True}) == []


def test_codecs_are_numbered_and_those_made_outside_are_left_alone() -> None:
    timeline = Timeline()
    with use_event_loop(DeterministicEventLoop()), use_platform(Stage("audio").platform):
        outside = AudioDecoder({"output": AudioData.close, "error": lambda error: None})
        with use_timeline(timeline):
            tracer = current_tracer()
            assert isinstance(tracer, TimelineTracer)
            assert tracer.timeline is timeline
            for _ in range(2):
                inside = AudioDecoder({"output": AudioData.close, "error": lambda error: None})
                inside.reset()
        assert current_tracer() is None
        outside.reset()
        late = AudioDecoder({"output": AudioData.close, "error": lambda error: None})
        late.configure({"codec": "opus", "sampleRate": 48_000, "numberOfChannels": 2})
    codecs = {str(event["args"]) for event in of(written(timeline), name="queue emptied")}
    assert codecs == {"{'codec': 'AudioDecoder 1'}", "{'codec': 'AudioDecoder 2'}"}
    assert of(written(timeline), name="configure queued") == []


def test_off_there_is_nothing_between_a_codec_and_its_surroundings() -> None:
    event_loop = DeterministicEventLoop()
    with use_event_loop(event_loop):
        decoder = AudioDecoder({"output": AudioData.close, "error": lambda error: None})
    assert decoder._event_loop is event_loop
    assert decoder._codec_work_queue is event_loop.parallel_queues[0]
    assert type(decoder._control_message_queue).__name__ == "deque"
    assert type(decoder._context).__name__ == "Context"


def test_tracing_changes_nothing() -> None:
    plain = asyncio.run(decode_pcm(5))
    seen: list[list[int]] = []
    traced(lambda: seen.append(asyncio.run(decode_pcm(5))))
    assert seen == [plain] == [[20_000 * number for number in range(5)]]


def test_an_empty_timeline_is_a_trace() -> None:
    assert names(written(Timeline())) == ["process_name"]


def test_exceptions_of_callbacks_are_there() -> None:
    def raises(error: DOMException) -> None:
        raise ZeroDivisionError

    timeline = Timeline()
    event_loop = DeterministicEventLoop()
    stage = Stage("audio")
    with use_timeline(timeline), use_event_loop(event_loop), use_platform(stage.platform):
        decoder = AudioDecoder({"output": AudioData.close, "error": raises})
        decoder.configure({"codec": "no such codec", "sampleRate": 48_000, "numberOfChannels": 2})
    event_loop.parallel_queues[0].run_front()
    event_loop.run_task(event_loop.runnable_tasks()[0])
    assert names(of(written(timeline), ph="i", cat="callback")) == ["ZeroDivisionError reported"]
    assert len(event_loop.reported) == 1


def test_everything_that_a_codec_queues_has_a_name() -> None:
    with Stage("audio", capacity=2) as stage:
        decoder = stage.new_decoder()
        with stage.script():
            decoder.configure()
            for timestamp in (10, 20, 30):
                decoder.decode(timestamp)
            decoder.flush()
        stage.run(tasks_first)
        with stage.script():
            decoder.decode(40, Fails())
        stage.run(tasks_first)
    names_of_work = {choice.label for choice in stage.scheduler.trace if choice.kind == "work"}
    names_of_tasks = {choice.label for choice in stage.scheduler.trace if choice.kind == "task"}
    assert names_of_work == {"configure work", "decode work", "flush work", "cease work", "close work"}
    assert names_of_tasks == {
        "configured task",
        "process the control message queue",
        "dequeue event task",
        "output",
        "unsaturated task",
        "flushed task",
        "close task",
    }
