"""A kind of inputs whose executions fail by the state of their process alone."""

from collections.abc import Sequence
from itertools import count
from typing import Final

from conformance.campaigns.case import Part
from conformance.campaigns.kinds import Kind
from tests.conformance.campaigns.faulty import draw

_numbers = count(1)


async def second(parts: Sequence[Part]) -> None:
    if next(_numbers) == 2:
        raise ZeroDivisionError("the second execution")


KINDS: Final = {"second": Kind(draw, second, "a seeded fault")}
