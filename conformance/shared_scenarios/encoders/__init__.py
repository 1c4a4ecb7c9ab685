"""Scenarios that hold for both encoders, since chapters 5 and 6 of the spec spell out the same steps for them.

Each is written once, here, and belongs to both chapters: with audio to chapter 5, with video to chapter 6.
"""

from collections.abc import Sequence
from typing import Literal

from conformance.media.sources import Source
from conformance.scripted.settings import SETTINGS
from conformance.shared_scenarios.encoders import (
    real_codecs,
    scripted_interface,
    scripted_messages,
    scripted_outputs,
    scripted_resetting,
)
from conformance.suite.harness import Variant

_SCRIPTED = (scripted_interface, scripted_messages, scripted_outputs, scripted_resetting)


def adopt_encoder_scenarios(
    module: str,
    interface: Literal["audioencoder", "videoencoder"],
    *,
    every_codec: Sequence[Variant[Source]],
    any_codec: Variant[Source],
) -> None:
    """Make all scenarios of encoders ``module``'s: on the codecs given, and on a scripted codec of the same kind."""
    kind = interface.removesuffix("encoder")
    settings = [setting for setting in SETTINGS if setting.name.startswith(kind)]
    real_codecs.SCENARIOS.adopt(module, interface, {"every codec": every_codec, "any codec": [any_codec]})
    for shared in _SCRIPTED:
        shared.SCENARIOS.adopt(module, interface, {"every setting": settings})
