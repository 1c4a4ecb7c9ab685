"""CSS colours, and conversion between sRGB and Display P3."""

import numpy as np
import pytest

from codecmodel.web.errors import DOMException
from conformance.wpt.host.browser.css_color import parse_color
from conformance.wpt.host.browser.predefined_colors import convert_colors


@pytest.mark.parametrize(
    ("text", "serialized"),
    [
        ("white", "#ffffff"),
        ("  RebeccaPurple ", "#663399"),
        ("transparent", "rgba(0, 0, 0, 0)"),
        ("#F0a", "#ff00aa"),
        ("#f0a8", "rgba(255, 0, 170, 0.533)"),
        ("#32649680", "rgba(50, 100, 150, 0.5)"),
        ("rgb(50, 100, 150)", "#326496"),
        ("rgba(50, 100, 150, 255)", "#326496"),
        ("rgba(0, 0, 0, 0.5)", "rgba(0, 0, 0, 0.5)"),
        ("rgb(300 -5 127.5)", "#ff0080"),
        ("rgb(10% 20% 30% / 25%)", "rgba(26, 51, 77, 0.25)"),
        ("rgb(none 1e1 .5)", "#000a01"),
        ("color(srgb 1 0.5 0)", "color(srgb 1 0.5 0)"),
        ("color(display-p3 100% 0 -0.25 / 50%)", "color(display-p3 1 0 -0.25 / 0.5)"),
    ],
)
def test_colors(text: str, serialized: str) -> None:
    color = parse_color(text)
    assert color is not None
    assert color.serialized() == serialized


@pytest.mark.parametrize(
    "text",
    [
        *("", "octarine", "#12345", "#ggg", "rgb(1, 2)", "rgb(1, 2%, 3)", "rgb(1 2 3 / )", "rgb(1 / 2 3 4)"),
        *("rgb(1px 2 3)", "color(srgb 1 2)", "color(1 2 3)", "color()", "rgb 1 2 3"),
    ],
)
def test_text_that_is_no_color(text: str) -> None:
    assert parse_color(text) is None


@pytest.mark.parametrize("text", ["hsl(120 100% 50%)", "oklch(0.5 0.1 20)", "color(rec2020 1 0 0)"])
def test_colors_that_are_not_known_here(text: str) -> None:
    with pytest.raises(DOMException) as raised:
        parse_color(text)
    assert raised.value.name == "NotSupportedError"


def test_conversion_to_display_p3() -> None:
    colors = np.array([[50, 100, 150], [255, 255, 255], [0, 0, 0], [255, 0, 0]]) / 255
    converted = convert_colors(colors, "srgb", "display-p3") * 255
    assert np.rint(converted).tolist() == [[62, 99, 146], [255, 255, 255], [0, 0, 0], [234, 51, 35]]


def test_conversion_there_and_back() -> None:
    colors = np.random.default_rng(1).random((100, 3))
    back = convert_colors(convert_colors(colors, "display-p3", "srgb"), "srgb", "display-p3")
    np.testing.assert_allclose(back, colors, atol=1e-12)


def test_red_of_display_p3_is_outside_srgb() -> None:
    red, green, blue = convert_colors(np.array([1.0, 0, 0]), "display-p3", "srgb")
    assert (red, green, blue) == pytest.approx((1.0931, -0.2267, -0.1501), abs=2e-4)
