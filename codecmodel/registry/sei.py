"""SEI messages of H.264 (§ 7.3.2.3) and H.265 (§ 7.3.5)."""

from collections.abc import Iterator

from codecmodel.registry.codec_string import Data
from codecmodel.registry.nal_units import without_emulation_prevention


def sei_messages(unit: Data, header_size: int) -> Iterator[tuple[int, bytes]]:
    """The payloadType and the payload of each message of an SEI NAL unit. A payload that is cut off is shorter.

    ``header_size`` is the number of bytes of the NAL unit's header.
    """
    payload = without_emulation_prevention(unit)
    position = header_size

    def read_number() -> int:
        nonlocal position
        number = 0
        while position < len(payload):
            number += payload[position]
            position += 1
            if payload[position - 1] != 0xFF:
                break
        return number

    # A message has at least two bytes, and the trailing bits have one.
    while position + 2 < len(payload):
        message_type, size = read_number(), read_number()
        yield message_type, payload[position : position + size]
        position += size
