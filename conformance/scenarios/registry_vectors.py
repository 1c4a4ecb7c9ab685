"""Files of web-platform-tests, decoded. Needs CODECMODEL_MEDIA."""

from collections.abc import Sequence
from functools import partial
from typing import Final, NamedTuple

from conformance.interfaces import AudioData, AudioDecoder, VideoDecoder, VideoFrame
from conformance.media.content import content_of, sound_of
from conformance.media.signals import signal_to_noise
from conformance.media.vectors import AudioVector, VideoVector, audio_vector, video_vector
from conformance.suite.harness import (
    Test,
    Variant,
    assert_array_equals,
    assert_equals,
    assert_greater_than_equal,
    promise_test,
)


def _close(outputs: Sequence[AudioData | VideoFrame]) -> None:
    for output in outputs:
        output.close()


async def _frames(t: Test, vector: VideoVector) -> Sequence[VideoFrame]:
    frames: list[VideoFrame] = []
    decoder = VideoDecoder({"output": frames.append, "error": t.unreached_func("error")})
    t.add_cleanup(partial(_close, frames))
    decoder.configure(vector.config)
    for chunk in vector.chunks:
        decoder.decode(chunk)
    await decoder.flush()
    decoder.close()
    return frames


async def _data(t: Test, vector: AudioVector) -> Sequence[AudioData]:
    data: list[AudioData] = []
    decoder = AudioDecoder({"output": data.append, "error": t.unreached_func("error")})
    t.add_cleanup(partial(_close, data))
    decoder.configure(vector.config)
    for chunk in vector.chunks:
        decoder.decode(chunk)
    await decoder.flush()
    decoder.close()
    return data


def _video_variants(*names: str) -> list[Variant[VideoVector]]:
    return [Variant(name, partial(video_vector, f"wpt/{name}")) for name in names]


@promise_test(
    "ten pictures, in presentation order, as large as they should be",
    shows=["dom-videodecoder-decode:message#4.4", "output-videoframes#1.1", "create-a-videoframe#1.10"],
    variants=_video_variants(
        "av1.mp4",
        "h264.annexb",
        "h264.mp4",
        "h264_interlaced.mp4",
        "h264_sei.mp4",
        "h265.annexb",
        "h265.mp4",
        "vp8.webm",
        "vp9.mp4",
    ),
)
async def video(t: Test, vector: VideoVector) -> None:
    frames = await _frames(t, vector)
    assert_array_equals([frame.timestamp for frame in frames], [100_000 * number for number in range(10)])
    for frame in frames:
        assert_equals(frame.format, "I420")
        assert_equals((frame.displayWidth, frame.displayHeight), (320, 240))
        rect = frame.visibleRect
        assert rect is not None
        assert_equals((rect.x, rect.y, rect.width, rect.height), (0, 0, 320, 240))


class Pair(NamedTuple):
    """The same stream twice: with a description, and as Annex B."""

    with_description: VideoVector
    annexb: VideoVector


def _pair(stem: str) -> Pair:
    return Pair(video_vector(f"wpt/{stem}.mp4"), video_vector(f"wpt/{stem}.annexb"))


@promise_test(
    "with a description or as Annex B: the same pictures, bit for bit",
    shows=[
        "webcodecs-avc-codec-registration/videodecoderconfig-description",
        "webcodecs-hevc-codec-registration/videodecoderconfig-description",
    ],
    variants=[Variant(stem, partial(_pair, stem)) for stem in ("h264", "h264_sei", "h265")],
)
async def bitstream_formats(t: Test, pair: Pair) -> None:
    assert_equals("description" in pair.with_description.config, True)
    assert_equals("description" in pair.annexb.config, False)
    pictures = [[await content_of(frame) for frame in await _frames(t, vector)] for vector in pair]
    assert_equals(len(pictures[0]), 10)
    assert_array_equals(pictures[0], pictures[1])


@promise_test(
    "yellow, red, blue and green, in their quarters",
    shows=["output-videoframes#1.4", "create-a-videoframe#1.5"],
    variants=_video_variants("four-colors.mp4"),
)
async def four_colors(t: Test, vector: VideoVector) -> None:
    (frame,) = await _frames(t, vector)
    space = frame.colorSpace
    assert_equals((space.matrix, space.fullRange, frame.format), ("rgb", True, "I444"))
    data = bytearray(frame.allocationSize())
    layouts = await frame.copyTo(data)
    width, height = frame.displayWidth, frame.displayHeight

    def color_at(x: int, y: int) -> tuple[int, int, int]:
        # With this matrix the planes are green, blue and red.
        green, blue, red = (data[layout["offset"] + y * layout["stride"] + x] for layout in layouts)
        return red, green, blue

    assert_equals(color_at(width // 4, height // 4), (255, 255, 0))
    assert_equals(color_at(3 * width // 4, height // 4), (255, 0, 0))
    assert_equals(color_at(width // 4, 3 * height // 4), (0, 0, 255))
    assert_equals(color_at(3 * width // 4, 3 * height // 4), (0, 255, 0))


class Expected(NamedTuple):
    """The expected output for a file: the number of samples, the number of those before the sound, and the ratio
    to the original in dB.
    """

    samples: int
    delay: int
    minimum_snr: float


_EXPECTED: Final = {
    "sfx-pcm-s16.wav": Expected(10_240, 0, float("inf")),
    "sfx.flac": Expected(10_240, 0, float("inf")),
    "sfx-pcm-s24.wav": Expected(10_240, 0, 90),
    "sfx-pcm-s32.wav": Expected(10_240, 0, 90),
    "sfx-pcm-f32.wav": Expected(10_240, 0, 90),
    "sfx-pcm-u8.wav": Expected(10_240, 0, 40),
    "sfx-alaw.wav": Expected(10_240, 0, 35),
    "sfx-ulaw.wav": Expected(10_240, 0, 35),
    "sfx-opus.ogg": Expected(9_288, 0, 35),
    "sfx.mp3": Expected(11_520, 1105, 24),
    "sfx-aac.mp4": Expected(10_240, 1024, 8),
    "sfx.adts": Expected(10_240, 1024, 8),
    "sfx-vorbis.ogg": Expected(4_800, 0, 8),
}


class Recording(NamedTuple):
    """A file, its expected output, and the original."""

    vector: AudioVector
    expected: Expected
    original: AudioVector


def _recording(name: str) -> Recording:
    return Recording(audio_vector(f"wpt/{name}"), _EXPECTED[name], audio_vector("wpt/sfx-pcm-s16.wav"))


@promise_test(
    "the same sound out of every codec",
    shows=["dom-audiodecoder-decode:message#4.4", "output-audiodata#1.1.2", "output-audiodata#1.1.8"],
    variants=[Variant(name, partial(_recording, name)) for name in _EXPECTED],
)
async def audio(t: Test, recording: Recording) -> None:
    vector, (samples, delay, minimum_snr), original = recording
    data = await _data(t, vector)
    assert_equals({(output.sampleRate, output.numberOfChannels) for output in data}, {(48_000, 1)})
    sound = sound_of(data)
    assert_equals(sound.shape, (1, samples))
    sound = sound[:, delay:]
    expected = sound_of(await _data(t, original))
    length = min(sound.shape[1], expected.shape[1])
    ratio = signal_to_noise(sound[:, :length], expected[:, :length])
    assert_greater_than_equal(ratio, minimum_snr, "signal-to-noise ratio in dB:")
    assert_equals(data[0].timestamp, vector.chunks[0].timestamp)
