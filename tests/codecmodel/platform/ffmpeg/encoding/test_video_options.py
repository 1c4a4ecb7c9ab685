"""Alpha, temporal layers and quantizers of the FFmpeg platform's video encoder."""

from typing import cast

import numpy as np
import pytest

from codecmodel.configurations.encoder_configurations import VideoEncoderConfig, VideoEncoderEncodeOptions
from codecmodel.platform.codec_implementation import CodecError, VideoInput
from codecmodel.platform.ffmpeg.encoding.video_encoder import FFmpegVideoEncoder
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from tests.codecmodel.platform.ffmpeg.encoding.pictures import (
    Decoded,
    alpha,
    config_of,
    decoded,
    encoded,
    frame,
    keys,
    luma,
    psnr,
    require,
)


def own_alpha(config: VideoEncoderConfig, outputs: list) -> list[Decoded]:  # type: ignore[type-arg]
    return decoded(config, [output._replace(data=output.alpha, alpha=None) for output in outputs])


@pytest.mark.parametrize("codec", ["vp8", "vp09.00.10.08"])
@pytest.mark.parametrize("format", ["I420A", "I444AP10", "I420AP12", "RGBA"])
def test_alpha_is_kept_if_it_is_to_be(codec: str, format: VideoPixelFormat) -> None:
    config = config_of(codec, alpha="keep", latencyMode="realtime", bitrate=2_000_000)
    outputs = encoded(config, [frame(index, format, keyFrame=index == 2) for index in range(4)])
    assert keys(outputs) == [0, 4000]
    assert all(output.alpha for output in outputs)
    # The chunks of alpha are key chunks wherever the others are, so decoding of both can begin there.
    for part in (outputs, outputs[2:]):
        planes = [picture.planes[0] for picture in own_alpha(config, part)]
        assert len(planes) == len(part)
        assert all(psnr(plane, alpha()) > 30 for plane in planes)
    if format == "I420A":
        assert all(psnr(p.planes[0], luma(index)) > 33 for index, p in enumerate(decoded(config, outputs)))
    discarding = encoded({**config, "alpha": "discard"}, [frame(0, format)])
    assert discarding[0].alpha is None


def test_a_frame_without_alpha_has_none_and_begins_a_new_stream() -> None:
    config = config_of("vp8", alpha="keep")
    outputs = encoded(config, [frame(0, "I420A"), frame(1), frame(2, "I420A")])
    assert [output.alpha is not None for output in outputs] == [True, False, True]
    assert keys(outputs) == [0, 1000, 4000]


@pytest.mark.parametrize("codec", ["vp8", "vp09.00.10.08", "av01.0.04M.08", "av01.0.04M.10"])
@pytest.mark.parametrize("latency", ["realtime", "quality"])
@pytest.mark.parametrize(("mode", "pattern"), [("L1T2", [0, 1]), ("L1T3", [0, 2, 1, 2])])
@pytest.mark.parametrize("key", [None, 5, 6])
def test_upper_layers_may_be_dropped(codec: str, latency: str, mode: str, pattern: list[int], key: int | None) -> None:
    """The chunks that remain decode to the same pictures, and every key frame is of the lowest layer."""
    config = config_of(codec, scalabilityMode=mode, bitrate=500_000, latencyMode=latency)
    require(config)
    outputs = encoded(config, [frame(index, keyFrame=index == key) for index in range(14)])
    layers = [output.temporal_layer for output in outputs]
    if key is None:
        assert layers == (pattern * 7)[:14]
    else:
        assert layers == (pattern * 7)[:key] + (pattern * 7)[: 14 - key]
    whole = {picture.timestamp: picture.planes[0] for picture in decoded(config, outputs)}
    assert len(whole) == 14
    for top in range(max(pattern)):
        kept = [output for output in outputs if (output.temporal_layer or 0) <= top]
        pictures = decoded(config, kept)
        assert [picture.timestamp for picture in pictures] == [output.timestamp for output in kept]
        assert all(np.array_equal(picture.planes[0], whole[picture.timestamp]) for picture in pictures)


def quantizer_frames(member: str, quantizers: list[int | None], format: VideoPixelFormat = "I420") -> list[VideoInput]:
    options = [cast("VideoEncoderEncodeOptions", {"keyFrame": True, member: {"quantizer": one}}) for one in quantizers]
    return [frame(0, format)._replace(options=each) for each in options]


@pytest.mark.parametrize(
    ("codec", "member", "fine", "coarse"),
    [
        ("avc1.42001E", "avc", 10, 40),
        ("avc1.6e001e", "avc", 10, 40),
        ("hvc1.1.6.L93.B0", "hevc", 10, 40),
        ("vp09.00.10.08", "vp9", 40, 200),
        ("vp09.02.10.10", "vp9", 40, 200),
        ("av01.0.04M.08", "av1", 20, 240),
        ("av01.0.04M.10", "av1", 20, 240),
        ("av01.1.04M.08.0.000", "av1", 20, 240),
    ],
)
def test_each_frame_has_its_quantizer(codec: str, member: str, fine: int, coarse: int) -> None:
    """The same key frame, over and over: only the quantizer changes its size. Null leaves the quantizer as it is."""
    config = config_of(codec, bitrateMode="quantizer")
    require(config)
    middle = (fine + coarse) // 2
    outputs = encoded(config, quantizer_frames(member, [fine, coarse, None, middle, fine, middle, coarse]))
    # The first chunk also has messages.
    _, second, third, fourth, fifth, sixth, last = (len(output.data) for output in outputs)
    assert fifth > 1.5 * fourth > 2 * second
    assert second == third == last
    assert fourth == sixth
    pictures = decoded(config, outputs)
    qualities = [psnr(picture.planes[0], luma(0)) for picture in pictures]
    assert qualities[0] > qualities[3] + 2 > qualities[1] + 4


def test_a_quantizer_is_within_the_codecs_range() -> None:
    encoder = FFmpegVideoEncoder()
    encoder.configure(config_of("avc1.42001E", bitrateMode="quantizer"))
    with pytest.raises(CodecError, match="quantizer 52 is above 51"):
        encoder.encode(frame(0, avc={"quantizer": 52}))
    encoder.release()


def test_a_quantizer_counts_in_its_mode_only() -> None:
    config = config_of("avc1.42001E", bitrate=300_000)
    one, other = (encoded(config, [frame(0, avc={"quantizer": value})]) for value in (1, 51))
    assert one[0].data == other[0].data
