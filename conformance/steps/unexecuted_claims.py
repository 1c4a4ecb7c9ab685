"""Steps that a scenario shows and does not execute, in some or all of its variants, with the reason for each.

``steps coverage`` compares every claim with the steps that the scenario executes. A claim that is not executed and not
listed here is an error, and so is an entry here by which nothing is excused.
"""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Final

from conformance.steps.claims import CheckedClaims, Claim

_REFUSED_BEFORE: Final = "a variant is refused by one step of the check, and does not reach those behind it"
_AT_ONE_EXTREME: Final = "the step is executed on one of the extreme schedules, and must not be executed on the other"

#: ``module.function`` and step, either of which may have ``*``.
UNEXECUTED_CLAIMS: Final[Mapping[tuple[str, str], str]] = {
    ("chapter_7_configurations.invalid_*", "valid-*"): _REFUSED_BEFORE,
    ("chapter_7_configurations.invalid_*", "dom-*-configure#1"): _REFUSED_BEFORE,
    ("chapter_7_configurations.unsupported_codec", "check-configuration-support#2"): (
        "a codec string that is not valid is refused by the step before"
    ),
    ("chapter_7_configurations.other_kind", "check-configuration-support#2"): (
        "a codec string of the other kind is refused by the step before"
    ),
    ("chapter_7_configurations.copied_members", "clone-configuration#3.3"): (
        "one of the variants has members that are no dictionaries"
    ),
    ("chapter_10_image_decoder.close_at_any_moment", "imagedecoder-*"): _AT_ONE_EXTREME,
    ("chapter_10_image_decoder.end_after_close", "imagedecoder-*"): "the stream ends after the loop has been aborted",
    ("chapter_10_image_files.stream", "imagedecoder-update-tracks#6.1.2"): (
        "the parts of small files may arrive at once; then no track changes after it was made"
    ),
}


def unexcused(checked: CheckedClaims, excuses: Mapping[tuple[str, str], str] = UNEXECUTED_CLAIMS) -> list[Claim]:
    """The claims that are not executed and not listed."""
    return [claim for claim in checked.broken if not any(_covers(excuse, claim) for excuse in excuses)]


def unused_excuses(
    checked: CheckedClaims, excuses: Mapping[tuple[str, str], str] = UNEXECUTED_CLAIMS
) -> Iterator[tuple[str, str]]:
    """The entries of the list by which no claim is excused, of scenarios that have run."""
    for excuse in excuses:
        has_run = any(_covers(excuse, claim) for claim in _all(checked))
        if has_run and not any(_covers(excuse, claim) for claim in checked.broken):
            yield excuse


def _all(checked: CheckedClaims) -> Sequence[Claim]:
    return [*checked.kept, *checked.broken]


def _covers(excuse: tuple[str, str], claim: Claim) -> bool:
    scenario, step = excuse
    return fnmatchcase(claim.scenario.partition("?")[0], scenario) and fnmatchcase(claim.step, step)
