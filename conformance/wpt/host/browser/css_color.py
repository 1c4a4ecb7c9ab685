"""CSS colours (CSS Color 4): parsed in the way in which a canvas parses fillStyle, and serialized as it does."""

import math
import re
from typing import Final, NamedTuple, cast

from codecmodel.raw_media.color_space import PredefinedColorSpace
from codecmodel.web.errors import DOMException

# CSS Color 4 § 6.1, by hue.
_NAMED: Final[dict[str, str]] = dict(
    re.findall(
        r"(\w+)=(\w+)",
        """
black=000000 white=ffffff gray=808080 grey=808080 silver=c0c0c0 darkgray=a9a9a9 darkgrey=a9a9a9 dimgray=696969
dimgrey=696969 lightgray=d3d3d3 lightgrey=d3d3d3 gainsboro=dcdcdc whitesmoke=f5f5f5 slategray=708090 slategrey=708090
darkslategray=2f4f4f darkslategrey=2f4f4f lightslategray=778899 lightslategrey=778899 snow=fffafa ivory=fffff0
honeydew=f0fff0 mintcream=f5fffa azure=f0ffff aliceblue=f0f8ff ghostwhite=f8f8ff seashell=fff5ee beige=f5f5dc
oldlace=fdf5e6 floralwhite=fffaf0 antiquewhite=faebd7 linen=faf0e6 lavenderblush=fff0f5 mistyrose=ffe4e1
red=ff0000 maroon=800000 darkred=8b0000 firebrick=b22222 crimson=dc143c indianred=cd5c5c lightcoral=f08080
salmon=fa8072 darksalmon=e9967a lightsalmon=ffa07a coral=ff7f50 tomato=ff6347 orangered=ff4500 darkorange=ff8c00
orange=ffa500 gold=ffd700 pink=ffc0cb lightpink=ffb6c1 hotpink=ff69b4 deeppink=ff1493 mediumvioletred=c71585
palevioletred=db7093 yellow=ffff00 lightyellow=ffffe0 lemonchiffon=fffacd lightgoldenrodyellow=fafad2
papayawhip=ffefd5 moccasin=ffe4b5 peachpuff=ffdab9 palegoldenrod=eee8aa khaki=f0e68c darkkhaki=bdb76b
cornsilk=fff8dc blanchedalmond=ffebcd bisque=ffe4c4 navajowhite=ffdead wheat=f5deb3 burlywood=deb887 tan=d2b48c
rosybrown=bc8f8f sandybrown=f4a460 goldenrod=daa520 darkgoldenrod=b8860b peru=cd853f chocolate=d2691e
saddlebrown=8b4513 sienna=a0522d brown=a52a2a lime=00ff00 green=008000 darkgreen=006400 olive=808000
darkolivegreen=556b2f olivedrab=6b8e23 yellowgreen=9acd32 limegreen=32cd32 lawngreen=7cfc00 chartreuse=7fff00
greenyellow=adff2f springgreen=00ff7f mediumspringgreen=00fa9a lightgreen=90ee90 palegreen=98fb98
darkseagreen=8fbc8f mediumseagreen=3cb371 seagreen=2e8b57 forestgreen=228b22 aqua=00ffff cyan=00ffff teal=008080
lightcyan=e0ffff paleturquoise=afeeee aquamarine=7fffd4 mediumaquamarine=66cdaa turquoise=40e0d0
mediumturquoise=48d1cc darkturquoise=00ced1 lightseagreen=20b2aa cadetblue=5f9ea0 darkcyan=008b8b blue=0000ff
navy=000080 darkblue=00008b mediumblue=0000cd midnightblue=191970 royalblue=4169e1 cornflowerblue=6495ed
lightsteelblue=b0c4de steelblue=4682b4 dodgerblue=1e90ff deepskyblue=00bfff lightskyblue=87cefa skyblue=87ceeb
lightblue=add8e6 powderblue=b0e0e6 fuchsia=ff00ff magenta=ff00ff purple=800080 indigo=4b0082 darkmagenta=8b008b
darkviolet=9400d3 darkorchid=9932cc mediumorchid=ba55d3 orchid=da70d6 violet=ee82ee plum=dda0dd thistle=d8bfd8
lavender=e6e6fa mediumpurple=9370db blueviolet=8a2be2 rebeccapurple=663399 slateblue=6a5acd darkslateblue=483d8b
mediumslateblue=7b68ee transparent=00000000
""",
    )
)
_HEX: Final = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_FUNCTION: Final = re.compile(r"([a-z-]+)\(\s*(.*?)\s*\)")
_NUMBER: Final = re.compile(r"([+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?)(%?)")
_OTHER_FUNCTIONS: Final = {"hsl", "hsla", "hwb", "lab", "lch", "oklab", "oklch", "color-mix", "light-dark"}
_OTHER_COLOR_SPACES: Final = {
    *("srgb-linear", "display-p3-linear", "a98-rgb", "prophoto-rgb", "rec2020"),
    *("xyz", "xyz-d50", "xyz-d65"),
}


class Color(NamedTuple):
    """A colour. Components and alpha are nominally from 0 to 1, not premultiplied. Components may be outside the
    gamut.
    """

    color_space: PredefinedColorSpace
    red: float
    green: float
    blue: float
    alpha: float
    #: Whether it was written as ``color()``, which is how it is given back then.
    by_function: bool = False

    def serialized(self) -> str:
        """The colour in the form in which a canvas serializes fillStyle."""
        alpha = _serialized_number(self.alpha)
        if self.by_function:
            components = " ".join(map(_serialized_number, (self.red, self.green, self.blue)))
            return f"color({self.color_space} {components}{'' if self.alpha == 1 else f' / {alpha}'})"
        red, green, blue = (round(component * 255) for component in (self.red, self.green, self.blue))
        if self.alpha == 1:
            return f"#{red:02x}{green:02x}{blue:02x}"
        return f"rgba({red}, {green}, {blue}, {alpha})"


BLACK: Final = Color("srgb", 0, 0, 0, 1)


def parse_color(text: str) -> Color | None:
    """The colour that ``text`` names, or None if it is no colour.

    Known are hexadecimal notation, names, ``rgb()`` and ``rgba()``, and ``color()`` in sRGB and Display P3. Raises
    NotSupportedError for the other notations of CSS Color 4.
    """
    text = text.strip().lower()
    digits = _NAMED.get(text)
    if digits is None and (match := _HEX.fullmatch(text)):
        digits = match[1]
    if digits is not None:
        return _of_digits(digits)
    function = _FUNCTION.fullmatch(text)
    if function is None:
        return None
    name, arguments = function[1], function[2]
    if name in ("rgb", "rgba"):
        return _of_rgb(arguments)
    if name == "color":
        return _of_color_function(arguments)
    if name in _OTHER_FUNCTIONS:
        raise DOMException(f"colours written as {name}() are not supported here", "NotSupportedError")
    return None


def _of_digits(digits: str) -> Color:
    if len(digits) <= 4:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue, *alpha = (byte / 255 for byte in bytes.fromhex(digits))
    return Color("srgb", red, green, blue, alpha[0] if alpha else 1)


def _of_rgb(arguments: str) -> Color | None:
    """A colour in either syntax, with commas or without. It is rounded to bytes, as rgb() demands."""
    if "," in arguments:
        parts = [part.strip() for part in arguments.split(",")]
        if len({part.endswith("%") for part in parts[:3]}) != 1:
            return None
    else:
        parts = _space_separated(arguments)
    if len(parts) not in (3, 4):
        return None
    components = [_number(part, percent_of=255) for part in parts[:3]]
    alpha = _number(parts[3], percent_of=1) if len(parts) == 4 else 1
    if alpha is None or None in components:
        return None
    red, green, blue = (_clamped(math.floor((component or 0) + 0.5) / 255) for component in components)
    return Color("srgb", red, green, blue, _clamped(alpha))


def _of_color_function(arguments: str) -> Color | None:
    color_space, *parts = _space_separated(arguments) or [""]
    if color_space in _OTHER_COLOR_SPACES:
        raise DOMException(f"the colour space {color_space} is not supported here", "NotSupportedError")
    if color_space not in ("srgb", "display-p3") or len(parts) not in (3, 4):
        return None
    numbers = [_number(part, percent_of=1) for part in [*parts, "1"][:4]]
    if None in numbers:
        return None
    red, green, blue, alpha = (number or 0 for number in numbers)
    return Color(cast("PredefinedColorSpace", color_space), red, green, blue, _clamped(alpha), by_function=True)


def _space_separated(arguments: str) -> list[str]:
    """The parts of ``a b c`` or ``a b c / d``. None if the solidus is elsewhere."""
    components, solidus, alpha = arguments.partition("/")
    parts = components.split()
    alphas = alpha.split()
    if len(alphas) != len(solidus):
        return []
    return [*parts, *alphas]


def _number(text: str, percent_of: float) -> float | None:
    if text == "none":
        return 0
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    return float(match[1]) * (percent_of / 100 if match[2] else 1)


def _clamped(value: float) -> float:
    return min(max(value, 0.0), 1.0)


def _serialized_number(value: float) -> str:
    """A fraction of 255 (alpha written in hexadecimal), with as few decimals as give the same byte."""
    if abs(value * 255 - round(value * 255)) < 1e-9:
        value = round(value, 2 if round(round(value, 2) * 255) == round(value * 255) else 3)
    return f"{value:.6f}".rstrip("0").rstrip(".")
