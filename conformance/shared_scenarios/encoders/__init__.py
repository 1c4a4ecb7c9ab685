"""Scenarios that hold for both encoders, since chapters 5 and 6 of the spec spell out the same steps for them.

Each is written once, here, and belongs to both chapters: with audio to chapter 5, with video to chapter 6.
"""

# Each module declares its scenarios when it is imported.
from conformance.shared_scenarios.encoders import (
    real_codecs,
    scripted_interface,
    scripted_messages,
    scripted_outputs,
    scripted_resetting,
)
from conformance.shared_scenarios.encoders.template import adopt

__all__ = [
    "adopt",
    "real_codecs",
    "scripted_interface",
    "scripted_messages",
    "scripted_outputs",
    "scripted_resetting",
]
