"""Opus packets with several frames.

Source: RFC 6716 § 3.1 and § 3.2.
"""

from collections.abc import Sequence
from typing import Final

from codecmodel.registry.codec_string import Data

#: The two low bits of the first byte have a code for the number of frames.
_CODE: Final = 0b11
_ARBITRARY_NUMBER: Final = 3
#: With that code, the second byte has the number, whether the lengths differ, and whether there is padding.
_DIFFERENT_LENGTHS, _PADDED, _NUMBER = 0x80, 0x40, 0x3F
#: Lengths below this have one byte (§ 3.2.1).
_FIRST_LONG_LENGTH: Final = 252
_LONGEST_FRAME: Final = 1275


def combined_opus_packet(packets: Sequence[Data]) -> bytes | None:
    """One packet with the frames of all packets, which have one frame each. Padding is removed.

    The result is None if the packets differ in mode, bandwidth or channels, or if one has several frames or a frame
    that is too long.
    """
    if len(packets) == 1:
        return bytes(packets[0])
    head = packets[0][0] & ~_CODE
    frames = [_only_frame(packet) for packet in packets]
    if any(packet[0] & ~_CODE != head for packet in packets):
        return None
    known = [frame for frame in frames if frame is not None and len(frame) <= _LONGEST_FRAME]
    if len(known) != len(packets):
        return None
    start = bytes([head | _ARBITRARY_NUMBER])
    if len({len(frame) for frame in known}) == 1:
        return start + bytes([len(known)]) + b"".join(known)
    # The length of the last frame is not written.
    lengths = b"".join(_length(len(frame)) for frame in known[:-1])
    return start + bytes([_DIFFERENT_LENGTHS | len(known)]) + lengths + b"".join(known)


def _only_frame(packet: Data) -> bytes | None:
    """The frame of a packet without its padding (§ 3.2.5), or None if the packet has several frames."""
    code = packet[0] & _CODE
    if code == 0:
        return bytes(packet[1:])
    if code != _ARBITRARY_NUMBER or len(packet) < 2 or packet[1] & _NUMBER != 1:
        return None
    position, padding = 2, 0
    if packet[1] & _PADDED:
        while position < len(packet):
            count = packet[position]
            position += 1
            # 255 means 254 bytes and that another number follows.
            padding += min(count, 254)
            if count < 255:
                break
    end = len(packet) - padding
    return bytes(packet[position:end]) if end >= position else None


def _length(size: int) -> bytes:
    if size < _FIRST_LONG_LENGTH:
        return bytes([size])
    low = _FIRST_LONG_LENGTH + (size - _FIRST_LONG_LENGTH) % 4
    return bytes([low, (size - low) // 4])
