"""DOMRectReadOnly."""

import copy
import math
import pickle

import pytest

from codecmodel.raw_media.dom_rect import DOMRectReadOnly, dom_rect_init
from codecmodel.web.structured_data import structured_clone, structured_deserialize, structured_serialize


def test_attributes() -> None:
    rect = DOMRectReadOnly(1, 2, 30, 40)
    assert (rect.x, rect.y, rect.width, rect.height) == (1.0, 2.0, 30.0, 40.0)
    assert (rect.left, rect.top, rect.right, rect.bottom) == (1.0, 2.0, 31.0, 42.0)


def test_edges_of_negative_sizes_are_in_order() -> None:
    rect = DOMRectReadOnly(10, 20, -3, -4)
    assert (rect.left, rect.top, rect.right, rect.bottom) == (7.0, 16.0, 10.0, 20.0)


def test_not_a_number_is_handed_on() -> None:
    rect = DOMRectReadOnly(math.nan, 0, 1, math.nan)
    assert all(math.isnan(edge) for edge in (rect.left, rect.top, rect.right, rect.bottom))


def test_json_has_all_eight_numbers() -> None:
    assert DOMRectReadOnly(1, 2, 3, 4).toJSON() == {
        "x": 1,
        "y": 2,
        "width": 3,
        "height": 4,
        "top": 2,
        "right": 4,
        "bottom": 6,
        "left": 1,
    }


def test_from_rect_defaults_to_zero_and_takes_other_rects() -> None:
    assert DOMRectReadOnly.fromRect() == DOMRectReadOnly(0, 0, 0, 0)
    assert DOMRectReadOnly.fromRect({"width": 5}) == DOMRectReadOnly(0, 0, 5, 0)
    assert DOMRectReadOnly.fromRect(DOMRectReadOnly(1, 2, 3, 4)) == DOMRectReadOnly(1, 2, 3, 4)


def test_equal_rects_are_equal_and_hash_alike() -> None:
    assert DOMRectReadOnly(1, 2, 3, 4) == DOMRectReadOnly(1.0, 2.0, 3.0, 4.0)
    assert hash(DOMRectReadOnly(1, 2, 3, 4)) == hash(DOMRectReadOnly(1.0, 2.0, 3.0, 4.0))
    assert DOMRectReadOnly(1, 2, 3, 4) != DOMRectReadOnly(1, 2, 3, 5)
    assert DOMRectReadOnly() != (0, 0, 0, 0)


def test_it_does_not_change() -> None:
    with pytest.raises(AttributeError):
        DOMRectReadOnly().x = 1  # type: ignore[misc]


def test_conversion() -> None:
    assert dom_rect_init({"x": math.inf}, "rect") == {"x": math.inf, "y": 0.0, "width": 0.0, "height": 0.0}
    with pytest.raises(TypeError, match=r"DOMRectInit\.width is not a number"):
        dom_rect_init({"width": "4"}, "rect")
    with pytest.raises(TypeError, match="rect is not a DOMRectInit"):
        dom_rect_init(4, "rect")


def test_rectangles_are_cloned_stored_and_pickled() -> None:
    rect = DOMRectReadOnly(1, 2.5, -3, 4)
    for clone in (
        structured_clone([rect])[0],
        structured_deserialize(structured_serialize(rect, for_storage=True)),
        copy.copy(rect),
        pickle.loads(pickle.dumps(rect)),
    ):
        assert clone == rect
        assert clone is not rect
