"""why_not_supported() of codecmodel.capabilities."""

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
            "the platform has no codec that honours all entries of the configuration",
        ),
    ],
)
def test_why_not(interface: Any, config: Any, reason: str | None) -> None:
    assert why_not_supported(interface, config) == reason


def test_a_configuration_that_is_not_valid() -> None:
    with pytest.raises(TypeError, match="height is required"):
        why_not_supported(VideoEncoder, {"codec": "vp8"})  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="not a valid configuration"):
        why_not_supported(VideoDecoder, {"codec": " "})
