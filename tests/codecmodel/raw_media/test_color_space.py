"""VideoColorSpace, and code points of H.273."""

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any, cast

import pytest

from codecmodel.raw_media.color_space import (
    MATRIX_CODE_POINTS,
    PRIMARIES_CODE_POINTS,
    TRANSFER_CODE_POINTS,
    VideoColorSpace,
    VideoColorSpaceInit,
    convert_predefined_color_space_to_video_color_space,
    matrix_coefficients_from_h273,
    predefined_color_space,
    primaries_from_h273,
    rec709_color_space,
    transfer_characteristics_from_h273,
)

PRIMARIES = ["bt709", "bt470bg", "smpte170m", "bt2020", "smpte432"]
TRANSFER = ["bt709", "smpte170m", "iec61966-2-1", "linear", "pq", "hlg"]
MATRIX = ["rgb", "bt709", "bt470bg", "smpte170m", "bt2020-ncl"]


def test_json_gives_back_every_combination() -> None:
    names = ("primaries", "transfer", "matrix", "fullRange")
    spaces = product([*PRIMARIES, None], [*TRANSFER, None], [*MATRIX, None], [True, False, None])
    for values in spaces:
        init = cast("VideoColorSpaceInit", dict(zip(names, values, strict=True)))
        color_space = VideoColorSpace(init)
        assert color_space.toJSON() == init
        assert (color_space.primaries, color_space.transfer, color_space.matrix, color_space.fullRange) == values


def test_members_default_to_null() -> None:
    nothing = {"primaries": None, "transfer": None, "matrix": None, "fullRange": None}
    assert VideoColorSpace().toJSON() == nothing
    assert VideoColorSpace({}).toJSON() == nothing
    assert VideoColorSpace({"matrix": "rgb"}).toJSON() == nothing | {"matrix": "rgb"}


def test_a_color_space_makes_another() -> None:
    original = VideoColorSpace({"primaries": "bt2020", "transfer": "pq", "matrix": "bt2020-ncl", "fullRange": False})
    assert VideoColorSpace(original) == original
    assert hash(VideoColorSpace(original)) == hash(original)
    assert original != VideoColorSpace({"primaries": "bt2020", "transfer": "hlg", "matrix": "bt2020-ncl"})


@pytest.mark.parametrize("init", [{"primaries": "bt601"}, {"transfer": "rgb"}, {"matrix": "pq"}, {"matrix": 1}])
def test_values_outside_the_enumerations_are_refused(init: Any) -> None:
    with pytest.raises(TypeError, match="is not a Video"):
        VideoColorSpace(init)


def test_predefined_color_spaces() -> None:
    assert convert_predefined_color_space_to_video_color_space("srgb").toJSON() == {
        "primaries": "bt709",
        "transfer": "iec61966-2-1",
        "matrix": "rgb",
        "fullRange": True,
    }
    assert convert_predefined_color_space_to_video_color_space("display-p3").toJSON() == {
        "primaries": "smpte432",
        "transfer": "iec61966-2-1",
        "matrix": "rgb",
        "fullRange": True,
    }
    assert rec709_color_space().toJSON() == {
        "primaries": "bt709",
        "transfer": "bt709",
        "matrix": "bt709",
        "fullRange": False,
    }
    with pytest.raises(TypeError, match="is not a PredefinedColorSpace: 'rec2020'"):
        predefined_color_space("rec2020", "options")


def test_code_points_of_h273() -> None:
    assert PRIMARIES_CODE_POINTS == {"bt709": 1, "bt470bg": 5, "smpte170m": 6, "bt2020": 9, "smpte432": 12}
    assert TRANSFER_CODE_POINTS == {
        "bt709": 1,
        "smpte170m": 6,
        "iec61966-2-1": 13,
        "linear": 8,
        "pq": 16,
        "hlg": 18,
    }
    assert MATRIX_CODE_POINTS == {"rgb": 0, "bt709": 1, "bt470bg": 5, "smpte170m": 6, "bt2020-ncl": 9}


def test_code_points_lead_back_and_others_are_unknown() -> None:
    pairs: list[tuple[Callable[[int], object], Mapping[Any, int]]] = [
        (primaries_from_h273, PRIMARIES_CODE_POINTS),
        (transfer_characteristics_from_h273, TRANSFER_CODE_POINTS),
        (matrix_coefficients_from_h273, MATRIX_CODE_POINTS),
    ]
    for from_h273, code_points in pairs:
        known = {code_points[name]: name for name in code_points}
        assert [from_h273(code_point) for code_point in range(256)] == [
            known.get(code_point) for code_point in range(256)
        ]
