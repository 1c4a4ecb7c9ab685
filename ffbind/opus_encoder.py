"""libopus, with two settings for which FFmpeg has no options.

They are set through libopus's own function, with a request number (opus_defines.h) and the libopus encoder, which is
the second member of FFmpeg's private structure, after the pointer to its class. To verify that, the encoder is asked
after opening for the settings with which it was opened.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from ctypes import addressof, byref, c_int, c_void_p, sizeof

from ffbind.codec_settings import EncoderSettings, SampleParameters
from ffbind.dictionaries import EMPTY
from ffbind.encoder import Encoder
from ffbind.errors import FFbindError, UnsupportedLibraryError
from ffbind.loading import load

_OK = 0
_SET_SIGNAL, _SET_DTX = 4024, 4016
_GET_APPLICATION, _GET_COMPLEXITY, _GET_PACKET_LOSS = 4001, 4011, 4015
_APPLICATIONS = {"voip": 2048, "audio": 2049, "lowdelay": 2051}


class OpusSignal(enum.IntEnum):
    """The kind of signal that is encoded."""

    AUTO = -1000
    VOICE = 3001
    MUSIC = 3002


class OpusEncoder(Encoder):
    """Encoder("libopus") with settings for the kind of signal and for discontinuous transmission.

    Raises UnsupportedLibraryError if one of them is not the default and libopus cannot be reached; see
    can_reach_libopus().
    """

    def __init__(
        self,
        source: SampleParameters,
        *,
        bit_rate: int | None = None,
        signal: OpusSignal = OpusSignal.AUTO,
        dtx: bool = False,
        options: Mapping[str, str] = EMPTY,
    ) -> None:
        self._signal, self._dtx, self._channels = signal, dtx, source.channels
        # The settings for which libopus is asked to find out whether it is reached.
        known = {"application": "audio", "compression_level": "10", "packet_loss": "0"}
        settings = EncoderSettings(bit_rate=bit_rate, global_header=True)
        super().__init__("libopus", source, settings, options={**known, **options})

    def _apply(self) -> None:
        super()._apply()
        if self._signal is OpusSignal.AUTO and not self._dtx:
            return
        encoder = self._libopus_encoder()
        control = self._library.avcodec.opus_multistream_encoder_ctl
        for request, value in ((_SET_SIGNAL, int(self._signal)), (_SET_DTX, int(self._dtx))):
            if control(encoder, request, value) != _OK:
                raise FFbindError(f"libopus refused {value} for its setting {request}")

    def _libopus_encoder(self) -> int:
        if not can_reach_libopus():
            raise UnsupportedLibraryError("libopus cannot be reached through this libavcodec")
        # The private structure is the child that has the encoder's private options.
        private = self._library.avutil.av_opt_child_next(addressof(self._fields), None)
        encoder = c_void_p.from_address(private + sizeof(c_void_p)).value
        if not encoder or encoder % sizeof(c_int):
            raise UnsupportedLibraryError("FFmpeg's structure for libopus is not known")
        options = self._options
        expected: dict[int, int] = {
            _GET_APPLICATION: _APPLICATIONS[options["application"]],
            _GET_COMPLEXITY: int(options["compression_level"]),
            _GET_PACKET_LOSS: int(options["packet_loss"]),
        }
        # The number of channels comes first in libopus's own structure.
        found = c_int.from_address(encoder).value == self._channels
        for request, value in expected.items():
            answer = c_int()
            if not found or self._library.avcodec.opus_multistream_encoder_ctl(encoder, request, byref(answer)) != _OK:
                raise UnsupportedLibraryError("FFmpeg's structure for libopus is not known")
            found = answer.value == value
        if not found:
            raise UnsupportedLibraryError("FFmpeg's structure for libopus is not known")
        return encoder


def can_reach_libopus() -> bool:
    """Whether libavcodec is linked to a libopus whose functions can be called."""
    return load().avcodec.has("opus_multistream_encoder_ctl")
