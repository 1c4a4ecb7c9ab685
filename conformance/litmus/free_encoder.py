"""Encoders that answer as they like, see FreeCodec.

A frame gives a key chunk if that was asked for, and if it is the first of a configuration; otherwise the encoder
chooses the type. Every chunk of sound is a key chunk. At a flush, and when it fails, an encoder of sound may add a
chunk for its delay.
"""

from collections.abc import Sequence
from typing import Final

from codecmodel.configurations.encoder_configurations import AudioEncoderConfig, VideoEncoderConfig
from codecmodel.platform.codec_implementation import (
    AudioInput,
    CodecError,
    CodecRequests,
    EncodedAudioOutput,
    EncodedVideoOutput,
    VideoInput,
)
from conformance.litmus.encoder_subject import OF_NO_CALL
from conformance.litmus.free_codec import BASE, Decides, FreeCodec, Freedoms, OutputT

#: Chunks may come in another order than their frames.
REORDERS: Final = "chunks come in another order"
#: The first chunk of a new configuration may depend on chunks of the old one.
GOES_ON: Final = "reconfiguring needs no key chunk"

#: Sound is counted, so that timestamps behind a gap are not those of the data. They may be those of data before.
COUNTS: Final = "timestamps run through gaps"
#: An AudioEncoder has the channels of its first configuration.
KEEPS_CHANNELS: Final = "an encoder of sound keeps its channels"


class _FreeEncoder(FreeCodec[OutputT]):
    def _drop(self) -> None:
        self._pending = []


class FreeVideoEncoder(_FreeEncoder[EncodedVideoOutput]):
    """A VideoEncoder's."""

    def __init__(self, decides: Decides, freedoms: Freedoms, requests: CodecRequests) -> None:
        super().__init__(decides, freedoms, requests)
        #: The next chunk is a key chunk.
        self._begins = True

    def configure(self, config: VideoEncoderConfig) -> None:
        self._begins |= GOES_ON not in self._freedoms.deviations
        self._pending = []

    def encode(self, input: VideoInput) -> Sequence[EncodedVideoOutput]:
        decide = self._decides.decide
        is_key = self._begins or input.options.get("keyFrame", False) or decide(("delta", "key")) == "key"
        self._begins = False
        output = EncodedVideoOutput(b"", is_key, input.timestamp, None)
        place = len(self._pending)
        if REORDERS in self._freedoms.deviations:
            place = int(decide([str(each) for each in range(place, -1, -1)]))
        self._pending.insert(place, output)
        return self._some()

    def cease(self) -> None:
        super().cease()
        self._begins = True


class FreeAudioEncoder(_FreeEncoder[EncodedAudioOutput]):
    """An AudioEncoder's."""

    def __init__(self, decides: Decides, freedoms: Freedoms, requests: CodecRequests) -> None:
        super().__init__(decides, freedoms, requests)
        #: There was sound since the last flush.
        self._has_delay = False
        #: The channels of the first configuration, and of the last one.
        self._first_channels: int | None = None
        self._channels: int | None = None

    def configure(self, config: AudioEncoderConfig) -> None:
        if KEEPS_CHANNELS in self._freedoms.deviations:
            self._channels = config["numberOfChannels"]
            self._first_channels = self._first_channels or self._channels
        self._is_poisoned = self._has_delay = False
        self._pending = []

    def encode(self, input: AudioInput) -> Sequence[EncodedAudioOutput]:
        is_broken = self._decides.kind_of(input.timestamp) == "broken"
        # Only with that deviation are they known.
        has_other_channels = self._first_channels != self._channels and not is_broken
        if has_other_channels and self._decides.decide(("yes", "no")) == "yes":
            raise CodecError("the number of channels is that of the first configuration")
        if self._gives_output(self._freedoms.broken if is_broken else ("output",)):
            self._has_delay = True
            self._pending.append(EncodedAudioOutput(b"", True, input.timestamp, None))
        return self._some()

    def flush(self) -> Sequence[EncodedAudioOutput]:
        return (*super().flush(), *self._for_delay())

    def drain(self) -> Sequence[EncodedAudioOutput]:
        return (*super().drain(), *self._for_delay())

    def outputs_before_failure(self) -> Sequence[EncodedAudioOutput]:
        outputs = super().outputs_before_failure()
        return outputs if self._pending else (*outputs, *self._for_delay())

    def cease(self) -> None:
        super().cease()
        self._has_delay = False
        self._first_channels = self._channels = None

    def _for_delay(self) -> Sequence[EncodedAudioOutput]:
        if not self._has_delay:
            return ()
        self._has_delay = False
        if self._decides.decide(("no", "yes")) == "no":
            return ()
        return (EncodedAudioOutput(b"", True, BASE + OF_NO_CALL, None),)
