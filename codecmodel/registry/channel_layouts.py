"""The channels that a codec means by a number of channels.

A channel mask has a bit for each channel. The bits are those of WAVEFORMATEXTENSIBLE's dwChannelMask, which FFmpeg's
AV_CH_* continue. The channels of AudioData, in the order of their indices, are those of the mask in the order of its
bits, for every codec: FFmpeg's and the browsers' decoders and encoders reorder the channels of AAC, Opus and Vorbis.

Sources: ISO/IEC 14496-3 table 1.19 (channelConfiguration), RFC 9639 § 9.1.3 (FLAC), Vorbis I § 4.3.9, RFC 7845
§ 5.1.1.2 (Opus).
"""

from collections.abc import Mapping
from typing import Final

FRONT_LEFT, FRONT_RIGHT, FRONT_CENTER, LOW_FREQUENCY = 0x1, 0x2, 0x4, 0x8
BACK_LEFT, BACK_RIGHT, BACK_CENTER, SIDE_LEFT, SIDE_RIGHT = 0x10, 0x20, 0x100, 0x200, 0x400

MONO: Final = FRONT_CENTER
STEREO: Final = FRONT_LEFT | FRONT_RIGHT
_THREE: Final = STEREO | FRONT_CENTER
_FIVE: Final = _THREE | BACK_LEFT | BACK_RIGHT
_FIVE_AND_LOW: Final = _FIVE | LOW_FREQUENCY
#: Back centre comes last here, and before the side channels in the other.
_SIX_AND_LOW_BACK: Final = _FIVE_AND_LOW | BACK_CENTER
_SIX_AND_LOW_SIDE: Final = _THREE | LOW_FREQUENCY | BACK_CENTER | SIDE_LEFT | SIDE_RIGHT
_SEVEN_AND_LOW: Final = _FIVE_AND_LOW | SIDE_LEFT | SIDE_RIGHT

_AAC: Final[Mapping[int, int]] = {
    1: MONO,
    2: STEREO,
    3: _THREE,
    4: _THREE | BACK_CENTER,
    5: _FIVE,
    6: _FIVE_AND_LOW,
    7: _SIX_AND_LOW_BACK,
    8: _SEVEN_AND_LOW,
}
#: FLAC, Vorbis, and Opus with channel mapping family 1.
_XIPH: Final[Mapping[int, int]] = {
    **_AAC,
    4: STEREO | BACK_LEFT | BACK_RIGHT,
    7: _SIX_AND_LOW_SIDE,
}
_LAYOUTS: Final[Mapping[str, Mapping[int, int]]] = {
    "aac": _AAC,
    "mp3": {1: MONO, 2: STEREO},
    "opus": _XIPH,
    "flac": _XIPH,
    "vorbis": _XIPH,
}


def channel_mask(codec: str, channels: int) -> int | None:
    """The mask of a codec's number of channels, or None if the codec gives the channels no meaning, as PCM does.

    ``codec`` is CodecString.codec, as in "aac".
    """
    return _LAYOUTS.get(codec, {}).get(channels)
