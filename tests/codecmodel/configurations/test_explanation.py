"""The error of a configuration that is not supported gives the reason."""

import asyncio
from typing import Any

import pytest

from codecmodel import DOMException, VideoDecoder, VideoEncoder
from codecmodel.configurations.explanation import EXAMPLES, reason_against
from codecmodel.hosting import use_platform
from codecmodel.registry import parse_codec_string
from conformance.scripted.scripted_codec import ScriptedPlatform, Unsupported

VIDEO = {"codec": "avc1.42001e", "width": 640, "height": 480}
AUDIO = {"codec": "opus", "sampleRate": 48000, "numberOfChannels": 2}


@pytest.mark.parametrize(
    ("config", "kind", "reason"),
    [
        ({"codec": "h264"}, "video", "'h264' is not a codec string; those of AVC are like 'avc1.42001e'"),
        ({"codec": "avc1"}, "video", "'avc1' is not a codec string; those of AVC are like 'avc1.42001e'"),
        ({"codec": "H.265"}, "video", "'H.265' is not a codec string; those of HEVC are like 'hvc1.1.6.L93.B0'"),
        ({"codec": "vp9"}, "video", "'vp9' is not a codec string; those of VP9 are like 'vp09.00.10.08'"),
        ({"codec": "av1"}, "video", "'av1' is not a codec string; those of AV1 are like 'av01.0.04M.08'"),
        ({"codec": "VP8"}, "video", "'VP8' is not a codec string; that of VP8 is 'vp8'"),
        ({"codec": "aac"}, "audio", "'aac' is not a codec string; those of AAC are like 'mp4a.40.2'"),
        ({"codec": "pcm"}, "audio", "'pcm' is not a codec string; those of PCM are like 'pcm-s16'"),
        ({"codec": "avc1.4d"}, "video", "'avc1.4d' is not a codec string; those of AVC are like 'avc1.42001e'"),
        ({"codec": "theora"}, "video", "'theora' is not a codec string of the codec registry"),
        ({"codec": "opus"}, "video", "'opus' is a codec of audio"),
        ({"codec": "vp8"}, "audio", "'vp8' is a codec of video"),
        ({**VIDEO, "width": 1920, "height": 1080}, "video", "1920×1080 pixels are beyond the level of 'avc1.42001e'"),
        ({**VIDEO, "framerate": 120.0}, "video", "a framerate of 120 is beyond the level of 'avc1.42001e' at 640×480"),
        ({**VIDEO, "bitrate": 10**9}, "video", "a bitrate of 1000000000 is beyond the level of 'avc1.42001e'"),
        ({**VIDEO, "width": 641}, "video", "the width and height of 4:2:0 are even, and 641×480 pixels are not"),
        (
            {**VIDEO, "codec": "hvc1.1.6.L93.B0", "height": 479},
            "video",
            "the width and height of 4:2:0 are even, and 640×479 pixels are not",
        ),
        (
            {**AUDIO, "description": b"x"},
            "audio",
            "the description is malformed: not an Opus identification header (OpusHead)",
        ),
    ],
)
def test_reasons(config: Any, kind: Any, reason: str) -> None:
    assert reason_against(config, kind) == reason


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        ({**VIDEO, "codec": "avc1.f4001e", "width": 641}, "video"),
        ({**VIDEO, "codec": "vp8", "width": 641}, "video"),
        (VIDEO, "video"),
        (AUDIO, "audio"),
        ({"codec": "av01.0.04M.08", "description": b"x"}, "video"),
    ],
)
def test_no_reason_is_made_up(config: Any, kind: Any) -> None:
    assert reason_against(config, kind) is None


def test_the_examples_are_codec_strings() -> None:
    for codec, (_, example) in EXAMPLES.items():
        codec_string = parse_codec_string(example)
        assert codec_string is not None
        assert codec_string.codec == codec


async def error_of(interface: Any, config: Any) -> DOMException:
    """The error with which a codec closes after it was given this configuration."""
    error: asyncio.Future[DOMException] = asyncio.get_running_loop().create_future()
    interface({"output": lambda *_: None, "error": error.set_result}).configure(config)
    return await error


def test_the_error_says_why() -> None:
    error = asyncio.run(error_of(VideoDecoder, {"codec": "h264"}))
    assert error.name == "NotSupportedError"
    assert error.message == (
        "the configuration is not supported: 'h264' is not a codec string; those of AVC are like 'avc1.42001e'"
    )
    # Only the platform knows the reason, and is asked.
    hardware = {**VIDEO, "hardwareAcceleration": "prefer-hardware"}
    error = asyncio.run(error_of(VideoEncoder, hardware))
    assert error.message == (
        "the configuration is not supported: 'avc1.42001e' is not supported with hardwareAcceleration 'prefer-hardware'"
    )
    # This platform does not say that it may be asked again.
    platform = ScriptedPlatform(lambda: True)
    platform.configure_answers[640] = Unsupported()
    with use_platform(platform):
        error = asyncio.run(error_of(VideoEncoder, VIDEO))
    assert error.message == "the configuration is not supported"
