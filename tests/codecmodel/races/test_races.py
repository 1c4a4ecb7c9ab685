"""The model's shared state has no races except those by design. A broken model has others."""

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

_ROOT = Path(__file__).parents[3]
#: The races by design. docs/threads.md says why each does no harm.
_BY_DESIGN = {"_codec_saturated", "accepted", "finished", "ceased"}


class _Report(NamedTuple):
    accesses: int
    slots: set[str]
    text: str


def _run(rounds: int, *breakage: str) -> _Report:
    """Run the program; slots are those with races, without the names of classes."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.codecmodel.races.program", str(rounds), *breakage],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    return _Report(report["accesses"], {race[0].partition(".")[2] for race in report["races"]}, done.stdout)


def test_the_model_has_no_races_but_those_by_design() -> None:
    report = _run(8)
    assert report.accesses > 50_000
    assert report.slots - _BY_DESIGN == set(), report.text
    # The program is busy enough to show each of them, so it would show others.
    assert report.slots == _BY_DESIGN


@pytest.mark.parametrize(
    ("kind", "name", "slot"),
    [
        ("task", "configured task", "_message_queue_blocked"),
        ("task", "output", "_orientation_of_outputs"),
        ("task", "flushed task", "_pending_flush_promises[...]"),
        ("task", "close task", "_state"),
        ("task", "resolve decode task", "_pending_decode_promises[...]"),
        ("work", "close work", "_codec_implementation"),
        ("work", "cease work", "_codec_implementation"),
        ("work", "decode work", "_tracks_established"),
        ("work", "chunk work", "_steps[...]"),
    ],
)
def test_steps_on_the_wrong_thread_are_races(kind: str, name: str, slot: str) -> None:
    """Tasks that run on the work queue, and work that runs on the event loop."""
    # Steps that wait for each other by chance are in order. On a busy machine a run may have no others.
    assert any(slot in _run(3, kind, name).slots for _ in range(4))
