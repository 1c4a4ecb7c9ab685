"""Opus packets of several frames.

Source: RFC 6716 § 3.1 and § 3.2.
"""

from collections.abc import Sequence
from typing import Final

from codecmodel.registry.codec_string import Data

#: Two low bits of the first byte: how many frames there are.
_CODE: Final = 0b11
_ARBITRARY_NUMBER: Final = 3
#: Lengths below this take one byte (§ 3.2.1).
_FIRST_LONG_LENGTH: Final = 252
_LONGEST_FRAME: Final = 1275


def combined_opus_packet(packets: Sequence[Data]) -> bytes | None:
    """One packet of the frames of packets of one frame each, or None if they differ in mode, bandwidth or channels.

    Raises ValueError for packets of several frames, and for frames that are longer than they may be.
    """
    first = packets[0][0]
    if any(packet[0] & _CODE for packet in packets):
        raise ValueError("packets of one frame can be combined")
    if any(packet[0] != first for packet in packets):
        return None
    if len(packets) == 1:
        return bytes(packets[0])
    frames = [bytes(packet[1:]) for packet in packets]
    if any(len(frame) > _LONGEST_FRAME for frame in frames):
        raise ValueError("a frame is too long")
    head = bytes([first | _ARBITRARY_NUMBER])
    if len({len(frame) for frame in frames}) == 1:
        return head + bytes([len(frames)]) + b"".join(frames)
    # The last one's length is what remains.
    lengths = b"".join(_length(len(frame)) for frame in frames[:-1])
    return head + bytes([0x80 | len(frames)]) + lengths + b"".join(frames)


def _length(size: int) -> bytes:
    if size < _FIRST_LONG_LENGTH:
        return bytes([size])
    low = _FIRST_LONG_LENGTH + (size - _FIRST_LONG_LENGTH) % 4
    return bytes([low, (size - low) // 4])
