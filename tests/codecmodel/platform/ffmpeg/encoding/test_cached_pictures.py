"""The cached picture of a resource is made once, shared, never mistaken for another, and freed in time."""

import gc
import os
import sys
import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import ffbind
from codecmodel.configurations.encoder_configurations import VideoEncoderConfig
from codecmodel.platform.codec_implementation import EncodedVideoOutput, VideoInput
from codecmodel.platform.ffmpeg.encoding import video_input
from codecmodel.platform.ffmpeg.resources import FFmpegVideoResource
from codecmodel.raw_media.color_space import VideoColorSpaceInit
from codecmodel.raw_media.media_resource import BufferVideoResource, CachesForEncoders
from codecmodel.raw_media.resource_protocols import Plane
from tests.codecmodel.platform.ffmpeg.encoding.pictures import (
    BT709,
    HEIGHT,
    WIDTH,
    config_of,
    encoded,
    frame,
    require,
    resource,
)

#: The codec is VP9. VP8's realtime mode chooses its effort by the clock, so chunks differ from run to run.
VP9 = config_of("vp09.00.10.08", bitrate=2_000_000, latencyMode="realtime")
BT601: VideoColorSpaceInit = {
    "primaries": "smpte170m",
    "transfer": "smpte170m",
    "matrix": "smpte170m",
    "fullRange": False,
}


@pytest.fixture
def lent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The formats of the pictures whose memory is lent to FFmpeg."""
    made: list[str] = []

    def counted(width: int, height: int, format: str, planes: Sequence[Any]) -> ffbind.Frame:
        made.append(format)
        return ffbind.lend_picture(width, height, format, planes)

    monkeypatch.setattr(video_input, "lend_picture", counted)
    return made


def on_its_own(config: VideoEncoderConfig, input: VideoInput) -> list[EncodedVideoOutput]:
    """The chunks of a frame whose pixels have no cached picture."""
    assert isinstance(input.resource, CachesForEncoders)
    input.resource.encoder_cache = None
    return encoded(config, [input])


@pytest.mark.parametrize("format", ["I420", "RGBA"])
def test_all_encoders_share_the_picture_made_for_the_first(format: Any, lent: list[str]) -> None:
    require(config_of("vp09.00.10.08"))
    pixels = frame(0, format)
    smaller = config_of("vp09.00.10.08", width=64, height=48)
    for config in (VP9, VP9, smaller, config_of("vp09.00.10.08", bitrate=100_000)):
        assert len(encoded(config, [pixels, pixels])) == 2
    assert len(lent) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"visible_rect": (20, 10, WIDTH, HEIGHT)},
        {"visible_rect": (0, 0, 100, 80)},
        {"format": "I420A"},
        {"color_space": BT601},
    ],
    ids=["another part", "a smaller part", "with alpha", "other colours"],
)
def test_another_frame_of_the_same_pixels_is_another_picture(other: dict[str, Any]) -> None:
    config = config_of("vp09.00.10.08", alpha="keep", bitrate=2_000_000, latencyMode="realtime")
    require(config)
    pixels = resource(0, "I420A", 300, 200)
    one = VideoInput(pixels, "I420", (0, 0, WIDTH, HEIGHT), BT709, 0, None, {})
    another = one._replace(**other)
    expected = [on_its_own(config, one), on_its_own(config, another)]
    assert expected[0] != expected[1]
    for input, outputs in zip([one, another] * 2, expected * 2, strict=True):
        assert encoded(config, [input]) == outputs


@pytest.mark.parametrize(("codec", "member"), [("hvc1.1.6.L93.B0", "hevc"), ("vp09.00.10.08", "vp9")])
def test_a_quantizer_does_not_stay_with_the_pixels(codec: str, member: str) -> None:
    config = config_of(codec, bitrateMode="quantizer", latencyMode="realtime")
    require(config)
    pixels = frame(3)
    for quantizer in (10, 40, 26, 10):
        input = pixels._replace(options={member: {"quantizer": quantizer}})  # type: ignore[misc]
        kept = encoded(config, [input])
        assert [output.data for output in kept] == [output.data for output in on_its_own(config, input)]


def test_encoders_on_many_threads_share_a_picture() -> None:
    require(VP9)
    inputs = [frame(index) for index in range(6)]
    expected = encoded(VP9, inputs)
    with ThreadPoolExecutor(4) as pool:
        for outputs in pool.map(lambda _: encoded(VP9, inputs), range(12)):
            assert outputs == expected


def of_ffmpeg(pixels: BufferVideoResource, name: str) -> FFmpegVideoResource:
    """The same picture in FFmpeg's memory, with properties that are not for encoders."""
    made = ffbind.Frame.video(*pixels.coded_size, name)
    for plane, place in zip(pixels.planes(), made.writable_planes(), strict=True):
        for row in range(place.height):
            begin = row * plane.stride
            place.data[row * place.stride : row * place.stride + place.row_bytes] = plane.data[
                begin : begin + place.row_bytes
            ]
    made.sample_aspect_ratio, made.pts = (4, 3), 77
    made.set_quantizer_offset(1, 2)
    return FFmpegVideoResource(made)


@pytest.mark.parametrize(
    ("format", "name", "rect", "is_lent"),
    [
        ("I420", "yuv420p", (0, 0, WIDTH, HEIGHT), False),
        ("I420", "yuvj420p", (0, 0, WIDTH, HEIGHT), False),
        ("I420", "yuv420p", (0, 0, 100, 80), False),
        ("RGBA", "rgba", (0, 0, WIDTH, HEIGHT), True),
        ("RGBX", "rgb0", (0, 0, WIDTH, HEIGHT), False),
        ("I444", "yuv444p", (0, 0, WIDTH, HEIGHT), False),
        ("I420A", "yuva420p", (0, 0, WIDTH, HEIGHT), True),
        ("I420", "yuv420p", (20, 10, WIDTH, HEIGHT), True),
    ],
)
def test_pictures_in_memory_of_ffmpeg_are_shared(
    format: Any, name: str, rect: tuple[int, int, int, int], is_lent: bool, lent: list[str]
) -> None:
    """Chunks are the same as those of lent memory. Where a part of the planes is left out, memory is lent."""
    require(VP9)
    width, height = (300, 200) if rect[0] else (WIDTH, HEIGHT)
    pixels = resource(5, format, width, height)
    expected = on_its_own(VP9, VideoInput(pixels, format, rect, BT709, 0, None, {}))
    lent.clear()
    shared = of_ffmpeg(pixels, name)
    assert encoded(VP9, [VideoInput(shared, format, rect, BT709, 0, None, {})]) == expected
    assert bool(lent) == is_lent
    before = ffbind.live_objects()["Frame"]
    shared.release()
    gc.collect()
    assert ffbind.live_objects().get("Frame", 0) <= before - 2 + is_lent


def test_a_cached_picture_is_freed_with_its_pixels() -> None:
    require(VP9)
    before = ffbind.live_objects().get("Frame", 0)
    planes = [np.full(size, 100, np.uint8) for size in (WIDTH * HEIGHT, WIDTH * HEIGHT // 4, WIDTH * HEIGHT // 4)]
    memory = [weakref.ref(plane) for plane in planes]
    strides = (WIDTH, WIDTH // 2, WIDTH // 2)
    pixels = BufferVideoResource(
        "I420", (WIDTH, HEIGHT), [Plane(plane.data, stride) for plane, stride in zip(planes, strides, strict=True)]
    )
    encoded(VP9, [VideoInput(pixels, "I420", (0, 0, WIDTH, HEIGHT), BT709, 0, None, {})])
    del planes
    gc.collect()
    assert ffbind.live_objects().get("Frame", 0) == before + 1
    assert all(reference() is not None for reference in memory)
    pixels.release()
    gc.collect()
    assert ffbind.live_objects().get("Frame", 0) == before
    assert [reference() for reference in memory] == [None] * 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_encodes_what_its_parent_has_encoded() -> None:
    require(VP9)
    pixels = frame(0)
    expected = encoded(VP9, [pixels])
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if encoded(VP9, [pixels]) == expected else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert encoded(VP9, [pixels]) == expected
