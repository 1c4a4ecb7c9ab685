"""The kinds of inputs of this implementation, which this module breaks: VP9 codec strings are parsed as numbers."""

from codecmodel.registry.vp9 import Vp9CodecString, Vp9Registration
from conformance.campaigns.kinds import KINDS

__all__ = ["KINDS"]

_parse = Vp9Registration.parse


def parse(registration: Vp9Registration, string: str) -> Vp9CodecString | None:
    """Parse the string, with a fault."""
    if string.startswith("vp09."):
        int(string)
    return _parse(registration, string)


setattr(Vp9Registration, "parse", parse)  # noqa: B010 - mypy refuses an assignment to a method
