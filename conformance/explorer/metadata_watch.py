"""The invariants that only encoders have: of key frames, and of the metadata of chunks."""

from collections.abc import Callable, Mapping
from typing import Final, cast

from conformance.explorer.invariants import Violation, short
from conformance.scripted.scripted_codec import ScriptedPlatform

#: The meaning of each invariant.
ENCODER_INVARIANTS: Final = {
    "key frames": "the codec is asked for a key frame where the program asks for one, and nowhere else",
    "metadata": "a chunk has the decoderConfig of its own configuration if the chunk before it had another, or none",
}

#: Members that tell of the past, and on which the further course does not depend.
HISTORY: Final = frozenset({"_read", "_violated"})


class MetadataWatch:
    """Watches one encoder. ``violated`` is called with every violation.

    ``config`` is the number of its configuration, which is that of an earlier one if their chunks are decoded alike.
    """

    def __init__(self, platform: ScriptedPlatform, violated: Callable[[Violation], None]) -> None:
        self.config = 0
        self._platform = platform
        self._violated = violated
        # Of each request: the number of its configuration, and whether it asks for a key frame.
        self._requests: dict[int, tuple[int, bool]] = {}
        # The configuration that the last chunk had.
        self._announced: int | None = None
        self._read = 0

    def requested(self, number: int, *, is_key: bool) -> None:
        """encode() is called."""
        self._requests[number] = self.config, is_key

    def start_again(self) -> None:
        """The encoder was reset, or closed."""
        self._announced = None

    def after_work(self) -> None:
        """Check the frames that the codec was asked to encode."""
        for encoder in self._platform.video_encoders:
            for input in encoder.inputs[self._read :]:
                self._read += 1
                _, is_key = self._requests[input.timestamp]
                if input.options.get("keyFrame") is not is_key:
                    what = f"the codec is asked for {short(input.timestamp)} as a key frame, or not as one"
                    self._violate("key frames", what)

    def output(self, number: int, metadata: Mapping[str, object]) -> None:
        """A chunk of this request was output."""
        config, _ = self._requests[number]
        # Chunks come in the order of the requests.
        self._requests = {other: kept for other, kept in self._requests.items() if other >= number}
        has_config = "decoderConfig" in metadata
        if has_config != (config != self._announced):
            what = "has a decoderConfig" if has_config else "has no decoderConfig"
            self._violate("metadata", f"chunk {short(number)} {what}")
        if has_config:
            decoder_config = cast("Mapping[str, object]", metadata["decoderConfig"])
            if config not in (decoder_config.get("codedWidth"), decoder_config.get("sampleRate")):
                self._violate("metadata", f"chunk {short(number)} has the decoderConfig of another configuration")
        self._announced = config

    def _violate(self, invariant: str, what: str) -> None:
        self._violated(Violation(invariant, what, ENCODER_INVARIANTS[invariant]))
