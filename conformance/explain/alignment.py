"""Two recordings, side by side: which steps of one are shown with which of the other."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise, takewhile
from typing import Final, TypeAlias, cast

from conformance.explain.recording import KINDS, Recording

#: More tasks and lines than these are not matched after the first difference: that would take too long.
_MOST_BLOCKS: Final = 4000
_Key: TypeAlias = tuple[object, ...]


def align(first: Recording, second: Recording) -> list[list[int]]:
    """Rows of two events and 1, if they are the same step, or 0.

    Up to the first difference the rows are pairs of the same steps. After it, tasks, work and lines of the program that
    are the same are shown together again.
    """
    keys = [_keys(first), _keys(second)]
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(*keys, strict=False)))
    rows = [[number, number, 1] for number in range(same)]
    blocks = [list(_blocks(recording, same)) for recording in (first, second)]
    if max(map(len, blocks)) > _MOST_BLOCKS:
        return rows + _side_by_side(same, len(keys[0]), same, len(keys[1]), keys)
    names = [[name for name, _, _ in own] for own in blocks]
    matcher = SequenceMatcher(None, names[0], names[1], autojunk=False)
    for _, begin, end, other_begin, other_end in matcher.get_opcodes():
        if end - begin == other_end - other_begin:
            pairs: Iterator[tuple[int, int, int, int]] = (
                (*blocks[0][begin + n][1:], *blocks[1][other_begin + n][1:]) for n in range(end - begin)
            )
        else:
            mine = _span(blocks[0], begin, end, len(keys[0]))
            others = _span(blocks[1], other_begin, other_end, len(keys[1]))
            pairs = iter([(*mine, *others)])
        for span in pairs:
            rows += _side_by_side(*span, keys)
    return rows


def _keys(recording: Recording) -> list[_Key]:
    """The kind of each event, without the numbers that depend on earlier events."""
    document = recording.document
    functions = cast("list[dict[str, object]]", document["functions"])
    places = cast("list[tuple[int, list[int]]]", document["places"])
    names = cast("list[str]", document["names"])
    frames = cast("list[list[int]]", document["frames"])
    lines = cast("str", document["program"]).splitlines()
    keys: list[_Key] = []
    for frame_number, place in zip(cast("list[int]", document["f"]), cast("list[int]", document["p"]), strict=True):
        kind, name, _, _, lane, _, codec = frames[frame_number]
        if KINDS[kind] == "algorithm":
            function, rows = places[place]
            keys.append((functions[function]["anchor"], functions[function]["part"], tuple(rows), lane, codec))
        elif KINDS[kind] == "program":
            # Programs may have the same lines in different places. The answer of a codec to a move is no part of it.
            keys.append(
                (KINDS[kind], lines[place - 1].strip().partition(" > ")[0] if place <= len(lines) else place, lane)
            )
        else:
            keys.append((KINDS[kind], names[name], place, lane, codec))
    return keys


def _blocks(recording: Recording, begin: int) -> Iterator[tuple[_Key, int, int]]:
    """From ``begin`` on: stretches of one task, work, or line of the program, with what they are."""
    document = recording.document
    frames = cast("list[list[int]]", document["frames"])
    events = cast("list[int]", document["f"])
    keys = _keys(recording)
    starts = [
        position
        for position in range(begin, len(events))
        if position == begin or (frames[events[position]][2] < 0 and keys[position][:2] != keys[position - 1][:2])
    ]
    for start, end in pairwise([*starts, len(events)]):
        yield keys[start], start, end


def _span(blocks: Sequence[tuple[_Key, int, int]], begin: int, end: int, length: int) -> tuple[int, int]:
    """The events of some blocks. Without any, none at the place where they would be."""
    if begin < end:
        return blocks[begin][1], blocks[end - 1][2]
    place = blocks[begin][1] if begin < len(blocks) else length
    return place, place


def _side_by_side(
    begin: int, end: int, other_begin: int, other_end: int, keys: Sequence[Sequence[_Key]]
) -> list[list[int]]:
    """Rows for two stretches of events. The shorter one waits at its last event."""
    rows: list[list[int]] = []
    for offset in range(max(end - begin, other_end - other_begin)):
        first = max(0, min(begin + offset, end - 1))
        second = max(0, min(other_begin + offset, other_end - 1))
        is_same = begin + offset < end and other_begin + offset < other_end and keys[0][first] == keys[1][second]
        rows.append([first, second, int(is_same)])
    return rows
