"""Programs of calls: their scripts, and the calls that their callbacks make. They are drawn before they run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

from conformance.litmus.vocabularies import MICRO, PLACES, VOCABULARIES, Place, Vocabulary

_NOW: Final = "now"
#: The calls and the delays of all programs.
_CALLS: Final = tuple(dict.fromkeys(call for vocabulary in VOCABULARIES.values() for call in vocabulary.urn))
_DELAYS: Final = tuple(dict.fromkeys(delay for vocabulary in VOCABULARIES.values() for delay in vocabulary.delays))


@dataclass(frozen=True)
class Script:
    """Calls in a task of their own. ``after`` is its delay: ``now``, or one that a vocabulary has."""

    after: str
    calls: tuple[str, ...]


@dataclass(frozen=True)
class Program:
    """Scripts in order; and for each place, the calls of its first callback, its second one, and so on."""

    scripts: tuple[Script, ...]
    callbacks: Mapping[Place, tuple[tuple[str, ...], ...]] = field(default_factory=dict)

    def plan(self, place: Place) -> tuple[tuple[str, ...], ...]:
        """The calls of the first callback of a kind, of the second one, and so on."""
        return self.callbacks.get(place, ())

    def calls_in(self, place: Place, index: int) -> tuple[str, ...]:
        """The calls of a callback: the first has the index 0."""
        plan = self.plan(place)
        return plan[index] if index < len(plan) else ()

    @property
    def calls(self) -> list[str]:
        """All calls, wherever they are made."""
        plans = [script.calls for script in self.scripts] + [each for plan in self.callbacks.values() for each in plan]
        return [call for calls in plans for call in calls if call != MICRO]

    @property
    def size(self) -> int:
        """The number of calls."""
        return len(self.calls)

    def __str__(self) -> str:
        """One line, which ``program_of()`` reads."""
        parts = [
            ("" if script.after == _NOW else f"[{script.after}] ") + " ".join(script.calls) for script in self.scripts
        ]
        for place in PLACES:
            for index, calls in enumerate(self.plan(place)):
                if calls:
                    parts.append(f"on {place} {index + 1}: {' '.join(calls)}")
        return "; ".join(parts)

    def as_json(self) -> dict[str, object]:
        """For the script that runs programs in a browser."""
        scripts: object = [[script.after, list(script.calls)] for script in self.scripts]
        return {"script": scripts} | {place: [list(calls) for calls in self.plan(place)] for place in PLACES}


def program_of(text: str) -> Program:
    """The program that a line describes. Raises ValueError."""
    scripts: list[Script] = []
    callbacks: dict[Place, list[tuple[str, ...]]] = {}
    for part in text.split(";"):
        words = part.split()
        if words[:1] == ["on"]:
            place = next((place for place in PLACES if words[1:2] == [place]), None)
            if place is None or len(words) < 3 or not words[2].rstrip(":").isdigit():
                raise ValueError(f"{part.strip()!r} does not begin as in 'on output 1: reset'")
            plan = callbacks.setdefault(place, [])
            index = int(words[2].rstrip(":")) - 1
            plan.extend(() for _ in range(index + 1 - len(plan)))
            plan[index] = _checked(words[3:])
        else:
            after = words.pop(0).strip("[]") if words and words[0].startswith("[") else "task" if scripts else _NOW
            if after not in (_NOW, *_DELAYS):
                raise ValueError(f"{after!r} is none of {', '.join(_DELAYS)}")
            scripts.append(Script(after, _checked(words)))
    return Program(tuple(scripts), {place: tuple(plan) for place, plan in callbacks.items()})


def _checked(words: Sequence[str]) -> tuple[str, ...]:
    for word in words:
        if word not in (*_CALLS, MICRO):
            raise ValueError(f"{word!r} is none of {', '.join((*_CALLS, MICRO))}")
    return tuple(words)


def draw(random: Random, calls: int, vocabulary: Vocabulary, *, calls_in_callbacks: int = 2) -> Program:
    """A random program of so many calls.

    A program has few kinds of calls, so that rare combinations of a few are tried as often as those of all.
    """
    kinds = {*random.sample(sorted(vocabulary.calls), random.choice((2, 3, 4))), *vocabulary.beginning}
    urn: list[str] = [call for call in vocabulary.urn if call in kinds or random.random() < 0.05]
    in_callbacks = random.randint(0, min(calls_in_callbacks, max(0, calls - 2)))
    names = [random.choice(urn) for _ in range(calls - in_callbacks)]
    if random.random() < 0.85:
        first, second = vocabulary.beginning
        names[0] = first
        if len(names) > 1 and random.random() < 0.5:
            names[1] = second
    scripts: list[tuple[str, list[str]]] = [(_NOW, names[:1])]
    for name in names[1:]:
        choice = random.random()
        if choice < 0.45:
            scripts[-1][1].append(name)
        elif choice < 0.55:
            scripts[-1][1].extend((MICRO, name))
        else:
            scripts.append((random.choice(vocabulary.delays), [name]))
    callbacks: dict[Place, list[tuple[str, ...]]] = {}
    for _ in range(in_callbacks):
        place = random.choice(vocabulary.places)
        plan = callbacks.setdefault(place, [])
        if plan and random.random() < 0.4:
            plan[-1] = (*plan[-1], random.choice(urn))
        else:
            if random.random() < 0.2:
                plan.append(())
            plan.append((random.choice(urn),))
    return Program(
        tuple(Script(after, tuple(calls)) for after, calls in scripts),
        {place: tuple(plan) for place, plan in callbacks.items()},
    )


def smaller(program: Program) -> Iterator[Program]:
    """Programs that are a little smaller: without one call, with a shorter delay, or with two scripts in one."""
    for index, script in enumerate(program.scripts):
        before, behind = program.scripts[:index], program.scripts[index + 1 :]
        for place in range(len(script.calls)):
            left = _without(script.calls, place)
            scripts = (*before, *([replace(script, calls=left)] if left else []), *behind)
            if scripts:
                yield replace(program, scripts=(replace(scripts[0], after=_NOW), *scripts[1:]))
        if index and script.after != "task":
            yield replace(program, scripts=(*before, replace(script, after="task"), *behind))
        if index:
            joined = replace(before[-1], calls=(*before[-1].calls, *script.calls))
            yield replace(program, scripts=(*before[:-1], joined, *behind))
    for name, plan in program.callbacks.items():
        for index, calls in enumerate(plan):
            for place in range(len(calls)):
                fewer = (*plan[:index], _without(calls, place), *plan[index + 1 :])
                while fewer and not fewer[-1]:
                    fewer = fewer[:-1]
                yield replace(program, callbacks={**program.callbacks, name: fewer})


def _without(calls: tuple[str, ...], place: int) -> tuple[str, ...]:
    left = (*calls[:place], *calls[place + 1 :])
    return left[:-1] if left[-1:] == (MICRO,) else left
