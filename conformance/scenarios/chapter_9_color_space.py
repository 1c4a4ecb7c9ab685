"""Chapter 9: VideoColorSpace, its enumerations, and the colour spaces that the spec predefines (§ 1)."""

from collections.abc import Mapping
from functools import partial
from typing import Final, cast

from codecmodel.raw_media.color_space import (
    MATRIX_CODE_POINTS,
    PRIMARIES_CODE_POINTS,
    TRANSFER_CODE_POINTS,
    VideoColorSpaceInit,
    convert_predefined_color_space_to_video_color_space,
    matrix_coefficients_from_h273,
    predefined_color_space,
    primaries_from_h273,
    transfer_characteristics_from_h273,
)
from conformance.fixtures.frames_and_samples import closed, frame_of_frame, new_frame
from conformance.interfaces import VideoColorSpace
from conformance.suite.harness import Test, assert_equals, assert_not_equals, assert_throws_js, promise_test

MEMBERS: Final = ("primaries", "transfer", "matrix", "fullRange")
#: Names and code points of ITU-T H.273, tables 2 to 4.
PRIMARIES: Final = {"bt709": 1, "bt470bg": 5, "smpte170m": 6, "bt2020": 9, "smpte432": 12}
TRANSFERS: Final = {"bt709": 1, "smpte170m": 6, "linear": 8, "iec61966-2-1": 13, "pq": 16, "hlg": 18}
MATRICES: Final = {"rgb": 0, "bt709": 1, "bt470bg": 5, "smpte170m": 6, "bt2020-ncl": 9}

SRGB: Final = ("bt709", "iec61966-2-1", "rgb", True)
DISPLAY_P3: Final = ("smpte432", "iec61966-2-1", "rgb", True)
REC709: Final = ("bt709", "bt709", "bt709", False)


def _new(init: Mapping[str, object]) -> VideoColorSpace:
    return VideoColorSpace(cast("VideoColorSpaceInit", init))


def _values(color_space: VideoColorSpace) -> tuple[object, ...]:
    return color_space.primaries, color_space.transfer, color_space.matrix, color_space.fullRange


@promise_test(
    "a colour space has the members that it was made with; the others are null",
    shows=[
        *[f"dom-videocolorspace-videocolorspace#{step}" for step in ("1", "1.1", "1.2", "1.3", "1.4")],
        "dom-videocolorspace-primaries",
        "dom-videocolorspace-transfer",
        "dom-videocolorspace-matrix",
        "dom-videocolorspace-fullrange",
    ],
)
async def attributes(t: Test) -> None:
    assert_equals(_values(VideoColorSpace()), (None, None, None, None))
    assert_equals(_values(_new({})), (None, None, None, None))
    init = {"primaries": "bt2020", "transfer": "pq", "matrix": "bt2020-ncl", "fullRange": True}
    assert_equals(_values(_new(init)), ("bt2020", "pq", "bt2020-ncl", True))
    for member in MEMBERS:
        expected = tuple(init[member] if name == member else None for name in MEMBERS)
        assert_equals(_values(_new({member: init[member]})), expected, member)
        assert_equals(_values(_new({**init, member: None}))[MEMBERS.index(member)], None, f"{member} is null")
    assert_equals(_new({"fullRange": False}).fullRange, False)


@promise_test("attributes are read-only", shows=["videocolorspace-attributes"])
async def read_only(t: Test) -> None:
    color_space = VideoColorSpace()
    for name in MEMBERS:
        assert_throws_js(AttributeError, partial(setattr, color_space, name, None), name)


@promise_test(
    "a colour space can be made of another, or of its JSON",
    shows=["video-color-space-interface"],
)
async def to_json(t: Test) -> None:
    init: dict[str, object] = {"primaries": "smpte432", "transfer": None, "matrix": "rgb", "fullRange": False}
    color_space = _new(init)
    assert_equals(cast("object", color_space.toJSON()), init)
    assert_equals(_values(VideoColorSpace(color_space.toJSON())), _values(color_space))
    assert_equals(_values(VideoColorSpace(color_space)), _values(color_space))
    color_space.toJSON()["matrix"] = "bt709"
    assert_equals(color_space.matrix, "rgb", "JSON is a copy")
    assert_equals(cast("object", VideoColorSpace().toJSON()), dict.fromkeys(MEMBERS))


@promise_test(
    "values outside the enumerations are refused",
    shows=["videocolorprimaries", "videotransfercharacteristics", "videomatrixcoefficients"],
)
async def other_values(t: Test) -> None:
    for member in ("primaries", "transfer", "matrix"):
        for value in ("bt601", "BT709", "", 1, "unspecified"):
            assert_throws_js(TypeError, partial(_new, {member: value}), f"{member}: {value!r}")
    assert_throws_js(TypeError, partial(_new, {"matrix": "bt2020"}))
    assert_throws_js(TypeError, partial(_new, {"primaries": "bt2020-ncl"}))


@promise_test(
    "every name stands for a code point of H.273, and the other way round",
    shows=[
        "videocolorprimaries",
        "videotransfercharacteristics",
        "videomatrixcoefficients",
        *[f"dom-videocolorprimaries-{name}" for name in PRIMARIES],
        *[f"dom-videotransfercharacteristics-{name}" for name in TRANSFERS],
        *[f"dom-videomatrixcoefficients-{name}" for name in MATRICES],
    ],
)
async def code_points(t: Test) -> None:
    for expected, code_points, from_h273, member in [
        (PRIMARIES, PRIMARIES_CODE_POINTS, primaries_from_h273, "primaries"),
        (TRANSFERS, TRANSFER_CODE_POINTS, transfer_characteristics_from_h273, "transfer"),
        (MATRICES, MATRIX_CODE_POINTS, matrix_coefficients_from_h273, "matrix"),
    ]:
        assert_equals(code_points, expected, member)
        names = {number: name for name, number in expected.items()}
        for number in range(256):
            assert_equals(from_h273(number), names.get(number), f"{member} {number}")
        for name in expected:
            assert_equals(getattr(_new({member: name}), member), name)


@promise_test(
    "frames of RGB are sRGB, others are REC709, unless they say something else",
    shows=[
        *[f"srgb-color-space#{step}" for step in range(1, 5)],
        *[f"rec709-color-space#{step}" for step in range(1, 5)],
        *[f"videoframe-pick-color-space#{step}" for step in range(1, 4)],
        *[f"dom-videoframe-videoframe-data-init#21.{step}" for step in (9, 10, 12)],
    ],
)
async def default_color_spaces(t: Test) -> None:
    for format, expected in [("RGBA", SRGB), ("RGBX", SRGB), ("BGRA", SRGB), ("BGRX", SRGB), ("I420", REC709)]:
        frame = new_frame(bytes(32), format=format)
        closed(t, frame)
        assert_equals(_values(frame.colorSpace), expected, format)
        partial_one = new_frame(bytes(32), format=format, colorSpace={"matrix": "smpte170m"})
        closed(t, partial_one)
        assert_equals(_values(partial_one.colorSpace), (None, None, "smpte170m", None), "nothing is guessed")
        nothing = new_frame(bytes(32), format=format, colorSpace={})
        closed(t, nothing)
        assert_equals(_values(nothing.colorSpace), (None, None, None, None), "nor replaced")
    assert_equals(_values(frame_of_frame(nothing).colorSpace), (None, None, None, None))


@promise_test(
    "the colour space of a closed frame is null throughout",
    shows=["dom-videoframe-colorspace", "dom-videoframe-close"],
)
async def color_space_after_close(t: Test) -> None:
    frame = new_frame()
    color_space = frame.colorSpace
    frame.close()
    assert_equals(_values(frame.colorSpace), (None, None, None, None))
    assert_equals(_values(color_space), REC709, "the object from before is unchanged")


@promise_test(
    "srgb and display-p3 are the predefined colour spaces",
    shows=[
        *[f"srgb-color-space#{step}" for step in range(1, 5)],
        *[f"display-p3-color-space#{step}" for step in range(1, 5)],
        *[f"convert-predefinedcolorspace-to-videocolorspace#{step}" for step in (2, 3)],
    ],
)
async def predefined(t: Test) -> None:
    assert_equals(_values(convert_predefined_color_space_to_video_color_space("srgb")), SRGB)
    assert_equals(_values(convert_predefined_color_space_to_video_color_space("display-p3")), DISPLAY_P3)
    assert_throws_js(TypeError, lambda: predefined_color_space("rec2020", "colorSpace"))
    first = convert_predefined_color_space_to_video_color_space("srgb")
    assert_not_equals(id(convert_predefined_color_space_to_video_color_space("srgb")), id(first), "a new object")
