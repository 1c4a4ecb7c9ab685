"""Named deviations: freedoms that implementations take beyond the specification.

The model with a deviation may behave as the deviation says, or as the specification says. So a run that the model
forbids is explained by a few deviations, and a run that all of them together do not explain is a new finding.
Otherwise one early deviation would hide all later ones. Where the specification is silent, and the model has chosen,
the deviation is no violation.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import FunctionType
from typing import Final

from conformance.explorer.mutation import replaced
from conformance.litmus.checker import Verdict, check
from conformance.litmus.codec_deviations import CODEC_DEVIATIONS
from conformance.litmus.deviation import Deviation
from conformance.litmus.free_codec import CRASHES, Freedoms
from conformance.litmus.image_deviations import IMAGE_DEVIATIONS
from conformance.litmus.log import Log
from conformance.litmus.loose_deviations import LOOSE_DEVIATIONS
from conformance.litmus.subjects import Interface, family_of

DEVIATIONS: Final[Sequence[Deviation]] = [
    *CODEC_DEVIATIONS,
    *IMAGE_DEVIATIONS,
    *LOOSE_DEVIATIONS,
    Deviation(
        CRASHES,
        {"decoder": "", "encoder": "", "image": ""},
        "the process of the implementation ends",
    ),
]


def deviations_of(interface: Interface) -> Sequence[Deviation]:
    """The deviations that objects of an interface may show."""
    return [deviation for deviation in DEVIATIONS if family_of(interface) in deviation.steps]


@dataclass(frozen=True)
class Judgement:
    """The verdict on a log by the model alone, and the deviations that explain it if it is forbidden.

    ``deviations`` is empty if the log is allowed, and None if all deviations together do not explain it. Then
    ``verdict`` is that of the model with all of them.
    """

    verdict: Verdict
    deviations: Sequence[Deviation] | None


def judge(interface: Interface, log: Log, freedoms: Freedoms | None = None, on_file: Collection[str] = ()) -> Judgement:
    """Judge a log; see explain()."""
    freedoms = freedoms or Freedoms()
    return explain(interface, check(interface, log, freedoms), freedoms, on_file)


def explain(
    interface: Interface, verdict: Verdict, freedoms: Freedoms | None = None, on_file: Collection[str] = ()
) -> Judgement:
    """Explain a verdict by the model alone. The deviations are a set of which none can be spared.

    Those ``on_file``, and those on which the specification is silent, are tried before all others, and loose ones last.
    """
    log, freedoms = verdict.log, freedoms or Freedoms()
    if verdict.allowed is not False:
        return Judgement(verdict, ())
    possible = deviations_of(interface)
    likely = [deviation for deviation in possible if deviation.is_silent or deviation.name in on_file]
    unexplained: Verdict | None = None
    usual = [deviation for deviation in possible if not deviation.is_loose]
    for tried in ([likely] if on_file else []) + [usual, possible]:
        # To find a run that agrees takes little time; to show that there is none takes much.
        with_all = _check_with(tried, interface, log, freedoms)
        if with_all.allowed:
            return Judgement(verdict, _needed(tried, interface, log, freedoms))
        if with_all.allowed is None and tried is likely:
            # There are fewer runs with those on file alone, so that a search is done sooner.
            tried = [deviation for deviation in likely if not deviation.is_silent]
            if _check_with(tried, interface, log, freedoms).allowed:
                return Judgement(verdict, _needed(tried, interface, log, freedoms))
        if with_all.allowed is None and unexplained is None:
            return Judgement(with_all, ())
        # The more deviations there are, the sooner a search is given up.
        if unexplained is None or with_all.allowed is False:
            unexplained = with_all
    assert unexplained is not None
    return Judgement(unexplained, None)


def _needed(deviations: Sequence[Deviation], interface: Interface, log: Log, freedoms: Freedoms) -> Sequence[Deviation]:
    """Those that explain a log, of which none can be spared."""
    needed = list(deviations)
    # The rare ones, which come last, are tried to be spared first.
    for deviation in reversed(deviations):
        fewer = [each for each in needed if each is not deviation]
        if _check_with(fewer, interface, log, freedoms).allowed:
            needed = fewer
    return needed


def _check_with(deviations: Sequence[Deviation], interface: Interface, log: Log, freedoms: Freedoms) -> Verdict:
    with applied(deviations):
        return check(interface, log, freedoms.with_deviations({deviation.name for deviation in deviations}))


@contextmanager
def applied(deviations: Sequence[Deviation]) -> Iterator[None]:
    """Within the block the model may deviate. Several deviations of one function are applied together."""
    by_function: dict[FunctionType, list[tuple[str, str]]] = {}
    for deviation in deviations:
        for function, texts in deviation.replacements:
            by_function.setdefault(function, []).extend(texts)
    with ExitStack() as stack:
        for function, replacements in by_function.items():
            stack.enter_context(replaced(function, replacements))
        yield
