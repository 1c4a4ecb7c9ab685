"""why_not_supported() of codecmodel.capabilities."""

import asyncio
from typing import Any

import pytest

from codecmodel import AudioDecoder, AudioEncoder, VideoDecoder, VideoEncoder
from codecmodel.capabilities import why_not_supported

SOUND = {"sampleRate": 48000, "numberOfChannels": 2}
PICTURE = {"width": 640, "height": 480}


@pytest.mark.parametrize(
    ("interface", "config", "reason"),
    [
        (AudioDecoder, {"codec": "opus", **SOUND}, None),
        (VideoDecoder, {"codec": "vp8"}, None),
        (AudioEncoder, {"codec": "flac", **SOUND}, None),
        (VideoEncoder, {"codec": "vp8", **PICTURE}, None),
        (AudioDecoder, {"codec": "vp8", **SOUND}, "'vp8' is a codec of video"),
        (VideoDecoder, {"codec": "vp9"}, "'vp9' is not a codec string; those of VP9 are like 'vp09.00.10.08'"),
        (AudioEncoder, {"codec": "aac", **SOUND}, "'aac' is not a codec string; those of AAC are like 'mp4a.40.2'"),
        (
            VideoEncoder,
            {"codec": "avc1.42000a", **PICTURE},
            "640×480 pixels are beyond the level of 'avc1.42000a'",
        ),
        (
            VideoEncoder,
            {"codec": "vp8", "scalabilityMode": "L3T3", **PICTURE},
            "'vp8' is not supported with scalabilityMode 'L3T3'",
        ),
        (
            VideoEncoder,
            {"codec": "vp8", "alpha": "keep", "hardwareAcceleration": "prefer-hardware", **PICTURE},
            "'vp8' is not supported with hardwareAcceleration 'prefer-hardware'",
        ),
        (
            VideoEncoder,
            {"codec": "vp8", "bitrateMode": "quantizer", "hardwareAcceleration": "prefer-hardware", **PICTURE},
            "'vp8' is supported, but not with all entries of this configuration",
        ),
        (
            VideoEncoder,
            {"codec": "vp8", "width": 20_000, "height": 20_000},
            "'vp8' is not supported with width × height 20000×20000, but with 640×480",
        ),
        (
            AudioEncoder,
            {"codec": "mp3", "sampleRate": 44_100, "numberOfChannels": 6},
            "'mp3' is not supported with numberOfChannels 6, but with 2 and 1",
        ),
        (
            AudioEncoder,
            {"codec": "mp4a.40.2", "sampleRate": 12_345, "numberOfChannels": 2},
            "'mp4a.40.2' is not supported with sampleRate 12345, but with 48000 and 44100",
        ),
        (AudioEncoder, {"codec": "mp4a.40.5", **SOUND}, "'mp4a.40.5' is not supported here"),
        (
            VideoDecoder,
            {"codec": "vp8", "hardwareAcceleration": "prefer-hardware"},
            "'vp8' is not supported with hardwareAcceleration 'prefer-hardware'",
        ),
    ],
)
def test_why_not(interface: Any, config: Any, reason: str | None) -> None:
    assert why_not_supported(interface, config) == reason


def test_a_configuration_that_is_not_valid() -> None:
    with pytest.raises(TypeError, match="height is required"):
        why_not_supported(VideoEncoder, {"codec": "vp8"})  # type: ignore[call-overload]


def _detached() -> memoryview:
    view = memoryview(bytearray(10))
    view.release()
    return view


OPUS = {"codec": "opus", **SOUND}


@pytest.mark.parametrize(
    ("interface", "config", "reason"),
    [
        (VideoDecoder, {"codec": " "}, "codec is empty"),
        (VideoDecoder, {"codec": "vp8", "codedWidth": 64}, "codedWidth is given, and codedHeight is missing"),
        (
            VideoDecoder,
            {"codec": "vp8", "displayAspectHeight": 1},
            "displayAspectHeight is given, and display",
        ),
        (VideoDecoder, {"codec": "vp8", "codedWidth": 0, "codedHeight": 48}, "codedWidth is 0"),
        (VideoDecoder, {"codec": "vp8", "description": _detached()}, "description is detached"),
        (AudioDecoder, {**OPUS, "sampleRate": 0, "description": _detached()}, "description is detached"),
        (VideoEncoder, {"codec": "vp8", **PICTURE, "displayHeight": 0}, "displayHeight is 0"),
        (AudioEncoder, {**OPUS, "numberOfChannels": 0}, "numberOfChannels is 0"),
        (
            AudioEncoder,
            {**OPUS, "opus": {"frameDuration": 7}},
            "opus.frameDuration is .*'frameDuration': 7",
        ),
        (
            AudioEncoder,
            {"codec": "flac", **SOUND, "flac": {"blockSize": 1}},
            "flac.blockSize is .*'blockSize': 1",
        ),
    ],
)
def test_why_a_configuration_is_not_valid(interface: Any, config: Any, reason: str) -> None:
    with pytest.raises(TypeError, match=f"^not a valid configuration: {reason}"):
        why_not_supported(interface, config)

    async def ask() -> None:
        codec = interface({"output": print, "error": print})
        with pytest.raises(TypeError, match=f"^not a valid configuration: {reason}"):
            codec.configure(config)
        codec.close()
        with pytest.raises(TypeError, match=f"^not a valid configuration: {reason}"):
            await interface.isConfigSupported(config)

    asyncio.run(ask())
