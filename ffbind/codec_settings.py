"""The settings of encoders and decoders, which are given before they are opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class PictureParameters:
    """The pictures that an encoder takes.

    Sizes are in pixels, `format` is FFmpeg's name of a pixel format, and `framerate` is a fraction of frames a second.
    Colours are code points of H.273: 2 is unspecified, as is 0 for `color_range`, in which 1 is limited and 2 full
    range. `chroma_location` is ChromaLocType of H.273 plus 1; 0 is unspecified. `sample_aspect_ratio` is the width of a
    pixel to its height; (0, 1) is unknown. `time_base` is the unit of timestamps in seconds; None stands for the time
    of a frame at `framerate`.
    """

    width: int
    height: int
    format: str
    framerate: tuple[int, int]
    color_range: int = 0
    color_primaries: int = 2
    color_trc: int = 2
    colorspace: int = 2
    chroma_location: int = 0
    sample_aspect_ratio: tuple[int, int] = (0, 1)
    time_base: tuple[int, int] | None = None


@dataclass(frozen=True)
class SampleParameters:
    """The samples that an encoder or a resampler takes: FFmpeg's name of their format, rate in Hz, and channels.

    `channel_mask` has FFmpeg's AV_CH_* bits of the channels, in the order of the samples; 0 stands for FFmpeg's default
    layout of that number.
    """

    format: str
    sample_rate: int
    channels: int
    channel_mask: int = 0

    def __str__(self) -> str:
        return f"{self.channels}ch {self.format} {self.sample_rate} Hz"


@dataclass(frozen=True, kw_only=True)
class EncoderSettings:
    """The manner of encoding. None leaves the choice to the encoder.

    `bit_rate` is in bits a second, `gop_size` the number of frames from one key frame to the next. `threads` is
    FFmpeg's thread_count; with 0 FFmpeg chooses. With `global_header` the encoder puts parameter sets into its
    `extradata` and not into packets.
    """

    bit_rate: int | None = None
    gop_size: int | None = None
    max_b_frames: int | None = None
    threads: int = 1
    global_header: bool = False


@dataclass(frozen=True, kw_only=True)
class StreamHeader:
    """The description of a decoder's stream, in addition to its packets.

    `extradata` is the out-of-band header. Sizes in pixels, the rate in Hz and the number of channels are for codecs
    whose bitstream lacks them; 0 is unknown. `time_base` is the unit of timestamps in seconds, (numerator,
    denominator): samples that are cut off at the start shift the timestamp by it. None leaves timestamps as they are.
    """

    extradata: bytes = b""
    width: int = 0
    height: int = 0
    sample_rate: int = 0
    channels: int = 0
    time_base: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class DecoderSettings:
    """The manner of decoding.

    `threads` is FFmpeg's thread_count; with 0 FFmpeg chooses. Each "frame" thread delays the output by a frame; "slice"
    threads do not. `low_delay` asks for output as soon as possible and rules out frame threads. Without `crop` pictures
    have the coded size, and Frame.crop says what to crop. `error_detection` makes damage an error; FFmpeg conceals it
    otherwise. With `output_incomplete` FFmpeg also outputs pictures of H.264 that are shown before a recovery point.
    """

    threads: int = 1
    thread_type: Literal["frame", "slice", "both"] = "frame"
    low_delay: bool = False
    crop: bool = True
    error_detection: bool = True
    output_incomplete: bool = False
