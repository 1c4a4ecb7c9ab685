"""The setup of a script that runs programs in a browser or in Node."""

import base64
from collections.abc import Mapping
from typing import TypeAlias

from conformance.litmus.encoder_subject import CHANNELS, HEIGHT, SAMPLE_RATE, WIDTHS
from conformance.litmus.image_subject import FRAME_DURATION, FRAME_INDICES, IMAGE_TYPE, PIECES
from conformance.litmus.runs import STEP, chunks_of, image_file
from conformance.litmus.subjects import Interface, family_of

Setup: TypeAlias = Mapping[str, object]


def setup_of(interface: Interface, *, lanes: int, patience: float, quiet: float) -> Setup:
    """All that the script needs to know, for JSON; see run_on_asyncio()."""
    chunks: dict[str, list[str]] = {}
    if interface == "VideoDecoder" or interface == "AudioDecoder":
        for name, (type, data) in chunks_of(interface).items():
            chunks[name] = [type, base64.b64encode(data).decode()]
    return {
        "interface": interface,
        "family": family_of(interface),
        "chunks": chunks,
        "configurations": {name: {"width": WIDTHS[name], "numberOfChannels": CHANNELS[name]} for name in WIDTHS},
        "height": HEIGHT,
        "sampleRate": SAMPLE_RATE,
        "image": {
            "file": base64.b64encode(image_file()).decode(),
            "type": IMAGE_TYPE,
            "pieces": PIECES,
            "indices": FRAME_INDICES,
            "duration": FRAME_DURATION,
        },
        "step": STEP,
        "lanes": lanes,
        "patience": patience * 1000,
        "quiet": quiet * 1000,
    }
