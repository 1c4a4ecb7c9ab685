"""Lost H.265 pictures, found by reference picture sets (H.265 § 8.3.1, § 8.3.2)."""

from __future__ import annotations

from typing import Final, NamedTuple

from codecmodel.registry.bit_reader import BitReader, EndOfData
from codecmodel.registry.hevc import HevcSps, ShortTermSet, parse_sps, read_short_term_set
from codecmodel.registry.nal_units import nal_units, without_emulation_prevention

#: Table 7-1. Pictures of even types below 15 are not referred to by others of their sub-layer.
_RADL_AND_RASL: Final = range(6, 10)
_RASL: Final = (8, 9)
_LAST_OF_SUB_LAYERS: Final = 14
_IRAP: Final = range(16, 24)
_BLA: Final = range(16, 19)
_IDR: Final = (19, 20)
_LAST_SLICE: Final = 31
_SPS, _PPS = 33, 34
_END_OF_SEQUENCE, _END_OF_BITSTREAM = 36, 37
#: Bytes of a slice that hold its reference picture set.
_SLICE_START: Final = 512


class _Pps(NamedTuple):
    """The part of a picture parameter set that slice headers need."""

    sps: int
    has_output_flag: bool
    extra_bits: int


class _References(NamedTuple):
    """The reference picture set of a picture: POCs, or the low bits of those of some long-term references."""

    needed: set[int]
    kept: set[int]
    needed_low_bits: set[int]
    kept_low_bits: set[int]


class HevcReferences:
    """Follows the picture order counts (POC) of the pictures that a decoder has, through the chunks of a stream.

    ``length_size`` is the number of bytes of the length before each NAL unit, and 0 in Annex B format. If a chunk
    cannot be read, nothing more is known until the next IDR or BLA picture.
    """

    def __init__(self, length_size: int) -> None:
        self._length_size = length_size
        self._parameters: dict[int, HevcSps] = {}
        self._pictures: dict[int, _Pps] = {}
        self._is_beginning = True
        # Whether the references of RASL pictures are not there, as decoding has begun with their CRA picture.
        self._skips_leading = True
        # The POCs of the pictures that are kept, None if they are not known.
        self._kept: set[int] | None = None
        self._last_order = 0

    def read_parameter_sets(self, units: tuple[bytes, ...]) -> None:
        """Read parameter sets that are not in a chunk."""
        for unit in units:
            self._read_parameter_set(memoryview(unit))

    def is_complete(self, data: bytes) -> bool:
        """Whether the pictures are there that those of the chunk may refer to. Not every loss can be detected."""
        for unit in nal_units(data, self._length_size):
            if len(unit) < 3 or unit[0] & 1 or unit[1] >> 3:
                # Layers above the base layer are not decoded.
                continue
            kind = unit[0] >> 1
            if kind <= _LAST_SLICE:
                # first_slice_segment_in_pic_flag
                if unit[2] & 0x80:
                    try:
                        is_complete = self._follows(unit, kind)
                    except (EndOfData, KeyError):
                        self._kept = None
                        is_complete = True
                    if not is_complete:
                        return False
            elif kind in (_END_OF_SEQUENCE, _END_OF_BITSTREAM):
                self._is_beginning = True
            else:
                self._read_parameter_set(unit)
        return True

    def _read_parameter_set(self, unit: memoryview) -> None:
        try:
            if unit[0] >> 1 == _SPS:
                sps = parse_sps(unit)
                if sps is not None:
                    self._parameters[_sps_id(unit)] = sps
            elif unit[0] >> 1 == _PPS:
                bits = BitReader(without_emulation_prevention(unit), 2)
                number, sps_number = bits.ue_up_to(63), bits.ue_up_to(15)
                bits.skip(1)  # dependent_slice_segments_enabled_flag
                self._pictures[number] = _Pps(sps_number, bits.flag(), bits.bits(3))
        except EndOfData:
            pass

    def _follows(self, slice: memoryview, kind: int) -> bool:
        """Whether the picture that the slice begins has its references. Raises EndOfData, and KeyError."""
        bits = BitReader(without_emulation_prevention(slice[:_SLICE_START]), 2)
        bits.skip(1)  # first_slice_segment_in_pic_flag
        is_irap = kind in _IRAP
        if is_irap:
            bits.skip(1)  # no_output_of_prior_pics_flag
        pps = self._pictures[bits.ue_up_to(63)]
        sps = self._parameters[pps.sps]
        begins = is_irap and (self._is_beginning or kind in _BLA or kind in _IDR)
        order, references = 0, _References(set(), set(), set(), set())
        if kind not in _IDR:
            bits.skip(pps.extra_bits)
            bits.ue()  # slice_type
            bits.skip(pps.has_output_flag + 2 * sps.separate_colour_planes)
            order = self._order(bits.bits(sps.order_bits), sps.order_bits, begins)
            references = _read_references(bits, sps, order)
        if begins:
            self._kept = set()
            self._skips_leading = kind not in _IDR
        elif is_irap:
            self._skips_leading = False
        self._is_beginning = False
        if kind in _RASL and self._skips_leading:
            # It is not decoded.
            return True
        is_complete = begins or self._has(references, sps.order_bits)
        self._keep(references, sps.order_bits, order)
        is_of_lowest_layer = slice[1] & 7 == 1
        if is_of_lowest_layer and kind not in _RADL_AND_RASL and (kind > _LAST_OF_SUB_LAYERS or kind % 2):
            self._last_order = order
        return is_complete

    def _order(self, low_bits: int, count: int, begins: bool) -> int:
        """The POC of a picture (§ 8.3.1)."""
        if begins:
            return low_bits
        period = 1 << count
        last_low = self._last_order % period
        order = self._last_order - last_low + low_bits
        if low_bits < last_low and last_low - low_bits >= period // 2:
            return order + period
        if low_bits > last_low and low_bits - last_low > period // 2:
            return order - period
        return order

    def _has(self, references: _References, count: int) -> bool:
        kept = self._kept
        if kept is None:
            return True
        low_bits = {order % (1 << count) for order in kept}
        return references.needed <= kept and references.needed_low_bits <= low_bits

    def _keep(self, references: _References, count: int, order: int) -> None:
        """Only the pictures of the set stay, and the present one."""
        if self._kept is not None:
            self._kept = {
                each
                for each in self._kept
                if each in references.kept or each % (1 << count) in references.kept_low_bits
            } | {order}


def _sps_id(unit: memoryview) -> int:
    bits = BitReader(without_emulation_prevention(unit), 2)
    bits.skip(4)
    sub_layers = bits.bits(3) + 1
    bits.skip(1 + 96)
    presence = [(bits.flag(), bits.flag()) for _ in range(sub_layers - 1)]
    if sub_layers > 1:
        bits.skip(2 * (8 - (sub_layers - 1)))
    for has_profile, has_level in presence:
        bits.skip((88 if has_profile else 0) + (8 if has_level else 0))
    return bits.ue()


def _read_references(bits: BitReader, sps: HevcSps, order: int) -> _References:
    """The reference picture set of a slice's picture, from short_term_ref_pic_set_sps_flag on. Raises EndOfData."""
    sets = sps.short_term_sets
    short_term: ShortTermSet
    if not bits.flag():
        short_term = read_short_term_set(bits, sets, is_in_slice=True)
    elif sets:
        number = bits.bits((len(sets) - 1).bit_length())
        if number >= len(sets):
            raise EndOfData("there is no such reference picture set")
        short_term = sets[number]
    else:
        raise EndOfData("there is no reference picture set")
    entries = [*short_term.before, *short_term.after]
    needed = {order + distance for distance, is_used in entries if is_used}
    kept = {order + distance for distance, _ in entries}
    needed_low: set[int] = set()
    kept_low: set[int] = set()
    if sps.has_long_term_references:
        known = sps.long_term_references
        by_number = bits.ue_up_to(32) if known else 0
        count = by_number + bits.ue_up_to(32)
        cycles = 0
        for place in range(count):
            if place < by_number:
                low_bits, is_used = known[min(bits.bits((len(known) - 1).bit_length()), len(known) - 1)]
            else:
                low_bits, is_used = bits.bits(sps.order_bits), bits.flag()
            if place in (0, by_number):
                cycles = 0
            if bits.flag():  # delta_poc_msb_present_flag
                cycles += bits.ue()
                period = 1 << sps.order_bits
                full = order - cycles * period - (order % period - low_bits)
                kept.add(full)
                needed |= {full} if is_used else set()
            else:
                kept_low.add(low_bits)
                needed_low |= {low_bits} if is_used else set()
    return _References(needed, kept, needed_low, kept_low)
