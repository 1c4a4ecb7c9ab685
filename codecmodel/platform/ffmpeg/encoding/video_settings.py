"""How FFmpeg encodes video by a configuration: what is asked for, and the answer, an encoder with its settings."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from types import MappingProxyType
from typing import Final, NamedTuple

from codecmodel.configurations.encoder_configurations import VideoEncoderConfig, number_of_temporal_layers
from ffbind import Encoder, EncoderSettings, Frame, PictureParameters, find_encoder, pixel_format

_MAXIMUM_THREADS: Final = 16
#: What is assumed where a configuration doesn't say.
_FRAME_RATE: Final = 30.0
_BITS_PER_PIXEL: Final = 0.1
#: Frames between key frames that nobody asked for.
QUALITY_KEY_INTERVAL: Final = 250
REALTIME_KEY_INTERVAL: Final = 3000
#: More than that nobody means, and libraries count thousands of bits in 32 bits.
_MAXIMUM_BIT_RATE: Final = 2**31 - 1
#: Content that is drawn and not filmed, and whose edges count (mst-content-hint).
_SCREEN_HINTS: Final = ("detail", "text")

_EMPTY: Final[Mapping[str, str]] = MappingProxyType({})


class Request(NamedTuple):
    """A configuration, with defaults filled in. ``bit_rate`` is of bits per second, and none in quantizer mode."""

    width: int
    height: int
    frame_rate: Fraction
    bit_rate: int | None
    is_constant: bool
    is_quantizer: bool
    is_realtime: bool
    temporal_layers: int
    keeps_alpha: bool
    is_screen: bool
    sample_aspect_ratio: tuple[int, int]

    @property
    def threads(self) -> int:
        """As many as there are cores, one for each 240 lines or so."""
        return max(1, min(_MAXIMUM_THREADS, os.cpu_count() or 1, self.height // 240 + 1))

    @property
    def key_interval(self) -> int:
        """Frames from a key frame to the next that nobody asked for."""
        return REALTIME_KEY_INTERVAL if self.is_realtime else QUALITY_KEY_INTERVAL


def request_of(config: VideoEncoderConfig) -> Request | None:
    """What the configuration asks for; None if no encoder could do that."""
    frame_rate = Fraction(config.get("framerate", _FRAME_RATE)).limit_denominator(100_000)
    if not 0 < frame_rate <= 100_000:
        return None
    width, height = config["width"], config["height"]
    mode = config.get("bitrateMode", "variable")
    bit_rate = None
    if mode != "quantizer":
        bit_rate = config.get("bitrate", max(10_000, int(width * height * frame_rate * _BITS_PER_PIXEL)))
        if not 1000 <= bit_rate <= _MAXIMUM_BIT_RATE:
            return None
    scalability_mode = config.get("scalabilityMode")
    if scalability_mode not in (None, "L1T1", "L1T2", "L1T3"):
        return None
    display = config.get("displayWidth", width), config.get("displayHeight", height)
    ratio = Fraction(display[0] * height, display[1] * width)
    shape = (0, 1)
    if ratio != 1:
        # Both numbers have 16 bits.
        whole = ratio.limit_denominator(65535) if ratio <= 1 else 1 / (1 / ratio).limit_denominator(65535)
        shape = whole.numerator, whole.denominator
    return Request(
        width,
        height,
        frame_rate,
        bit_rate,
        mode == "constant",
        mode == "quantizer",
        config.get("latencyMode") == "realtime",
        number_of_temporal_layers(scalability_mode),
        config.get("alpha") == "keep",
        config.get("contentHint") in _SCREEN_HINTS,
        shape,
    )


class Colors(NamedTuple):
    """Code points of H.273 (2: unspecified), and FFmpeg's range (0 unspecified, 1 limited, 2 full)."""

    primaries: int
    transfer: int
    matrix: int
    range: int


@dataclass(frozen=True)
class VideoEncoding:
    """How to encode by a configuration."""

    encoder: str
    request: Request
    #: FFmpeg's names of the pixel formats to encode, of the least depth first; the first with alpha, too.
    pixel_formats: Sequence[str]
    options: Mapping[str, str]
    alpha_format: str | None = None
    bit_rate: int | None = None
    max_b_frames: int | None = None
    key_interval: int | None = None
    threads: int | None = None
    global_header: bool = False
    sample_aspect_ratio: tuple[int, int] = (0, 1)
    #: Temporal layers of frames, from a key frame on, over and over.
    layers: Sequence[int] = ()
    #: Has the next frame, which is given as well, encoded with a quantizer.
    set_quantizer: Callable[[Encoder, Frame, int], None] | None = None
    #: The description, of the encoder's extradata; None if decoding needs none.
    describe: Callable[[bytes], bytes | None] = field(default=lambda _: None)

    def pixel_format(self, bit_depth: int, *, has_alpha: bool) -> str:
        """The format to encode pictures in whose samples have so many bits."""
        if has_alpha:
            assert self.alpha_format is not None, "alpha is kept"
            return self.alpha_format
        for name in self.pixel_formats:
            if depth_of(name) >= bit_depth:
                return name
        return self.pixel_formats[-1]

    def open(self, format: str, colors: Colors) -> Encoder:
        """The encoder, for pictures in an FFmpeg format. Raises FFbindError and ValueError for what it doesn't take."""
        request = self.request
        return Encoder(
            self.encoder,
            PictureParameters(
                width=request.width,
                height=request.height,
                format=format,
                framerate=(request.frame_rate.numerator, request.frame_rate.denominator),
                color_primaries=colors.primaries,
                color_trc=colors.transfer,
                colorspace=colors.matrix,
                color_range=colors.range,
                sample_aspect_ratio=self.sample_aspect_ratio,
            ),
            EncoderSettings(
                bit_rate=self.bit_rate,
                gop_size=self.key_interval or request.key_interval,
                max_b_frames=self.max_b_frames,
                threads=self.threads or request.threads,
                global_header=self.global_header,
            ),
            options=self.options,
        )


@cache
def depth_of(format: str) -> int:
    """Bits of a sample in an FFmpeg format."""
    return pixel_format(format).components[0].depth


def has_encoder(name: str, *formats: str) -> bool:
    """Whether this FFmpeg has an encoder of that very name that takes all the pixel formats."""
    info = find_encoder(name)
    return info is not None and info.name == name and set(formats) <= set(info.pixel_formats or ())


def buffer_options(request: Request) -> dict[str, str]:
    """What has FFmpeg's encoders keep to the bit rate: within a second, or half a one if it is urgent."""
    if not request.is_constant or request.bit_rate is None:
        return {}
    buffer = request.bit_rate // 2 if request.is_realtime else request.bit_rate
    return {"maxrate": str(request.bit_rate), "bufsize": str(max(buffer, 1000))}


def parameters(values: Mapping[str, object]) -> str:
    """Options of a library's own, as FFmpeg passes them on."""
    return ":".join(f"{name}={value}" for name, value in values.items())
