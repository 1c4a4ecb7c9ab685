"""The parts of the spec that are not implemented, or need no code, with the reason for each. Everything else must be
implemented.

If an entry listed here has an @algorithm function all the same, that function is checked. An exclusion that excludes
nothing is an error.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from conformance.steps.model import MAIN_DOCUMENT, Entry


@dataclass(frozen=True)
class Exclusion:
    """Entries that are left out: whole sections of the spec by number ("5", "7.7"), or entries by reference.

    ``references`` may contain ``*``. A reference with a part ("dom-videoframe-videoframe:htmlvideoelement") leaves out
    that list of steps only. ``is_later`` tells entries that are yet to be implemented from those that need no code.
    """

    reason: str
    sections: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    is_later: bool = True

    def covers(self, entry: Entry, part: str = "") -> bool:
        if entry.document == MAIN_DOCUMENT and any(
            entry.section == section or entry.section.startswith(f"{section}.") for section in self.sections
        ):
            return True
        names = [entry.reference, f"{entry.reference}:{part}"] if part else [entry.reference]
        return any(fnmatchcase(name, pattern) for name in names for pattern in self.references)


SCOPE: Final = (
    Exclusion(
        "words for use in the text: the steps say all that depends on them",
        references=("encoded-media-interfaces", "raw-media-interfaces", "sample", "frame"),
        is_later=False,
    ),
    Exclusion(
        "advice to user agents and authors, thanks: nothing that an interface does",
        sections=("12", "13", "14", "15"),
        references=("webcodecs-*/privacy-considerations", "webcodecs-*/security-considerations"),
        is_later=False,
    ),
)


def exclusion_of(entry: Entry, part: str = "", scope: tuple[Exclusion, ...] = SCOPE) -> Exclusion | None:
    """The exclusion that covers an entry, or a list of steps of it."""
    return next((exclusion for exclusion in scope if exclusion.covers(entry, part)), None)
