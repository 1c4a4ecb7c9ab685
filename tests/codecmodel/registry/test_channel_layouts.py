"""The table of channel layouts."""

import pytest

from codecmodel.registry.channel_layouts import channel_mask


@pytest.mark.parametrize(
    ("codec", "masks"),
    [
        ("aac", [0x4, 0x3, 0x7, 0x107, 0x37, 0x3F, 0x13F, 0x63F, None]),
        ("flac", [0x4, 0x3, 0x7, 0x33, 0x37, 0x3F, 0x70F, 0x63F, None]),
        ("opus", [0x4, 0x3, 0x7, 0x33, 0x37, 0x3F, 0x70F, 0x63F, None]),
        ("vorbis", [0x4, 0x3, 0x7, 0x33, 0x37, 0x3F, 0x70F, 0x63F, None]),
        ("mp3", [0x4, 0x3, None]),
        ("pcm", [None, None]),
        ("ulaw", [None]),
    ],
)
def test_masks(codec: str, masks: list[int | None]) -> None:
    assert [channel_mask(codec, channels) for channels in range(1, len(masks) + 1)] == masks
    assert channel_mask(codec, 0) is None


def test_a_mask_has_a_bit_for_each_channel() -> None:
    for codec in ("aac", "flac", "opus", "vorbis"):
        assert [(channel_mask(codec, channels) or 0).bit_count() for channels in range(1, 9)] == list(range(1, 9))
