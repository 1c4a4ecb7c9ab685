"""A recording is exact: steps, order, slots, causes and codecs."""

import sys
from collections import Counter
from pathlib import Path
from threading import Event, Thread
from typing import cast

import pytest

from codecmodel import VideoDecoder
from codecmodel.web.event_loop import use_event_loop
from conformance.explain.cores import SettraceCore
from conformance.explain.programs import ProgramError, explain_program, explain_scripted, recording
from conformance.explain.recorder import Recorder
from conformance.explain.recording import RecordingError, read_recording
from conformance.explain.replay import explain_schedule
from conformance.explain.step_map import step_map
from conformance.scripted.deterministic_loop import DeterministicEventLoop
from conformance.scripted.scheduler import tasks_first
from tests.conformance.explain.recorded import operations, slots, steps, why

LATE = "configure; work; task; task; decode; work; task; task"

TWO_CODECS = '''
"""Two codecs."""
from codecmodel import AudioDecoder, EncodedAudioChunk, EncodedVideoChunk, ImageDecoder, VideoDecoder

def output(media):
    print(type(media).__name__)
    media.close()

async def main():
    audio = AudioDecoder({"output": output, "error": print})
    video = VideoDecoder({"output": output, "error": print})
    audio.configure({"codec": "opus", "sampleRate": 48_000, "numberOfChannels": 1})
    video.configure({"codec": "vp8"})
    video.decode(EncodedVideoChunk({"type": "key", "timestamp": 1, "data": b"\\0"}))
    audio.decode(EncodedAudioChunk({"type": "key", "timestamp": 2, "data": b"\\0"}))
    await audio.flush()
    await video.flush()
    video.reset()
    image = ImageDecoder({"type": "image/x-scripted", "data": b"s;0."})
    (await image.decode())["image"].close()
    image.close()
'''


@pytest.fixture
def two_codecs(tmp_path: Path) -> Path:
    path = tmp_path / "two_codecs.py"
    path.write_text(TWO_CODECS)
    return path


def test_every_step_of_a_call_is_recorded_in_order() -> None:
    recorded = [step[:2] for step in steps(explain_schedule("VideoDecoder", "flush"))]
    assert recorded == [
        *(("new VideoDecoder()", str(number)) for number in range(2, 15)),
        ("program", "1"),
        ("VideoDecoder.flush()", "1"),
        # The explorer's own reaction to the promise is not a step. Its output belongs to the line.
        ("program", "1"),
    ]


def test_steps_of_both_threads_are_in_the_order_in_which_they_ran() -> None:
    recorded = steps(explain_schedule("AudioDecoder", "configure; work; task"))
    messages = [(step.number, step.lane) for step in recorded if step.what == "Control message: configure"]
    assert messages == [
        *((number, 0) for number in ("1", "2", "3")),
        *((number, 2) for number in ("2.1", "2.2", "2.3", "2.4", "2.5")),
        *((number, 0) for number in ("2.5.1", "2.5.2")),
    ]
    begun_and_ended = [step[:2] for step in recorded if step.what in ("work", "task")]
    assert begun_and_ended == [("work", "0"), ("work", "1"), ("task", "0"), ("task", "1")]


def test_slots_are_those_of_the_codec() -> None:
    recorded = slots(explain_schedule("VideoDecoder", f"{LATE}; decode; close"))
    assert recorded == {
        "VideoDecoder 0 [[state]]": "closed",
        "VideoDecoder 0 [[message queue blocked]]": False,
        "VideoDecoder 0 [[codec saturated]]": False,
        "VideoDecoder 0 [[decodeQueueSize]]": 0,
        "VideoDecoder 0 [[pending flush promises]]": 0,
        "VideoDecoder 0 [[dequeue event scheduled]]": True,
        "VideoDecoder 0 [[key chunk required]]": False,
        "VideoDecoder 0 [[codec implementation]]": "made",
    }


def test_a_change_belongs_to_the_step_that_makes_it() -> None:
    recorded = explain_schedule("VideoDecoder", "configure")
    named = steps(recorded)
    changes = [
        (named[event].what, named[event].number, operation[3])
        for event, operation in operations(recorded)
        if operation[0] == "s" and operation[2] in (0, 1) and named[event].what != "new VideoDecoder()"
    ]
    assert changes == [("VideoDecoder.configure()", "3", "configured"), ("Control message: configure", "1", True)]


def test_an_output_is_traced_back_to_the_call(two_codecs: Path) -> None:
    recorded = explain_scripted(two_codecs, tasks_first)
    printed = next(event for event, operation in operations(recorded) if operation == ["o", "VideoFrame\n"])
    assert why(recorded, printed) == ["task output", "work decode work", "message decode"]


def test_two_codecs_are_told_apart(two_codecs: Path) -> None:
    recorded = explain_scripted(two_codecs, tasks_first)
    outputs = {(step.what, step.codec) for step in steps(recorded) if step.what.startswith("Output ")}
    assert outputs == {("Output AudioData", 0), ("Output VideoFrames", 1)}
    messages = {(step.what, step.codec) for step in steps(recorded) if "decode()" in step.what}
    assert messages == {("AudioDecoder.decode()", 0), ("VideoDecoder.decode()", 1), ("ImageDecoder.decode()", 2)}
    found = slots(recorded)
    assert (found["AudioDecoder 0 [[state]]"], found["VideoDecoder 1 [[state]]"]) == ("configured", "unconfigured")


def test_the_queues_of_an_image_decoder_are_recorded(two_codecs: Path) -> None:
    recorded = explain_scripted(two_codecs, tasks_first)
    items = recorded.document["items"]
    assert isinstance(items, list)
    names = [item[1] for item in items if item[3] == 2]
    assert names[:3] == ["completed promise", "ready promise", "configure"]
    assert {"decode track metadata", "decode work", "resolve decode task", "close work"} <= set(names)
    assert slots(recorded)["ImageDecoder 2 [[closed]]"] is True


def test_the_same_program_and_schedule_give_the_same_recording(two_codecs: Path) -> None:
    assert explain_scripted(two_codecs).json() == explain_scripted(two_codecs).json()
    assert explain_schedule("VideoEncoder", LATE.replace("decode", "encode")).json() == (
        explain_schedule("VideoEncoder", LATE.replace("decode", "encode")).json()
    )


def test_both_ways_to_watch_see_the_same(two_codecs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = explain_scripted(two_codecs).json()
    monkeypatch.setattr("conformance.explain.programs.new_core", SettraceCore)
    assert explain_scripted(two_codecs).json() == recorded


def test_nothing_is_left_of_a_recording() -> None:
    before = sys.gettrace()
    explain_schedule("VideoDecoder", "configure")
    assert sys.gettrace() is before
    if sys.version_info >= (3, 12):
        assert all(sys.monitoring.get_tool(tool) != "codecmodel explain" for tool in range(6))
    with use_event_loop(DeterministicEventLoop()):
        decoder = VideoDecoder({"output": print, "error": print})
    assert type(decoder._event_loop) is DeterministicEventLoop


def test_threads_that_outlive_a_recording_run_at_full_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.explain.programs.new_core", SettraceCore)
    begun, is_over, found = Event(), Event(), []

    def outlive() -> None:
        begun.set()
        is_over.wait()
        found.append(sys.gettrace())

    thread = Thread(target=outlive)
    with recording(Recorder(step_map())):
        thread.start()
        begun.wait()
    is_over.set()
    thread.join()
    assert found == [None]


def test_a_thousand_chunks_on_threads_are_recorded_exactly(tmp_path: Path) -> None:
    path = tmp_path / "many.py"
    path.write_text(MANY)
    recorded = explain_program(path)
    # A step that goes on after what it has called has another event.
    again = {event for event, operation in operations(recorded) if operation == ["~"]}
    counts = Counter((step.what, step.number) for event, step in enumerate(steps(recorded)) if event not in again)
    for what, numbers in (
        ("AudioDecoder.decode()", ("1", "2", "3", "4", "5")),
        # Without those that a saturated codec repeats.
        ("Control message: decode", ("2", "3", "4", "4.1", "4.3")),
        ("Output AudioData", ("1.1", "1.1.1", "1.1.2–1.1.4", "1.1.5, 1.1.6", "1.1.7", "1.1.8", "1.2")),
    ):
        assert {number: counts[what, number] for number in numbers} == dict.fromkeys(numbers, 1000)
    # Everything that is queued leaves its queue, once.
    changes: dict[object, list[object]] = {}
    for _, operation in operations(recorded):
        changes.setdefault(operation[0], []).append(operation[1] if len(operation) > 1 else None)
    for begin, *ends in (("m+", "m-"), ("w+", "w-", "w."), ("t+", "t-")):
        for end in ends:
            assert sorted(map(str, changes[end])) == sorted(map(str, changes[begin]))
    items = cast("list[list[object]]", recorded.document["items"])
    names = Counter(str(item[1]) for item in items)
    assert (names["decode"], names["decode work"], names["output"]) == (1000, 1000, 1000)
    assert slots(recorded)["AudioDecoder 0 [[decodeQueueSize]]"] == 0
    # Each output is of its own chunk, in order.
    printed = [change[1] for _, change in operations(recorded) if change[0] == "o"]
    assert printed == [f"{number}\n" for number in range(1000)]


MANY = """
import asyncio
from codecmodel import AudioDecoder, EncodedAudioChunk

def output(data):
    print(data.timestamp)
    data.close()

async def main():
    decoder = AudioDecoder({"output": output, "error": print})
    decoder.configure({"codec": "pcm-s16", "sampleRate": 48_000, "numberOfChannels": 1})
    dequeued = asyncio.Event()
    decoder.ondequeue = lambda event: dequeued.set()
    for n in range(1000):
        while decoder.decodeQueueSize > 16:
            dequeued.clear()
            await dequeued.wait()
        decoder.decode(EncodedAudioChunk({"type": "key", "timestamp": n, "data": bytes(20)}))
    await decoder.flush()

asyncio.run(main())
"""


def test_real_codecs_on_threads(tmp_path: Path) -> None:
    path = tmp_path / "real.py"
    path.write_text(REAL)
    recorded = explain_program(path)
    work = [step for step in steps(recorded) if step.what == "Control message: encode" and step.lane == 2]
    assert [step.number for step in work if step.number.startswith("4.1")] == ["4.1"] * 3
    ended = [operation for _, operation in operations(recorded) if operation[0] in ("w-", "w.")]
    assert len(ended) == 2 * len({str(operation[1]) for operation in ended})
    assert slots(recorded)["AudioEncoder 0 [[codec implementation]]"] == "none"
    times = recorded.document["t"]
    assert isinstance(times, list)
    assert min(times) >= 0


REAL = """
import asyncio
from codecmodel import AudioData, AudioEncoder

async def main():
    encoder = AudioEncoder({"output": lambda chunk, metadata: None, "error": print})
    encoder.configure({"codec": "pcm-s16", "sampleRate": 48_000, "numberOfChannels": 1})
    for n in range(3):
        layout = {"format": "f32", "sampleRate": 48_000, "numberOfFrames": 10, "numberOfChannels": 1}
        with AudioData({**layout, "timestamp": n, "data": bytes(40)}) as data:
            encoder.encode(data)
    await encoder.flush()
    encoder.close()
    await asyncio.sleep(0.01)

asyncio.run(main())
"""


def test_a_program_that_fails_is_explained_nevertheless(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "fails.py"
    path.write_text("def f():\n    raise LookupError('here')\nf()\n")
    recorded = explain_program(path)
    assert [step.number for step in steps(recorded)] == ["1", "3", "2"]
    assert ["x", "LookupError"] in [operation for _, operation in operations(recorded)]
    assert "LookupError: here" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["def (", "main = 5\n"])
def test_a_program_that_cannot_run(text: str, tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(text)
    with pytest.raises(ProgramError, match=r"program\.py"):
        explain_scripted(path)


def test_a_schedule_that_cannot_be() -> None:
    with pytest.raises(ProgramError, match="'task' is not among"):
        explain_schedule("VideoDecoder", "task")


def test_a_recording_can_be_kept(tmp_path: Path) -> None:
    recorded = explain_schedule("VideoDecoder", "configure")
    recorded.write(tmp_path / "kept.json")
    assert read_recording(tmp_path / "kept.json").json() == recorded.json()
    (tmp_path / "other.json").write_text('{"format": 0}')
    with pytest.raises(RecordingError, match=r"other\.json: not a recording"):
        read_recording(tmp_path / "other.json")
