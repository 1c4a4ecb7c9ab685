"""The number of samples that a packet is decoded to, as the packet itself tells.

Containers round durations to their own unit, and shorten the last one to the end of the sound.
"""

from collections.abc import Mapping
from typing import Final

#: RFC 6716 § 3.1: samples at 48 kHz in a frame, by the configuration in the upper five bits of the first byte.
_SILK_FRAMES: Final = (480, 960, 1920, 2880)
_HYBRID_FRAMES: Final = (480, 960)
_CELT_FRAMES: Final = (120, 240, 480, 960)
#: Samples in a frame of AAC (ISO/IEC 14496-3 § 4.5.1.1).
_AAC_FRAME: Final = 1024
#: Samples in a frame of MPEG audio, layer III: from 32 kHz on, and below (ISO/IEC 13818-3 § 2.4.2.1).
_MP3_FRAMES: Final[Mapping[bool, int]] = {True: 1152, False: 576}
_LEAST_RATE_OF_MPEG_1: Final = 32_000


def samples_in_packet(codec_name: str, packet: bytes, sample_rate: int, told: int, usual: int) -> int:
    """The samples that come out of a packet, for a codec by FFmpeg's name.

    ``told`` is the number that the container tells, 0 if it tells none. It counts for codecs whose packets do not tell
    the number. ``usual`` is the first number that it told of the track, and decides the frames in a packet of AAC.
    """
    match codec_name:
        case "opus":
            return _opus(packet) or told
        case "flac":
            return _flac(packet) or told
        case "aac":
            return max(1, round(usual / _AAC_FRAME)) * _AAC_FRAME
        case "mp3":
            return _MP3_FRAMES[sample_rate >= _LEAST_RATE_OF_MPEG_1]
        case _:
            return told


def _opus(packet: bytes) -> int:
    """RFC 6716 § 3.1 and § 3.2."""
    if not packet:
        return 0
    configuration, code = packet[0] >> 3, packet[0] & 3
    if configuration < 12:
        frame = _SILK_FRAMES[configuration % 4]
    elif configuration < 16:
        frame = _HYBRID_FRAMES[configuration % 2]
    else:
        frame = _CELT_FRAMES[configuration % 4]
    if code == 3:
        return frame * (packet[1] & 0x3F) if len(packet) > 1 else 0
    return frame * (1 if code == 0 else 2)


def _flac(packet: bytes) -> int:
    """The block size in a frame header (RFC 9639 § 9.1)."""
    if len(packet) < 7:
        return 0
    code = packet[2] >> 4
    if code == 1:
        return 192
    if 2 <= code <= 5:
        return 576 << code - 2
    if code >= 8:
        return 256 << code - 8
    # The size follows a number of one to seven bytes, whose first byte tells how many.
    first = packet[4]
    length = 1 if first < 0x80 else 8 - (first ^ 0xFF).bit_length()
    place = 4 + length
    if code == 6:
        return packet[place] + 1
    return int.from_bytes(packet[place : place + 2], "big") + 1 if code == 7 else 0
