"""Rewinding restores the earlier state after any change, and rewound runs equal runs that are made anew."""

from asyncio import Future
from collections import Counter, deque
from collections.abc import Callable, Iterator

import pytest

from codecmodel import DOMException
from codecmodel.codecs.processing_model import Epoch
from codecmodel.web.event_loop import Promise, reject, resolve
from conformance.explorer.heap import Fingerprints
from conformance.explorer.program_run import ProgramRun
from conformance.explorer.programs import Pattern
from conformance.explorer.search import Limits, run
from conformance.explorer.snapshot import Snapshot
from conformance.explorer.subjects import Subject
from conformance.scripted.deterministic_loop import DeterministicEventLoop
from conformance.scripted.scripted_media import ResourceLedger

DECODERS: list[Subject] = ["AudioDecoder", "VideoDecoder"]


def runs_made_anew(subject: Subject, limits: Limits) -> Iterator[tuple[str, ...]]:
    """The log of every run that comes to rest, made from the start."""
    pending: list[list[str]] = [[]]
    while pending:
        moves = pending.pop()
        simulation = run(subject, limits, moves)
        if moves:
            pending += [[*moves[:-1], move] for move in variants(simulation, moves[-1])]
        if simulation.is_at_rest:
            yield tuple(simulation.log)
        pending += [[*moves, move] for move in simulation.moves()]


def runs_rewound(subject: Subject, limits: Limits) -> Iterator[tuple[str, ...]]:
    """The same, with one simulation."""
    simulation = run(subject, limits, [])
    if simulation.is_at_rest:
        yield ()
    pending = [(Snapshot(simulation), move) for move in simulation.moves()]
    while pending:
        snapshot, move = pending.pop()
        snapshot.restore()
        simulation.make(move)
        pending += [(snapshot, variant) for variant in variants(simulation, move)]
        if simulation.is_at_rest:
            yield tuple(simulation.log)
        here = Snapshot(simulation)
        pending += [(here, following) for following in simulation.moves()]


def variants(simulation: ProgramRun, move: str) -> list[str]:
    answered = move.count(" > ")
    return [
        " > ".join([move, *["-"] * position, option])
        for position, options in enumerate(simulation.asked[answered:])
        for option in options[1:]
    ]


@pytest.mark.parametrize("subject", DECODERS)
@pytest.mark.parametrize(
    ("limits", "count"), [(Limits(2), 380), (Limits(3, 1, Pattern("configure decode output:*")), 787)]
)
def test_rewound_runs_are_the_runs(subject: Subject, limits: Limits, count: int) -> None:
    rewound = Counter(runs_rewound(subject, limits))
    assert rewound == Counter(runs_made_anew(subject, limits))
    assert rewound.total() == count


@pytest.mark.parametrize("subject", DECODERS)
def test_a_world_is_rewound_to_any_of_its_pasts(subject: Subject) -> None:
    moves = ["configure", "work", "decode", "decode", "task", "flush", "task", "work > two", "task", "work > late"]
    moves += ["task", "reset", "configure", "end", "work", "task"]
    fingerprints = Fingerprints()
    simulation = run(subject, Limits(8), [])
    pasts = []
    for move in [*moves, ""]:
        pasts.append((Snapshot(simulation), simulation.fingerprint(fingerprints), list(simulation.log)))
        if move:
            simulation.make(move)
    for place in (3, 9, 0, 15, 12, 16, 1, 8, 16, 5):
        snapshot, fingerprint, log = pasts[place]
        snapshot.restore()
        assert simulation.fingerprint(fingerprints) == fingerprint
        for move, (_, fingerprint, log) in zip(moves[place:], pasts[place + 1 :], strict=True):
            simulation.make(move)
            assert simulation.fingerprint(fingerprints) == fingerprint
            assert simulation.log == log
    assert not simulation.violations


def test_containers_and_members() -> None:
    inner = [1]
    ledger = ResourceLedger()
    ledger.enter()
    epoch = Epoch()
    items: list[object] = [inner, {"key": inner}, deque([inner, 2]), {3}, ledger, epoch, (inner,)]
    snapshot = Snapshot(items)
    inner.append(2)
    mapping, queue, numbers = items[1], items[2], items[3]
    assert isinstance(mapping, dict)
    assert isinstance(queue, deque)
    assert isinstance(numbers, set)
    mapping["other"] = 1
    queue.rotate()
    numbers.add(4)
    ledger.enter()
    del ledger.is_rewound
    epoch.ceased = True
    del items[2:]
    snapshot.restore()
    assert items == [[1], {"key": [1]}, deque([[1], 2]), {3}, ledger, epoch, ([1],)]
    assert items[0] is inner is mapping["key"] is queue[0]
    assert (ledger.made, ledger.live, ledger.is_rewound) == (1, 1, False)
    assert epoch.ceased is False


def _counter() -> Callable[[], int]:
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return count

    return step


def test_variables_that_functions_close_over() -> None:
    step = _counter()
    step()
    snapshot = Snapshot(step)
    assert [step(), step()] == [2, 3]
    snapshot.restore()
    assert step() == 2


def test_promises() -> None:
    event_loop = DeterministicEventLoop()
    reactions: list[str] = []
    pending: Promise[int] = event_loop.new_promise()
    pending.add_done_callback(lambda promise: reactions.append("first"))
    resolved: Promise[int] = event_loop.new_promise()
    resolve(resolved, 5)
    refused: Promise[int] = event_loop.new_promise()
    reject(refused, DOMException("no", "AbortError"))
    at_first = Snapshot([pending, resolved, refused])

    resolve(pending, 1)
    assert (pending.result(), pending.done()) == (1, True)
    settled = Snapshot(pending)
    at_first.restore()
    assert not pending.done()
    assert resolved.result() == 5
    assert isinstance(refused.exception(), DOMException)
    with event_loop.script():
        reject(pending, DOMException("no", "AbortError"))
    assert isinstance(pending.exception(), DOMException)
    # There are two queued microtasks. That of the first settlement does not matter here.
    assert reactions == ["first", "first"]
    settled.restore()
    assert pending.result() == 1
    assert isinstance(pending, Future)


def test_what_could_hide_a_state() -> None:
    with pytest.raises(TypeError, match="what is the state of a <class 'list_iterator'>"):
        Snapshot([iter([1])])
