"""The common part of the families of programs: steps, and members with usual and with odd values."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final, get_args

from codecmodel.raw_media.audio_sample_format import AudioSampleFormat
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from conformance.campaigns.case import Part, Value

PIXEL_FORMATS: Final[Sequence[Value]] = get_args(VideoPixelFormat)
SAMPLE_FORMATS: Final[Sequence[Value]] = get_args(AudioSampleFormat)
#: Integers of microseconds, usual and odd ones. All are numbers of JavaScript, exactly.
TIMES: Final[Sequence[Value]] = (
    0,
    1,
    -1,
    40_000,
    2**53 - 1,
    -(2**53) + 1,
    0.5,
    -0.9,
    float("nan"),
    float("inf"),
    2**53,
)
DURATIONS: Final[Sequence[Value]] = (0, 1, 40_000, 2**53 - 1, 0.5, -1, float("nan"), 2**53)
COLOR_SPACES: Final[Sequence[Value]] = (
    {},
    {"primaries": "bt709", "transfer": "bt709", "matrix": "bt709", "fullRange": False},
    {"primaries": "bt2020", "transfer": "pq", "matrix": "bt2020-ncl", "fullRange": True},
    {"primaries": "smpte170m", "transfer": "smpte170m", "matrix": "smpte170m"},
    {"primaries": "bt709", "transfer": "iec61966-2-1", "matrix": "rgb", "fullRange": True},
    {"primaries": "smpte432", "transfer": "linear"},
    {"transfer": "hlg"},
    {"matrix": "bt470bg"},
    {"fullRange": True},
    {"primaries": "bt601"},
    {"matrix": ""},
)
RECTS: Final[Sequence[Value]] = (
    {"x": 0, "y": 0, "width": 16, "height": 16},
    {"x": 2, "y": 2, "width": 4, "height": 4},
    {"x": 0, "y": 0, "width": 2, "height": 2},
    {"x": 1, "y": 1, "width": 3, "height": 5},
    {"x": 1, "y": 0, "width": 2, "height": 2},
    {"x": 0, "y": 0, "width": 3, "height": 3},
    {"x": 4, "y": 4, "width": 8, "height": 4},
    {"x": 0, "y": 0, "width": 0, "height": 4},
    {"x": -2, "y": 0, "width": 4, "height": 4},
    {"x": 0, "y": 0, "width": 64, "height": 64},
    {"x": 0.5, "y": 0, "width": 4, "height": 4.5},
    {"x": 0, "y": 0, "width": float("inf"), "height": 4},
    {"width": 4, "height": 4},
    {},
)
SIZES: Final[Sequence[Value]] = (1, 2, 3, 4, 8, 15, 16, 17, 32)


def varied(
    random: Random, usual: Mapping[str, Value], odd: Mapping[str, Sequence[Value]], *, most: int = 2
) -> dict[str, Value]:
    """``usual`` with up to ``most`` members that are left out or have another value. Seldom more than one has."""
    members = dict(usual)
    for _ in range(min(random.choice((0, 1, 1, 1, 2, 2, 3)), most)):
        name = random.choice(sorted({*usual, *odd}))
        if name not in odd or (name in usual and random.random() < 0.1):
            members.pop(name, None)
        else:
            members[name] = random.choice(odd[name])
    return members


def new(name: str, interface: str, *arguments: Value) -> Part:
    """The step that constructs an object."""
    return Part("new", {"as": name, "interface": interface, "arguments": list(arguments)})


def call(on: str, method: str, *arguments: Value, result: str | None = None) -> Part:
    """The step that calls a method, and keeps its result under a name."""
    value: dict[str, Value] = {"on": on, "method": method, "arguments": list(arguments)}
    return Part("call", value if result is None else value | {"as": result})


def look(on: str) -> Part:
    return Part("look", {"on": on})


def copy(on: str, *arguments: Value, size: int | None = None) -> Part:
    """The step that copies, into a buffer of so many bytes, or of the size that allocationSize() tells."""
    value: dict[str, Value] = {"on": on, "arguments": list(arguments)}
    return Part("copy", value if size is None else value | {"size": size})


def wait(on: str, attribute: str) -> Part:
    return Part("wait", {"on": on, "attribute": attribute})


def this(name: str) -> Value:
    """The object of a name, as an argument."""
    return {"$object": name}


def frame_size(format: str, width: int, height: int) -> int:
    """The bytes of a tightly packed frame."""
    if format in ("RGBA", "RGBX", "BGRA", "BGRX"):
        return 4 * width * height
    sample = 2 if format.endswith(("P10", "P12")) else 1
    half_width, half_height = -(-width // 2), -(-height // 2)
    luma = width * height
    if format.startswith("I422"):
        chroma = 2 * half_width * height
    elif format.startswith("I444"):
        chroma = 2 * width * height
    else:
        chroma = 2 * half_width * half_height
    alpha = luma if format[4:5] == "A" else 0
    return sample * (luma + chroma + alpha)
