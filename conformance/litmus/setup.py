"""The setup of a script that runs programs in a browser or in Node."""

import base64
from collections.abc import Mapping
from typing import TypeAlias

from conformance.litmus.encoder_subject import CHANNELS, HEIGHT, SAMPLE_RATE, WIDTHS
from conformance.litmus.image_subject import FRAME_DURATION, FRAME_INDICES, REDUCED, SELECTIONS, is_stream
from conformance.litmus.runs import STEP, chunks_of, image_file
from conformance.litmus.subjects import Interface, family_of, is_image_interface

Setup: TypeAlias = Mapping[str, object]


def setup_of(interface: Interface, *, lanes: int, patience: float, quiet: float) -> Setup:
    """All that the script needs to know, for JSON; see run_on_asyncio()."""
    chunks: dict[str, list[str]] = {}
    if interface == "VideoDecoder" or interface == "AudioDecoder":
        for name, (type, data) in chunks_of(interface).items():
            chunks[name] = [type, base64.b64encode(data).decode()]
    image: dict[str, object] = {}
    if is_image_interface(interface):
        file = image_file(interface)
        image = {
            "file": base64.b64encode(file.data).decode(),
            "type": file.type,
            "ends": file.ends,
            "isStream": is_stream(interface),
            "indices": FRAME_INDICES,
            "reduced": REDUCED,
            "selections": SELECTIONS,
            "duration": FRAME_DURATION,
        }
    return {
        "interface": interface.split()[0],
        "family": family_of(interface),
        "chunks": chunks,
        "configurations": {name: {"width": WIDTHS[name], "numberOfChannels": CHANNELS[name]} for name in WIDTHS},
        "height": HEIGHT,
        "sampleRate": SAMPLE_RATE,
        "image": image,
        "step": STEP,
        "lanes": lanes,
        "patience": patience * 1000,
        "quiet": quiet * 1000,
    }
