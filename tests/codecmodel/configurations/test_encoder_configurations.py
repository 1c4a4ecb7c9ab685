"""Encoder configurations and encode options: conversion, validity, cloning, layers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecmodel.configurations.algorithms import clone_configuration
from codecmodel.configurations.decoder_configurations import VideoDecoderConfig
from codecmodel.configurations.encoder_configurations import (
    are_equal_dictionaries,
    audio_encoder_config,
    is_valid_audio_encoder_config,
    is_valid_video_encoder_config,
    number_of_temporal_layers,
    video_encoder_config,
    video_encoder_encode_options,
)
from codecmodel.registry import REGISTRATIONS
from codecmodel.registry.encoder_extensions import (
    HIGHEST_QUANTIZERS,
    flac_encoder_config,
    is_valid_flac_encoder_config,
    is_valid_opus_encoder_config,
    opus_encoder_config,
)

AUDIO: dict[str, Any] = {"codec": "opus", "sampleRate": 48000, "numberOfChannels": 2}
VIDEO: dict[str, Any] = {"codec": "vp8", "width": 640, "height": 480}


# Conversion


def test_an_audio_encoder_config_has_one_default() -> None:
    assert audio_encoder_config({**AUDIO, "description": b"", "width": 1}, "config") == {
        **AUDIO,
        "bitrateMode": "variable",
    }


def test_a_video_encoder_config_has_four_defaults() -> None:
    defaults = {
        "hardwareAcceleration": "no-preference",
        "alpha": "discard",
        "bitrateMode": "variable",
        "latencyMode": "quality",
    }
    assert video_encoder_config({**VIDEO, "codedWidth": 1}, "config") == {**VIDEO, **defaults}
    assert video_encoder_config({**VIDEO, **dict.fromkeys(defaults)}, "config") == {**VIDEO, **defaults}


def test_extensions_are_converted_whatever_the_codec() -> None:
    config = audio_encoder_config({**AUDIO, "opus": {}, "flac": {"blockSize": 4.5}, "aac": {}}, "config")
    assert config["opus"] == {
        "format": "opus",
        "signal": "auto",
        "application": "audio",
        "frameDuration": 20000,
        "complexity": 9,
        "packetlossperc": 0,
        "useinbandfec": False,
        "usedtx": False,
    }
    assert config["flac"] == {"blockSize": 4, "compressLevel": 5}
    assert config["aac"] == {"format": "aac"}
    video = video_encoder_config({**VIDEO, "avc": {}, "hevc": {}}, "config")
    assert (video["avc"], video["hevc"]) == ({"format": "avc"}, {"format": "hevc"})


@pytest.mark.parametrize(
    "options",
    [
        {"keyFrame": 1},
        {"keyFrame": True, "vp9": {"quantizer": 63}, "bogus": 1},
        {"keyFrame": True, "av1": {"quantizer": None}, "avc": {}, "hevc": {"bogus": 1}},
    ],
    ids=["bool", "vp9", "others"],
)
def test_encode_options_are_converted(options: dict[str, Any]) -> None:
    expected: dict[str, Any] = {"keyFrame": True}
    if "vp9" in options:
        expected["vp9"] = {"quantizer": 63}
    if "av1" in options:
        expected |= {"av1": {"quantizer": None}, "avc": {}, "hevc": {}}
    assert video_encoder_encode_options(options, "options") == expected


def test_encode_options_default_to_no_key_frame() -> None:
    assert video_encoder_encode_options({}, "options") == {"keyFrame": False}


@given(st.integers(-(2**40), 2**40))
def test_a_quantizer_is_an_unsigned_short_that_wraps_around(number: int) -> None:
    options = video_encoder_encode_options({"avc": {"quantizer": number}}, "options")
    assert options["avc"] == {"quantizer": number % 2**16}


# Validity


@given(st.integers(0, 2**53 - 1), st.integers(0, 12), st.integers(0, 110))
def test_opus_configs_are_valid_within_their_ranges(duration: int, complexity: int, loss: int) -> None:
    config = opus_encoder_config(
        {"frameDuration": duration, "complexity": complexity, "packetlossperc": loss}, "config"
    )
    durations = {2500 * count for count in range(1, 49)}
    assert is_valid_opus_encoder_config(config) == (duration in durations and complexity <= 10 and loss <= 100)
    config["frameDuration"] = 2500 * (duration % 48 + 1)
    assert is_valid_opus_encoder_config(config) == (complexity <= 10 and loss <= 100)


@given(st.integers(0, 2**17), st.integers(0, 10))
def test_flac_configs_are_valid_within_their_ranges(block_size: int, level: int) -> None:
    config = flac_encoder_config({"blockSize": block_size, "compressLevel": level}, "config")
    assert is_valid_flac_encoder_config(config) == ((block_size == 0 or 16 <= block_size < 2**16) and level <= 8)


@pytest.mark.parametrize("extension", ["opus", "flac"])
def test_an_extension_is_looked_at_whatever_the_codec_and_does_not_excuse_the_rest(extension: str) -> None:
    bad = {"opus": {"complexity": 11}, "flac": {"compressLevel": 9}}[extension]
    valid = is_valid_audio_encoder_config
    assert valid(audio_encoder_config({**AUDIO, "codec": "mp3", extension: {}}, "config"))
    assert not valid(audio_encoder_config({**AUDIO, "codec": "mp3", extension: bad}, "config"))
    assert not valid(audio_encoder_config({**AUDIO, "sampleRate": 0, extension: {}}, "config"))
    assert not valid(audio_encoder_config({**AUDIO, "numberOfChannels": 0, extension: {}}, "config"))


SIZES = st.sampled_from([None, 0, 1, 640])


@given(st.integers(0, 2), st.integers(0, 2), SIZES, SIZES)
def test_a_video_encoder_config_has_no_size_of_zero(
    width: int, height: int, display_width: int | None, display_height: int | None
) -> None:
    sizes = {"width": width, "height": height, "displayWidth": display_width, "displayHeight": display_height}
    config = video_encoder_config({**VIDEO, **sizes}, "config")
    assert is_valid_video_encoder_config(config) == (0 not in sizes.values())


def test_a_bitrate_of_zero_and_an_unknown_scalability_mode_are_valid() -> None:
    assert is_valid_video_encoder_config(
        video_encoder_config({**VIDEO, "bitrate": 0, "framerate": -1, "scalabilityMode": "?"}, "config")
    )
    assert is_valid_audio_encoder_config(audio_encoder_config({**AUDIO, "bitrate": 0}, "config"))


# Cloning and equality


def test_a_clone_has_extensions_of_its_own() -> None:
    config = video_encoder_config({**VIDEO, "avc": {"format": "annexb"}}, "config")
    clone = clone_configuration(config)
    assert clone == config
    config["avc"]["format"] = "avc"
    assert clone["avc"] == {"format": "annexb"}


def test_dictionaries_are_equal_by_keys_and_values_nested_ones_included() -> None:
    one: VideoDecoderConfig = {"codec": "vp8", "colorSpace": {"matrix": "rgb"}, "description": b"d"}
    same: VideoDecoderConfig = {"description": b"d", "codec": "vp8", "colorSpace": {"matrix": "rgb"}}
    assert are_equal_dictionaries(one, same)
    assert not are_equal_dictionaries(one, None)
    changes: list[dict[str, Any]] = [{"flip": False}, {"colorSpace": {}}, {"description": b"D"}]
    for change in changes:
        other: Any = {**one, **change}
        assert not are_equal_dictionaries(one, other)


# Other rules of the registry


@pytest.mark.parametrize(
    ("mode", "layers"),
    [
        (None, 1),
        ("L1T1", 1),
        ("L1T2", 2),
        ("L1T3", 3),
        ("L3T3_KEY", 3),
        ("L2T2_KEY_SHIFT", 2),
        ("L2T1h", 1),
        ("S3T3h", 3),
        ("L1T4", 1),
        ("L0T2", 1),
        ("l1t2", 1),
        ("L1T2 ", 1),
        ("", 1),
        ("ABC", 1),
    ],
)
def test_scalability_modes_have_so_many_temporal_layers(mode: str | None, layers: int) -> None:
    assert number_of_temporal_layers(mode) == layers


def test_quantizers_are_of_registered_codecs() -> None:
    assert HIGHEST_QUANTIZERS == {"avc": 51, "hevc": 51, "vp9": 255, "av1": 255}
    assert HIGHEST_QUANTIZERS.keys() <= {registration.codec for registration in REGISTRATIONS}
