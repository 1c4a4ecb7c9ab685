"""Random calls of an ImageDecoder, on random schedules: no hang, no leak, no failed assertion."""

import random

from codecmodel import ImageDecoder
from conformance.scripted.image_stage import ImageStage
from conformance.scripted.scheduler import seeded

FILES = ["as;0.1.0.0!", "Pas;0++.0+.1.0", "s;0.", "a;0.0.0.0.", "as", ";"]
PROGRAMS = 200


class Program:
    """Makes calls, and feeds the stream if the decoder has it."""

    def __init__(self, stage: ImageStage, generator: random.Random) -> None:
        self._stage = stage
        self._generator = generator
        file = generator.choice(FILES)
        self._is_fed = generator.random() < 0.7
        self._rest = list(file)
        self.decoder: ImageDecoder = stage.new_decoder(stage.stream if self._is_fed else file)

    def call(self) -> None:
        generator = self._generator
        match generator.choices(["decode", "feed", "reset", "close", "select"], [35, 37, 8, 3, 17])[0]:
            case "decode":
                index, complete = generator.randint(0, 4), generator.random() < 0.5
                self._stage.decode(self.decoder, {"frameIndex": index, "completeFramesOnly": complete})
            case "feed" if self._is_fed and self._rest:
                self._stage.stream.enqueue(self._rest.pop(0))
            case "feed" if self._is_fed:
                self._stage.stream.close()
                self._is_fed = False
            case "reset":
                self.decoder.reset()
            case "close":
                self.decoder.close()
            case "select" if len(self.decoder.tracks):
                generator.choice(list(self.decoder.tracks)).selected = generator.random() < 0.7


def test_random_programs() -> None:
    for seed in range(PROGRAMS):
        generator = random.Random(seed)
        with ImageStage(seeded(seed)) as stage:
            program = Program(stage, generator)
            decoder = program.decoder
            for _ in range(generator.randint(3, 25)):
                with stage.event_loop.script():
                    for _ in range(generator.randint(0, 3)):
                        program.call()
                for _ in range(generator.randint(0, 4)):
                    stage.run_one_step()
            stage.run()
            selected = [track.selected for track in decoder.tracks]
            assert [index for index, is_selected in enumerate(selected) if is_selected] == [
                index for index in [decoder.tracks.selectedIndex] if index != -1
            ]
        # The stage has closed the decoder and seen that nothing leaked.
        assert decoder.tracks.ready.done()
        assert decoder.completed.done()
        assert not decoder._pending_decode_promises
        assert len(decoder._work_in_order) == 0
        assert not any(entry.startswith("reported") for entry in stage.log), stage.log
