"""The frames and samples that scenarios encode, with known content and a configuration for each codec."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

import numpy as np

from codecmodel.configurations.encoder_configurations import AudioEncoderConfig, VideoEncoderConfig
from codecmodel.raw_media.color_space import VideoColorSpaceInit
from codecmodel.raw_media.video_frame_init import VideoFrameBufferInit
from conformance.interfaces import AudioData, VideoFrame
from conformance.media.encoding import first_encoder
from conformance.media.signals import SAMPLE_RATE, Picture, Plane, Sound, picture, tones
from conformance.suite.scenario import Variant

WIDTH: Final = 128
HEIGHT: Final = 96
#: The duration of every frame, in microseconds.
FRAME_DURATION: Final = 40_000
#: Samples of every AudioData, and how long they last in microseconds.
DATA_LENGTH: Final = 4800
DATA_DURATION: Final = DATA_LENGTH * 1_000_000 // SAMPLE_RATE


@dataclass(frozen=True)
class VideoSource:
    """Frames that carry their number, and the configuration to encode them with."""

    config: VideoEncoderConfig

    def picture(self, number: int) -> Picture:
        """The planes of the frame with that number."""
        return picture(number, WIDTH, HEIGHT)

    def frame(
        self,
        number: int,
        *,
        timestamp: int | None = None,
        rotation: float = 0.0,
        flip: bool = False,
        color_space: VideoColorSpaceInit | None = None,
        alpha: Plane | None = None,
    ) -> VideoFrame:
        """The frame of that number, at 25 frames a second. ``alpha``, if given, is its fourth plane."""
        planes = [*self.picture(number), *([] if alpha is None else [alpha])]
        init: VideoFrameBufferInit = {
            "format": "I420" if alpha is None else "I420A",
            "codedWidth": WIDTH,
            "codedHeight": HEIGHT,
            "timestamp": number * FRAME_DURATION if timestamp is None else timestamp,
            "duration": FRAME_DURATION,
            "rotation": rotation,
            "flip": flip,
        }
        if color_space is not None:
            init["colorSpace"] = color_space
        return VideoFrame(b"".join(plane.tobytes() for plane in planes), init)


@dataclass(frozen=True)
class AudioSource:
    """Tones in two channels, a tenth of a second at a time, and the configuration to encode them with."""

    config: AudioEncoderConfig

    def data(
        self,
        number: int,
        *,
        timestamp: int | None = None,
        sample_rate: int = SAMPLE_RATE,
        channels: int = 2,
        length: int = DATA_LENGTH,
    ) -> AudioData:
        """The data of that number, which continues the data before it. With another number of channels, the samples
        are arbitrary.
        """
        samples = self.sound(number + 1)[:channels, number * DATA_LENGTH :][:, :length]
        if channels > len(samples):
            samples = np.resize(samples, (channels, length))
        return AudioData(
            {
                "format": "f32-planar",
                "sampleRate": sample_rate,
                "numberOfFrames": length,
                "numberOfChannels": channels,
                "timestamp": number * DATA_DURATION if timestamp is None else timestamp,
                "data": samples.astype(np.float32).tobytes(),
            }
        )

    def sound(self, count: int) -> Sound:
        """The sound of the first ``count`` data."""
        return tones(2, count * DATA_LENGTH)


Source: TypeAlias = AudioSource | VideoSource


def _video(config: VideoEncoderConfig, *encoders: str) -> VideoSource:
    first_encoder(*encoders)
    return VideoSource(config)


def _audio(config: AudioEncoderConfig, *encoders: str) -> AudioSource:
    first_encoder(*encoders)
    return AudioSource(config)


def _variant(name: str, make: Callable[[], Source]) -> Variant[Source]:
    return Variant(name, make)


def _in_real_time(variant: Variant[Source]) -> VideoSource:
    source = variant.make()
    assert isinstance(source, VideoSource)
    return VideoSource({**source.config, "latencyMode": "realtime"})


_AV1: Final[VideoEncoderConfig] = {"codec": "av01.0.00M.08", "width": WIDTH, "height": HEIGHT, "bitrate": 800_000}

#: Every codec of video, encoded for quality.
ENCODED_VIDEO: Final = [
    _variant(
        "avc",
        partial(
            _video,
            {"codec": "avc1.64001e", "width": WIDTH, "height": HEIGHT, "bitrate": 800_000},
            "libx264",
            "libopenh264",
        ),
    ),
    _variant(
        "hevc",
        partial(_video, {"codec": "hvc1.1.6.L60.90", "width": WIDTH, "height": HEIGHT, "bitrate": 800_000}, "libx265"),
    ),
    _variant("vp8", partial(_video, {"codec": "vp8", "width": WIDTH, "height": HEIGHT, "bitrate": 800_000}, "libvpx")),
    _variant(
        "vp9",
        partial(_video, {"codec": "vp09.00.10.08", "width": WIDTH, "height": HEIGHT, "bitrate": 800_000}, "libvpx-vp9"),
    ),
    _variant("av1", partial(_video, _AV1, "libsvtav1", "libaom-av1")),
]

#: Every codec of video, encoded in real time. HEVC is not among those that are used so.
REAL_TIME_VIDEO: Final = [
    _variant(f"{variant.name}_realtime", partial(_in_real_time, variant))
    for variant in ENCODED_VIDEO
    if variant.name != "hevc"
]

#: Every codec of video that has a quantizer for each frame, by an encoder that has it.
VIDEO_WITH_QUANTIZERS: Final = [
    *(variant for variant in ENCODED_VIDEO if variant.name not in ("vp8", "av1")),
    _variant("av1", partial(_video, _AV1, "libaom-av1")),
]

#: Every codec of audio.
ENCODED_AUDIO: Final = [
    _variant(
        name,
        partial(_audio, {"codec": codec, "sampleRate": SAMPLE_RATE, "numberOfChannels": 2}, encoder),
    )
    for name, codec, encoder in (
        ("aac", "mp4a.40.2", "aac"),
        ("mp3", "mp3", "libmp3lame"),
        ("opus", "opus", "libopus"),
        ("flac", "flac", "flac"),
        ("vorbis", "vorbis", "libvorbis"),
        ("pcm-s16", "pcm-s16", "pcm_s16le"),
        ("pcm-f32", "pcm-f32", "pcm_f32le"),
        ("ulaw", "ulaw", "pcm_mulaw"),
        ("alaw", "alaw", "pcm_alaw"),
    )
]

#: For scenarios to which the codec does not matter: VP8 and Opus, which every browser encodes.
ANY_ENCODED_VIDEO: Final = ENCODED_VIDEO[2]
ANY_ENCODED_AUDIO: Final = ENCODED_AUDIO[2]
