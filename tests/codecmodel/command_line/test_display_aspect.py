"""Aspect ratios that no whole number of pixels can express stay exact."""

from fractions import Fraction
from pathlib import Path

import pytest

from codecmodel.command_line.main import main
from codecmodel.files import Demuxer
from codecmodel.files.picture import PictureShape
from tests.codecmodel.files.media import write, x264


@pytest.mark.parametrize("aspect", [(16, 11), (12, 11), (10, 11), (40, 33), (64, 45), (9, 10), (2, 1)])
@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_the_pixel_aspect_stays(aspect: tuple[int, int], extension: str, tmp_path: Path) -> None:
    first = write(tmp_path / f"first.{extension}", x264(sample_aspect_ratio=aspect))
    second, third = tmp_path / f"second.{extension}", tmp_path / f"third.{extension}"
    assert main(["transcode", str(first), str(second), "--quiet"]) == 0
    assert main(["transcode", str(second), str(third), "--quiet"]) == 0
    for path in (first, second, third):
        with Demuxer(path) as demuxer:
            assert demuxer.video_track.display_aspect == Fraction(4 * aspect[0], 3 * aspect[1])
    assert main(["decode", str(third), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    (output,) = (tmp_path / "out").iterdir()
    assert f" A{aspect[0]}:{aspect[1]} ".encode() in output.read_bytes()[:80]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_shape_has_the_aspect_that_it_is_rounded_from(rotation: float) -> None:
    size = (233, 120) if rotation % 180 == 0 else (120, 233)
    shape = PictureShape("I420", 160, 120, *size, rotation, False, {})
    assert shape.has_display_aspect(Fraction(160 * 16, 120 * 11))
    assert not shape.has_display_aspect(Fraction(4, 3))
    assert shape.display_aspect == Fraction(233, 120)
    assert shape.pixel_aspect == Fraction(233, 160)
