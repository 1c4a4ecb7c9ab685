"""Scenarios that hold for both decoders, since chapters 3 and 4 of the spec spell out the same steps for them.

Each is written once, here, and belongs to both chapters: with audio to chapter 3, with video to chapter 4.
"""

from collections.abc import Sequence
from typing import Literal

from conformance.media.material import Material
from conformance.shared_scenarios.decoders import (
    configuring,
    decoding,
    dequeueing,
    errors,
    flushing,
    resetting,
    supporting,
)
from conformance.suite.harness import Variant

_MODULES = (configuring, decoding, dequeueing, errors, flushing, resetting, supporting)


def adopt_decoder_scenarios(
    module: str,
    interface: Literal["audiodecoder", "videodecoder"],
    *,
    every_codec: Sequence[Variant[Material]],
    broken_chunks: Sequence[Variant[Material]],
    any_codec: Variant[Material],
) -> None:
    """Make all scenarios of decoders ``module``'s, with the variants of its interface."""
    for shared in _MODULES:
        shared.SCENARIOS.adopt(
            module,
            interface,
            {"every codec": every_codec, "broken chunks": broken_chunks, "any codec": [any_codec]},
        )
