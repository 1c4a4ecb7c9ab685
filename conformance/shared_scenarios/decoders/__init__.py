"""Scenarios that hold for both decoders, since chapters 3 and 4 of the spec spell out the same steps for them.

Each is written once, here, and belongs to both chapters: with audio to chapter 3, with video to chapter 4.
"""

# Each module declares its scenarios when it is imported.
from conformance.shared_scenarios.decoders import (
    configuring,
    decoding,
    dequeueing,
    errors,
    flushing,
    resetting,
    supporting,
)
from conformance.shared_scenarios.decoders.template import Variants, adopt

__all__ = [
    "Variants",
    "adopt",
    "configuring",
    "decoding",
    "dequeueing",
    "errors",
    "flushing",
    "resetting",
    "supporting",
]
