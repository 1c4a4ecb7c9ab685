"""The model on the deterministic event loop, with a codec that answers as it likes."""

from collections.abc import Sequence
from functools import partial
from typing import cast

from codecmodel import AudioData, AudioDecoder, AudioEncoder, VideoFrame
from codecmodel.codecs.codec import Codec
from codecmodel.codecs.processing_model import ProcessingModel, process_the_control_message_queue
from codecmodel.platform.current import use_platform
from codecmodel.raw_media.audio_data import create_audio_data
from codecmodel.raw_media.video_frame import create_a_video_frame
from codecmodel.web.event_loop import use_event_loop
from conformance.explorer.heap import Fingerprints, Surroundings
from conformance.explorer.snapshot import Unchanging
from conformance.litmus.decoder_subject import CHUNKS_OF_THE_MODEL, DecoderSubject
from conformance.litmus.encoder_subject import OF_NO_CALL, EncoderSubject, Timeline
from conformance.litmus.free_codec import BASE, COUNTS_ON, OTHER_NAMES, OTHER_SIZES, Freedoms
from conformance.litmus.free_encoder import COUNTS
from conformance.litmus.free_image_decoder import FreeStream, file_of_the_model
from conformance.litmus.free_platform import FreePlatform
from conformance.litmus.image_subject import ImageSubject, is_stream
from conformance.litmus.log import ENDS, Entry, Log, calls_of
from conformance.litmus.subjects import Interface, Numbering, Subject, is_image_interface
from conformance.scripted.deterministic_loop import DeterministicEventLoop
from conformance.scripted.scripted_media import ScriptedAudioResource, ScriptedVideoResource

_NUMBERING = Numbering(BASE, in_configurations=True)


class ModelPlayer(Surroundings):
    """Plays on an object of the model. A subclass makes the decisions of its codec, and runs the program's code."""

    def __init__(self, interface: Interface, freedoms: Freedoms) -> None:
        self.event_loop = DeterministicEventLoop(self.reported)
        self.platform = FreePlatform(lambda: self.event_loop.on_parallel_queue, self, freedoms)
        self.platform.resources.is_rewound = True
        with use_event_loop(self.event_loop), use_platform(self.platform):
            self.subject = self._new_subject(interface)
        [self.work_queue] = self.event_loop.parallel_queues

    def begin(self) -> None:
        """End the script that has made the object. Reactions to promises that its constructor has settled follow."""
        with self.event_loop.script():
            pass

    def _new_subject(self, interface: Interface) -> Subject:
        if interface == "VideoDecoder" or interface == "AudioDecoder":
            return DecoderSubject(interface, CHUNKS_OF_THE_MODEL[interface], _NUMBERING, self.callback)
        if is_image_interface(interface):
            new_stream = partial(FreeStream, self.event_loop, self) if is_stream(interface) else None
            return ImageSubject(file_of_the_model(interface), new_stream, self.callback)
        new_input = self._new_frame if interface == "VideoEncoder" else self._new_data
        return EncoderSubject(interface, new_input, _NUMBERING, Timeline(_NUMBERING), self.callback)

    def _new_frame(self, timestamp: int, channels: int) -> VideoFrame:
        return create_a_video_frame(ScriptedVideoResource(self.platform.resources, timestamp), timestamp)

    def _new_data(self, timestamp: int, channels: int) -> AudioData:
        return create_audio_data(ScriptedAudioResource(self.platform.resources, timestamp), timestamp)

    def callback(self, *entry: str | int | None) -> None:
        """Run the program's code in a callback, or in a reaction to a promise. ``entry`` lacks what a look gives."""
        raise NotImplementedError

    def decide(self, options: Sequence[str]) -> str:
        """One of the options, for the codec."""
        raise NotImplementedError

    def kind_of(self, number: int) -> str:
        """The name of the call that brought an input or a configuration."""
        raise NotImplementedError

    def reported(self, exception: BaseException) -> None:
        """The model has reported an exception, which it does for its own faults alone."""
        raise NotImplementedError

    def send_late_news(self) -> None:
        self.work_queue.enqueue(self._late_news_work)

    def _late_news_work(self) -> None:
        self._codec._queue_a_task("late news", self._late_news_task)

    def _late_news_task(self) -> None:
        codec = self._codec
        codec._codec_saturated = False
        process_the_control_message_queue(cast("ProcessingModel[object]", codec))

    @property
    def _codec(self) -> Codec[object, object, object]:
        return cast("Codec[object, object, object]", self.subject.target)


class Case(Unchanging):
    """A log that is to be judged."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.calls = calls_of(log)


class World(ModelPlayer):
    """Goes along with a log: the program's code makes the calls that the log has.

    ``position`` is the number of entries that agree. ``instead`` is what this run has where it parts from the log; then
    the run is over.
    """

    def __init__(self, interface: Interface, case: Case, freedoms: Freedoms) -> None:
        self.case = case
        self.position = 0
        self._has_begun = False
        self.instead: Entry | None = None
        #: For each decision in the course of the last move: the options.
        self.asked: list[tuple[str, ...]] = []
        self._answers: list[str] = []
        self._calls_in_move = 0
        super().__init__(interface, freedoms)

    # Moves

    def steps(self) -> list[str]:
        """The moves that are possible now, without the decisions in their course."""
        if not self._has_begun:
            return ["begin"]
        steps: list[str] = []
        if self.case.log[self.position][0] == "task":
            steps.append("script")
        tasks = self.event_loop.runnable_tasks()
        steps += [f"task {index}" for index in range(len(tasks))]
        if self.work_queue._items:
            steps.append("work")
        return steps

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing happens unless a script makes another call."""
        return self._has_begun and not (self.event_loop._tasks or self.work_queue._items)

    def make(self, move: Sequence[str]) -> None:
        """Make a move: a step, and the decisions in its course. Those that are not given are the first options."""
        step, *self._answers = move
        self.asked.clear()
        self._calls_in_move = 0
        try:
            if step == "begin":
                self._has_begun = True
                self.begin()
            elif step.startswith("task"):
                self.event_loop.run_task(self.event_loop.runnable_tasks()[int(step.split()[1])])
            elif step == "work":
                self.work_queue.run_front()
            else:
                with self.event_loop.script():
                    self.position += 1
                    self._run_code("end")
        except AssertionError as failure:
            self.part(("assertion", str(failure)))

    def fingerprint(self, fingerprints: Fingerprints) -> bytes:
        """That of everything that the further course depends on, but for the position."""
        return fingerprints.of(self.event_loop, (self.subject.target, self.platform.resources, self._has_begun))

    def part(self, instead: Entry) -> None:
        """This run has ``instead`` at the position, and not what the log has."""
        if self.instead is None:
            self.instead = instead

    # The model asks and reports

    def decide(self, options: Sequence[str]) -> str:
        if self.instead is not None or len(options) == 1:
            return options[0]
        self.asked.append(tuple(options))
        return self._answers.pop(0) if self._answers else options[0]

    def kind_of(self, number: int) -> str:
        return self.case.calls[number - BASE]

    def reported(self, exception: BaseException) -> None:
        self.part(("exception", repr(exception)))

    # The program's code

    def callback(self, *entry: str | int | None) -> None:
        self._expect((*entry, *self.subject.look))
        self._run_code(ENDS[str(entry[0])])

    def _microtask(self) -> None:
        self._expect(("micro",))
        self._run_code(ENDS["micro"])

    def _expect(self, entry: Entry) -> None:
        if self.instead is not None:
            return
        if self.position < len(self.case.log):
            if self.agrees(entry):
                self.position += 1
            else:
                self.part(entry)

    def agrees(self, entry: Entry) -> bool:
        """Whether the log has this entry at the position, as far as it is compared."""
        observed = self.case.log[self.position]
        if self._counts_through(observed, entry):
            entry = (entry[0], observed[1], *entry[2:])
        return self._compared(observed) == self._compared(entry)

    def _counts_through(self, observed: Entry, entry: Entry) -> bool:
        """Whether both are chunks of sound, whose timestamps tell of no call, or of an earlier one, without gaps."""
        if COUNTS not in self.platform.freedoms.deviations or not isinstance(self.subject.target, AudioEncoder):
            return False
        if (observed[0], entry[0]) != ("output", "output"):
            return False
        told, number = observed[1], entry[1]
        assert isinstance(told, int)
        assert isinstance(number, int)
        return told in (OF_NO_CALL, min(told, number)) or number == OF_NO_CALL

    def _compared(self, entry: Entry) -> Entry:
        deviations = self.platform.freedoms.deviations
        if OTHER_NAMES in deviations:
            entry = tuple("Error" if str(part).endswith(("Error", "Exception")) else part for part in entry)
        if COUNTS_ON in deviations and entry[0] == "output" and isinstance(self.subject.target, AudioDecoder):
            entry = (entry[0], *entry[2:])
        # The size is the last part of all entries that have a look.
        return entry[:-1] if OTHER_SIZES in deviations and len(entry) > 2 else entry

    def _run_code(self, end: str) -> None:
        """Make the calls that the log has, up to the end of this script or callback."""
        log = self.case.log
        while self.instead is None and self.position < len(log):
            kind, *rest = log[self.position]
            if kind == "do":
                name, number = rest
                assert isinstance(name, str)
                assert isinstance(number, int)
                # Work may go on while a task runs. Before its first call that is the same as before the task.
                while self._calls_in_move and self.work_queue._items and self.decide(("no", "yes")) == "yes":
                    self.work_queue.run_front()
                self._calls_in_move += 1
                self.position += 1
                thrown = self.subject.call(name, number)
                self._expect(("did", name, number, thrown, *self.subject.look))
            elif kind == "queue microtask":
                self.position += 1
                self.event_loop.queue_microtask(self._microtask)
            elif kind == end:
                self.position += 1
                return
            else:
                self.part((end,))
