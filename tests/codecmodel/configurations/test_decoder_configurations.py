"""Decoder configurations: conversion, validity, support, cloning."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecmodel import VideoColorSpace
from codecmodel.configurations.algorithms import check_configuration_support, clone_configuration
from codecmodel.configurations.decoder_configurations import (
    audio_decoder_config,
    description_of,
    hardware_acceleration,
    is_valid_audio_decoder_config,
    is_valid_video_decoder_config,
    video_decoder_config,
)

AUDIO: dict[str, Any] = {"codec": "opus", "sampleRate": 48000, "numberOfChannels": 2}
VIDEO: dict[str, Any] = {"codec": "vp8"}
UNKNOWN_COLOR = {"primaries": None, "transfer": None, "matrix": None, "fullRange": None}

Convert = Callable[[object, str], Any]
IsValid = Callable[[Any], bool]

both = pytest.mark.parametrize(
    ("convert", "is_valid", "minimal"),
    [
        (audio_decoder_config, is_valid_audio_decoder_config, AUDIO),
        (video_decoder_config, is_valid_video_decoder_config, VIDEO),
    ],
    ids=["audio", "video"],
)


def released(data: bytes) -> memoryview:
    view = memoryview(data)
    view.release()
    return view


# Conversion


def test_an_audio_decoder_config_has_no_defaults() -> None:
    assert audio_decoder_config({**AUDIO, "bitrate": 1, "other": 2}, "config") == AUDIO


def test_a_video_decoder_config_has_three_defaults() -> None:
    defaults = {"hardwareAcceleration": "no-preference", "rotation": 0.0, "flip": False}
    assert video_decoder_config({**VIDEO, "width": 1, "other": 2}, "config") == {**VIDEO, **defaults}
    assert video_decoder_config({**VIDEO, **dict.fromkeys(defaults)}, "config") == {**VIDEO, **defaults}


def test_every_member_of_a_video_decoder_config_is_converted() -> None:
    description = bytearray(b"d")
    config = video_decoder_config(
        {
            "codec": "vp8",
            "description": description,
            "codedWidth": 4.5,
            "codedHeight": True,
            "displayAspectWidth": 16,
            "displayAspectHeight": 9,
            "colorSpace": {"primaries": "bt709", "fullRange": 1},
            "hardwareAcceleration": "prefer-software",
            "optimizeForLatency": 1,
            "rotation": -90.5,
            "flip": 1,
        },
        "config",
    )
    assert config == {
        "codec": "vp8",
        "description": b"d",
        "codedWidth": 4,
        "codedHeight": 1,
        "displayAspectWidth": 16,
        "displayAspectHeight": 9,
        "colorSpace": {**UNKNOWN_COLOR, "primaries": "bt709", "fullRange": True},
        "hardwareAcceleration": "prefer-software",
        "optimizeForLatency": True,
        "rotation": -90.5,
        "flip": True,
    }
    assert config["description"] is description


def test_a_color_space_may_be_the_object() -> None:
    color_space = VideoColorSpace({"primaries": "bt2020", "transfer": "pq", "matrix": "bt2020-ncl", "fullRange": False})
    assert video_decoder_config({**VIDEO, "colorSpace": color_space}, "config")["colorSpace"] == {
        "primaries": "bt2020",
        "transfer": "pq",
        "matrix": "bt2020-ncl",
        "fullRange": False,
    }


@both
@pytest.mark.parametrize(
    "wrong",
    [
        {"codec": None},
        {"codec": 8},
        {"codec": b"opus"},
        {"sampleRate": None},
        {"sampleRate": -1},
        {"sampleRate": 2**32},
        {"sampleRate": float("nan")},
        {"numberOfChannels": None},
        {"numberOfChannels": "2"},
        {"description": "avcC"},
        {"description": [1, 2]},
        {"codedWidth": -1},
        {"codedHeight": 2**32},
        {"displayAspectWidth": float("inf")},
        {"displayAspectHeight": "9"},
        {"colorSpace": "bt709"},
        {"colorSpace": {"primaries": "BT709"}},
        {"hardwareAcceleration": "prefer-magic"},
        {"rotation": float("nan")},
        {"rotation": "90"},
    ],
    ids=str,
)
def test_members_of_other_types_are_refused(
    convert: Convert, is_valid: IsValid, minimal: dict[str, Any], wrong: dict[str, object]
) -> None:
    (member,) = wrong
    members = {
        audio_decoder_config: {"codec", "sampleRate", "numberOfChannels", "description"},
        video_decoder_config: {"codec", *wrong} - {"sampleRate", "numberOfChannels"},
    }
    if member in members[convert]:
        with pytest.raises(TypeError):
            convert({**minimal, **wrong}, "config")
    else:
        assert convert({**minimal, **wrong}, "config") == convert(minimal, "config")


def test_hardware_acceleration_is_one_of_three() -> None:
    assert list(hardware_acceleration.values) == ["no-preference", "prefer-hardware", "prefer-software"]


# Validity


@both
@pytest.mark.parametrize("codec", ["", " ", "\t\n\f\r "])
def test_step_1_a_codec_is_not_empty(convert: Convert, is_valid: IsValid, minimal: dict[str, Any], codec: str) -> None:
    assert not is_valid(convert({**minimal, "codec": codec}, "config"))


@both
@pytest.mark.parametrize("codec", ["vp8", " vp8 ", "bogus", "\v", "\N{NO-BREAK SPACE}", "\N{EM SPACE}", "\0"])
def test_step_1_a_codec_of_anything_but_ascii_whitespace_is_not_empty(
    convert: Convert, is_valid: IsValid, minimal: dict[str, Any], codec: str
) -> None:
    assert is_valid(convert({**minimal, "codec": codec}, "config"))


@both
def test_a_description_may_be_empty_and_not_detached(
    convert: Convert, is_valid: IsValid, minimal: dict[str, Any]
) -> None:
    for valid in (b"", b"description", memoryview(b"description"), bytearray()):
        assert is_valid(convert({**minimal, "description": valid}, "config"))
    assert not is_valid(convert({**minimal, "description": released(b"description")}, "config"))


def test_audio_without_rate_or_channels_is_valid_all_the_same() -> None:
    # Whether it is supported is another question.
    assert is_valid_audio_decoder_config(
        audio_decoder_config({"codec": "opus", "sampleRate": 0, "numberOfChannels": 0}, "config")
    )


DIMENSIONS = st.none() | st.integers(0, 2) | st.just(2**32 - 1)


@given(width=DIMENSIONS, height=DIMENSIONS, aspect_width=DIMENSIONS, aspect_height=DIMENSIONS)
def test_steps_2_to_5_dimensions_come_in_pairs_and_are_not_zero(
    width: int | None, height: int | None, aspect_width: int | None, aspect_height: int | None
) -> None:
    config = video_decoder_config(
        {
            **VIDEO,
            "codedWidth": width,
            "codedHeight": height,
            "displayAspectWidth": aspect_width,
            "displayAspectHeight": aspect_height,
        },
        "config",
    )
    pairs = [(width, height), (aspect_width, aspect_height)]
    expected = all(pair == (None, None) or (bool(pair[0]) and bool(pair[1])) for pair in pairs)
    assert is_valid_video_decoder_config(config) is expected


# Support


class AskedPlatform:
    """Gives the same answer for every configuration, and remembers the questions."""

    def __init__(self, answer: bool) -> None:
        self.answer = answer
        self.asked: list[tuple[str, object]] = []

    def supports_audio_decoder(self, config: object) -> bool:
        self.asked.append(("audio", config))
        return self.answer

    def supports_video_decoder(self, config: object) -> bool:
        self.asked.append(("video", config))
        return self.answer


def check_of_audio_decoder(config: Any, platform: AskedPlatform) -> bool:
    return check_configuration_support(config, "audio", platform.supports_audio_decoder)


def check_of_video_decoder(config: Any, platform: AskedPlatform) -> bool:
    return check_configuration_support(config, "video", platform.supports_video_decoder)


checks = pytest.mark.parametrize(
    ("kind", "check", "config", "of_the_other_kind"),
    [("audio", check_of_audio_decoder, AUDIO, "vp8"), ("video", check_of_video_decoder, VIDEO, "opus")],
    ids=["audio", "video"],
)
Check = Callable[[Any, AskedPlatform], bool]


@checks
@pytest.mark.parametrize("codec", ["", "bogus", "VP8", "vp8 ", " opus", "vp9", "avc1", "vp8,opus"])
def test_step_1_an_unknown_or_ambiguous_codec_is_not_supported(
    kind: str, check: Check, config: dict[str, Any], of_the_other_kind: str, codec: str
) -> None:
    platform = AskedPlatform(True)
    assert check({**config, "codec": codec}, platform) is False
    assert check({**config, "codec": of_the_other_kind}, platform) is False
    assert platform.asked == []


@checks
@pytest.mark.parametrize("answer", [True, False])
def test_steps_2_4_and_5_the_platform_supports_the_rest_or_does_not(
    kind: str, check: Check, config: dict[str, Any], of_the_other_kind: str, answer: bool
) -> None:
    platform = AskedPlatform(answer)
    assert check(config, platform) is answer
    assert platform.asked == [(kind, config)]


# Cloning


def test_a_clone_is_deep() -> None:
    description = bytearray(b"description")
    config = video_decoder_config(
        {**VIDEO, "description": description, "colorSpace": {"primaries": "bt709"}, "rotation": 90}, "config"
    )
    clone = clone_configuration(config)
    assert clone == config
    assert clone is not config
    config["colorSpace"]["primaries"] = "bt2020"
    config["rotation"] = 180
    description[:] = b"overwritten"
    assert clone == {
        "codec": "vp8",
        "description": b"description",
        "colorSpace": {**UNKNOWN_COLOR, "primaries": "bt709"},
        "hardwareAcceleration": "no-preference",
        "rotation": 90.0,
        "flip": False,
    }


def test_a_clone_has_the_members_that_exist() -> None:
    assert clone_configuration(audio_decoder_config(AUDIO, "config")) == AUDIO
    empty = clone_configuration(audio_decoder_config({**AUDIO, "description": bytearray()}, "config"))
    assert empty == {**AUDIO, "description": b""}


@both
@pytest.mark.parametrize("buffer", [b"xdescriptionx", bytearray(b"xdescriptionx")])
def test_the_description_of_a_clone_is_the_part_given(
    convert: Convert, is_valid: IsValid, minimal: dict[str, Any], buffer: Any
) -> None:
    clone = clone_configuration(convert({**minimal, "description": memoryview(buffer)[1:-1]}, "config"))
    assert clone["description"] == b"description"
    assert type(clone["description"]) is bytes


@both
@pytest.mark.parametrize(
    ("description", "expected"),
    [(None, None), (b"", None), (b"d", b"d"), (memoryview(b"xd")[1:], b"d"), (bytearray(), None)],
)
def test_the_description_is_its_bytes_or_none(
    convert: Convert, is_valid: IsValid, minimal: dict[str, Any], description: object, expected: bytes | None
) -> None:
    assert description_of(convert({**minimal, "description": description}, "config")) == expected
