"""The 64 quantizers that libvpx and libaom offer of the 256 that VP9 and AV1 have."""

from bisect import bisect_left
from typing import Final

#: The index in the bitstream that each quantizer, 0 to 63, stands for (base_q_idx: VP9 § 8.6.1, AV1 § 5.9.12).
QUANTIZER_INDICES: Final = (
    0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 64, 68, 72, 76, 80, 84, 88, 92, 96, 100, 104, 108,
    112, 116, 120, 124, 128, 132, 136, 140, 144, 148, 152, 156, 160, 164, 168, 172, 176, 180, 184, 188, 192, 196, 200,
    204, 208, 212, 216, 220, 224, 228, 232, 236, 240, 244, 249, 255,
)  # fmt: skip


def nearest_quantizer(index: int) -> int:
    """The quantizer whose index in the bitstream is nearest to ``index``; of two that are equally near, the finer."""
    above = bisect_left(QUANTIZER_INDICES, index)
    if above and index - QUANTIZER_INDICES[above - 1] <= QUANTIZER_INDICES[above] - index:
        return above - 1
    return above
