"""Scenarios that hold for both encoders, since chapters 5 and 6 of the spec spell out the same steps for them.

Each is written once, here, and belongs to both chapters: with audio to chapter 5, with video to chapter 6.
"""

from collections.abc import Sequence
from typing import Literal

from conformance.media.sources import Source
from conformance.scripted.settings import SETTINGS
from conformance.shared_scenarios.encoders import (
    flushing,
    interface,
    outputs,
    real_codecs,
    resetting,
    scripted_messages,
    scripted_outputs,
    scripted_resetting,
)
from conformance.shared_scenarios.template import Needs
from conformance.suite.harness import Variant

_REAL = (interface, real_codecs, outputs, flushing, resetting)
_SCRIPTED = (scripted_messages, scripted_outputs, scripted_resetting)


def adopt_encoder_scenarios(
    module: str,
    chosen: Literal["audioencoder", "videoencoder"],
    *,
    every_codec: Sequence[Variant[Source]],
    each_codec_once: Sequence[Variant[Source]],
    any_codec: Variant[Source],
) -> None:
    """Make all scenarios of encoders ``module``'s: on the codecs given, and on a scripted codec of the same kind.

    ``every_codec`` has each codec in every mode of latency.
    """
    kind = chosen.removesuffix("encoder")
    settings = [setting for setting in SETTINGS if setting.name.startswith(kind)]
    variants: dict[Needs, Sequence[Variant[Source]]] = {
        "every codec": every_codec,
        "each codec once": each_codec_once,
        "any codec": [any_codec],
    }
    for real in _REAL:
        real.SCENARIOS.adopt(module, chosen, variants)
    for shared in _SCRIPTED:
        shared.SCENARIOS.adopt(module, chosen, {"every setting": settings})
