"""Random programs on scripted encoders, on random schedules: rules that hold for every program and every schedule."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from conformance.scripted.observed_codec import Kind
from conformance.scripted.observed_encoder import ObservedEncoder
from conformance.scripted.scheduler import seeded
from conformance.scripted.scripted_codec import Chunks, EncodeAnswer, Fails, Supported, Unsupported
from conformance.scripted.stage import Stage

ENTRY = re.compile(r"(?P<what>.+) \[(?P<state>\w+) (?P<size>\d+)\]")
#: Requests that saturate the codec.
CAPACITY = 3


@dataclass(frozen=True)
class Script:
    """Calls that are made in one go, after this number of steps of tasks and work."""

    calls: Sequence[str]
    steps_before: int


CALLS = (
    *("encode",) * 6, "hold", "hold", "nothing", "fail", "flush", "flush", "configure", "configure again",
    "configure unsupported", "reset", "close",
)  # fmt: skip
scripts = st.builds(Script, st.lists(st.sampled_from(CALLS), min_size=1, max_size=6), st.integers(0, 12))


class Program:
    """Makes the calls of scripts; frames are numbered from 1 on, and so are configurations that are not the same."""

    def __init__(self, encoder: ObservedEncoder) -> None:
        self._encoder = encoder
        self._number = 0

    def call(self, name: str) -> None:
        self._number += 1
        number, encoder = self._number, self._encoder
        answers: dict[str, EncodeAnswer] = {
            "encode": Chunks(),
            "hold": Chunks(delay=99),
            "nothing": Chunks(count=0),
            "fail": Fails(),
        }
        match name:
            case "flush":
                encoder.flush()
            case "reset":
                encoder.reset()
            case "close":
                encoder.close()
            case "configure":
                encoder.configure(1)
            case "configure again":
                encoder.configure(1000 + number, Supported())
            case "configure unsupported":
                encoder.configure(1000 + number, Unsupported())
            case _:
                encoder.encode(number, answers[name])


class Log:
    """Reads a log entry by entry, and checks that each entry is allowed."""

    def __init__(self) -> None:
        self._encoded: list[int] = []
        self._output: set[int] = set()
        #: For each unsettled flush, the frames to be encoded before it; None once the flush is to be rejected.
        self._flushes: dict[int, frozenset[int] | None] = {}
        self.errors = 0

    def read(self, entry: str, silent: set[int]) -> None:
        """``silent`` are the frames that give no chunk."""
        match = ENTRY.fullmatch(entry)
        assert match is not None, entry
        what, state = match["what"], match["state"]
        numbers = [int(number) for number in re.findall(r"\d+", what)]
        if " throws " in what:
            assert what.endswith("InvalidStateError"), entry
        elif what.startswith("encode"):
            self._encoded += numbers
        elif what.startswith("output"):
            assert state == "configured", entry
            assert numbers[0] in self._encoded, f"{entry}: it was never encoded, or was reset"
            assert numbers[0] not in self._output, f"{entry}: for the second time"
            self._output.add(numbers[0])
        elif what.startswith("flush()"):
            self._flushes[numbers[0]] = frozenset(self._encoded) if state == "configured" else None
        elif what.endswith("resolved"):
            expected = self._flushes.pop(numbers[0])
            assert expected is not None, f"{entry}: it was to be rejected"
            assert expected - silent <= self._output, f"{entry}: before {expected - silent - self._output}"
        elif what.startswith("flush"):
            assert self._flushes.pop(numbers[0]) is None, f"{entry}: for no reason"
        elif what in ("reset()", "close()") or what.startswith("error"):
            self.errors += what.startswith("error")
            assert state == ("unconfigured" if what == "reset()" else "closed"), entry
            self._encoded.clear()
            self._output.clear()
            self._flushes = dict.fromkeys(self._flushes)
        if state != "configured":
            assert match["size"] == "0", entry

    def end(self, silent: set[int]) -> None:
        """No step is left to run, and every flush is settled."""
        assert not self._flushes, f"flushes {list(self._flushes)} are not settled"
        assert set(self._encoded) - silent == self._output


@given(st.sampled_from(["audio", "video"]), st.lists(scripts, min_size=1, max_size=6), st.integers(0, 2**32))
def test_what_holds_of_every_program_on_every_schedule(kind: Kind, program: list[Script], seed: int) -> None:
    policy = seeded(seed)
    with Stage(kind, capacity=CAPACITY) as stage:
        encoder = stage.new_encoder()
        made = Program(encoder)
        random = Random(seed)
        for script in program:
            for _ in range(random.randint(0, script.steps_before)):
                enabled = stage.scheduler.enabled()
                if enabled:
                    stage.scheduler.run(policy(enabled))
            with stage.script():
                for name in script.calls:
                    made.call(name)
        with stage.script():
            encoder.flush()
        stage.run(policy)
        silent = {number for number, answer in stage.platform.encode_answers.items() if answer == Chunks(count=0)}
        log = Log()
        for entry in stage.log:
            if not entry.startswith("dequeue"):
                log.read(entry, silent)
        log.end(silent)
        assert log.errors <= 1
        assert all(requests <= CAPACITY for requests in stage.most_requests())
        assert len(stage.calls()) <= 1
