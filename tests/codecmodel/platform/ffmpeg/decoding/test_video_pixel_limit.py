"""The limit on the size of pictures holds for video: for configurations, and for bitstreams that state another size."""

from collections.abc import Callable

import pytest

from codecmodel.configurations.decoder_configurations import VideoDecoderConfig
from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.ffmpeg import FFmpegPlatform
from conformance.media.material import VideoMaterial
from conformance.media.video import HEIGHT, WIDTH, av1, h264, h265, vp8, vp9

MATERIAL = {
    "avc": lambda: h264(annexb=False),
    "avc in Annex B": lambda: h264(annexb=True),
    "hevc": lambda: h265(annexb=False),
    "hevc in Annex B": lambda: h265(annexb=True),
    "vp8": vp8,
    "vp9": vp9,
    "av1": av1,
}


@pytest.mark.parametrize("make", MATERIAL.values(), ids=MATERIAL)
def test_a_configuration_within_the_limit_is_supported(make: Callable[[], VideoMaterial]) -> None:
    config = make().config
    assert (config["codedWidth"], config["codedHeight"]) == (WIDTH, HEIGHT)
    assert FFmpegPlatform(maximum_pixels=WIDTH * HEIGHT).supports_video_decoder(config)
    assert not FFmpegPlatform(maximum_pixels=WIDTH * HEIGHT - 1).supports_video_decoder(config)


def _decoded(config: VideoDecoderConfig, chunk: bytes, maximum_pixels: int) -> int:
    """The number of frames in a chunk."""
    decoder = FFmpegPlatform(maximum_pixels=maximum_pixels).new_video_decoder()
    try:
        decoder.configure(config)
        outputs = [*decoder.decode(chunk, 0, None), *decoder.flush()]
    finally:
        decoder.release()
    for output in outputs:
        output.resource.release()
    return len(outputs)


@pytest.mark.parametrize("make", MATERIAL.values(), ids=MATERIAL)
@pytest.mark.parametrize("maximum", [WIDTH * HEIGHT - 1, 100])
def test_bitstreams_have_the_limit(make: Callable[[], VideoMaterial], maximum: int) -> None:
    material = make()
    config: VideoDecoderConfig = {**material.config}
    del config["codedWidth"]
    del config["codedHeight"]
    chunk = material.chunks[0]
    assert _decoded(config, chunk.data, WIDTH * HEIGHT) > 0
    with pytest.raises(CodecError, match=f"limit, which is {maximum}|more than {maximum} pixels"):
        _decoded(config, chunk.data, maximum)
