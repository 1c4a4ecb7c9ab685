"""The attributes that are compared, and their values as values of JSON."""

from collections.abc import Mapping, Sequence
from typing import Final, cast

from conformance.differ.facts import FactValue, plain
from conformance.targets.remote.engine import Function

#: The attributes of each interface that a look compares. Queue sizes are not among them: timing decides those.
ATTRIBUTES: Final[Mapping[str, Sequence[str]]] = {
    "AudioData": ("format", "sampleRate", "numberOfFrames", "numberOfChannels", "duration", "timestamp"),
    "AudioDecoder": ("state",),
    "AudioEncoder": ("state",),
    "EncodedAudioChunk": ("type", "timestamp", "duration", "byteLength"),
    "EncodedVideoChunk": ("type", "timestamp", "duration", "byteLength"),
    "ImageDecoder": ("type", "complete", "tracks.length", "tracks.selectedIndex", "tracks.selectedTrack"),
    "ImageTrack": ("animated", "frameCount", "repetitionCount", "selected"),
    "VideoColorSpace": ("primaries", "transfer", "matrix", "fullRange", "toJSON"),
    "VideoDecoder": ("state",),
    "VideoEncoder": ("state",),
    "VideoFrame": (
        "format", "codedWidth", "codedHeight", "codedRect", "visibleRect", "rotation", "flip", "displayWidth",
        "displayHeight", "duration", "timestamp", "colorSpace",
    ),
}  # fmt: skip
_RECT: Final = ("x", "y", "width", "height")
#: Attributes of outputs that a codec does not choose. It chooses formats, coded sizes and the length of chunks.
OF_OUTPUTS: Final[Mapping[str, Sequence[str]]] = {
    "AudioData": ("timestamp", "numberOfFrames", "numberOfChannels", "sampleRate"),
    "EncodedAudioChunk": ("type", "timestamp", "duration"),
    "EncodedVideoChunk": ("type", "timestamp", "duration"),
    "VideoFrame": ("timestamp", "duration", "displayWidth", "displayHeight", "rotation", "flip"),
}
#: Members of a decoderConfig that follow from the encoder's configuration.
OF_DECODER_CONFIGS: Final = (
    "codec",
    "codedWidth",
    "codedHeight",
    "sampleRate",
    "numberOfChannels",
    "rotation",
    "flip",
)


def seen(value: object) -> FactValue:
    """The value of an attribute; of a rectangle or of a colour space, its members."""
    name = type(value).__name__
    if name == "VideoColorSpace":
        return {member: plain(getattr(value, member)) for member in ("primaries", "transfer", "matrix", "fullRange")}
    if name in ("DOMRectReadOnly", "DOMRect"):
        return {member: plain(getattr(value, member)) for member in _RECT}
    if name == "ImageTrack":
        return {member: plain(getattr(value, member)) for member in ATTRIBUTES["ImageTrack"]}
    if callable(value):
        return plain(cast("Function", value)())
    return plain(value)
