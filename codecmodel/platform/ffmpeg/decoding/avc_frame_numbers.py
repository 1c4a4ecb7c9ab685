"""Lost H.264 pictures, found by frame_num (H.264 § 7.4.3)."""

from typing import Final

from codecmodel.registry.avc import AvcSps, parse_sps
from codecmodel.registry.bit_reader import BitReader, EndOfData
from codecmodel.registry.nal_units import nal_units, without_emulation_prevention

_SLICES: Final = range(1, 6)
_IDR, _SPS, _PPS = 5, 7, 8
#: Bytes of a slice that hold everything up to frame_num.
_SLICE_START: Final = 32
#: The frame_num that the picture after one with memory_management_control_operation 5 may have.
_AFTER_RESET: Final = (0, 1)


class AvcFrameNumbers:
    """Follows frame_num, which counts the reference pictures, through the chunks of a stream.

    FFmpeg's error detection does not tell of all lost pictures. ``length_size`` is the number of
    bytes of the length before each NAL unit, and 0 in Annex B format.
    """

    def __init__(self, length_size: int) -> None:
        self._length_size = length_size
        self._parameters: dict[int, AvcSps] = {}
        #: pic_parameter_set_id → seq_parameter_set_id
        self._pictures: dict[int, int] = {}
        self._last_reference: int | None = None

    def read_parameter_sets(self, units: tuple[bytes, ...]) -> None:
        """Read parameter sets that are not in a chunk."""
        for unit in units:
            self._read_parameter_set(memoryview(unit))

    def is_complete(self, data: bytes) -> bool:
        """Whether no reference picture is missing before the chunk. Not every loss can be detected."""
        for unit in nal_units(data, self._length_size):
            unit_type = unit[0] & 0x1F
            if unit_type in _SLICES:
                try:
                    return self._follows(unit, is_reference=bool(unit[0] & 0x60), is_idr=unit_type == _IDR)
                except EndOfData:
                    return True
            self._read_parameter_set(unit)
        return True

    def _read_parameter_set(self, unit: memoryview) -> None:
        try:
            if unit[0] & 0x1F == _SPS:
                sps = parse_sps(unit)
                if sps is not None:
                    self._parameters[BitReader(without_emulation_prevention(unit), 4).ue()] = sps
            elif unit[0] & 0x1F == _PPS:
                bits = BitReader(without_emulation_prevention(unit), 1)
                self._pictures[bits.ue()] = bits.ue()
        except EndOfData:
            pass

    def _follows(self, slice: memoryview, *, is_reference: bool, is_idr: bool) -> bool:
        bits = BitReader(without_emulation_prevention(slice[:_SLICE_START]), 1)
        bits.ue()  # first_mb_in_slice
        bits.ue()  # slice_type
        sps = self._parameters.get(self._pictures.get(bits.ue(), -1))
        if sps is None:
            return True
        if sps.separate_colour_planes:
            bits.skip(2)
        number = bits.bits(sps.max_frame_num.bit_length() - 1)
        last = self._last_reference
        is_complete = (
            is_idr
            or last is None
            or sps.gaps_in_frame_num_allowed
            or number in (last, (last + 1) % sps.max_frame_num, *_AFTER_RESET)
        )
        if is_reference or last is None:
            self._last_reference = number
        return is_complete
