"""How FFmpeg encodes video by a configuration: a request with its defaults, and an encoder with its settings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from typing import Final, NamedTuple

from codecmodel.configurations.encoder_configurations import VideoEncoderConfig, number_of_temporal_layers
from codecmodel.platform.ffmpeg.encoding.encoder_colors import Colors
from codecmodel.platform.threads import picture_threads
from ffbind import Encoder, EncoderSettings, Frame, PictureParameters, find_encoder, pixel_format

#: Luma rows that keep one encoder thread busy.
_ROWS_PER_THREAD: Final = 240
#: Frames per second of a configuration that has no ``framerate``.
_DEFAULT_FRAME_RATE: Final = 30.0
#: Bits per pixel of a configuration that has no ``bitrate``, and the least bit rate that this may come to.
_DEFAULT_BITS_PER_PIXEL: Final = 0.1
_LEAST_DEFAULT_BIT_RATE: Final = 10_000
#: Frames that an encoder holds back at most, unless it looks ahead.
MOST_HELD_BACK: Final = 4
#: Frames between key frames that the program did not ask for.
QUALITY_KEY_INTERVAL: Final = 250
REALTIME_KEY_INTERVAL: Final = 3000
#: Bits per second. Encoders keep thousands of bits per second in 32 bits, and no codec's level allows as many.
_BIT_RATES: Final = range(1000, 2**31)
#: FFmpeg's time bases are of 32 bits, and encoders limit them further.
_LARGEST_DENOMINATOR: Final = 100_000
#: The unit of WebCodecs' timestamps, for encoders that use these.
MICROSECONDS: Final = (1, 1_000_000)
#: H.264 and H.265 have 16 bits for each part of a sample aspect ratio.
_LARGEST_ASPECT: Final = 65_535
#: Content that is drawn rather than filmed, and whose edges matter (MediaStreamTrack Content Hints).
_SCREEN_HINTS: Final = ("detail", "text")


class Request(NamedTuple):
    """A configuration with its defaults filled in. ``bit_rate``, in bits per second, is None in quantizer mode.

    ``is_frame_rate_given`` says whether ``frame_rate``, in frames a second, is that of the configuration.
    Unless it ``looks_ahead``, the encoder does not reorder frames, and holds back MOST_HELD_BACK of them at most.
    """

    width: int
    height: int
    frame_rate: Fraction
    is_frame_rate_given: bool
    bit_rate: int | None
    is_constant: bool
    is_quantizer: bool
    is_realtime: bool
    looks_ahead: bool
    temporal_layers: int
    keeps_alpha: bool
    is_screen: bool
    sample_aspect_ratio: tuple[int, int]

    @property
    def threads(self) -> int:
        """The number of threads to encode with: about one for each 240 rows, and not more than there are processors."""
        return min(picture_threads(), self.height // _ROWS_PER_THREAD + 1)

    @property
    def key_interval(self) -> int:
        """Frames from a key frame to the next one that the encoder makes of its own accord."""
        return REALTIME_KEY_INTERVAL if self.is_realtime else QUALITY_KEY_INTERVAL


def request_of(config: VideoEncoderConfig, *, looks_ahead: bool = False) -> Request | None:
    """The request that the configuration makes; None if no encoder could meet it.

    ``looks_ahead`` is the setting of the platform, for configurations that are neither "realtime" nor "quantizer".
    """
    frame_rate = Fraction(config.get("framerate", _DEFAULT_FRAME_RATE)).limit_denominator(_LARGEST_DENOMINATOR)
    if not 0 < frame_rate <= _LARGEST_DENOMINATOR:
        return None
    width, height = config["width"], config["height"]
    mode = config.get("bitrateMode", "variable")
    bit_rate = None
    if mode != "quantizer":
        default = max(_LEAST_DEFAULT_BIT_RATE, int(width * height * frame_rate * _DEFAULT_BITS_PER_PIXEL))
        bit_rate = config.get("bitrate", default)
        if bit_rate not in _BIT_RATES:
            return None
    is_realtime = config.get("latencyMode") == "realtime"
    scalability_mode = config.get("scalabilityMode")
    if scalability_mode not in (None, "L1T1", "L1T2", "L1T3"):
        return None
    return Request(
        width,
        height,
        frame_rate,
        "framerate" in config,
        bit_rate,
        mode == "constant",
        mode == "quantizer",
        is_realtime,
        looks_ahead and not is_realtime and mode != "quantizer",
        number_of_temporal_layers(scalability_mode),
        config.get("alpha") == "keep",
        config.get("contentHint") in _SCREEN_HINTS,
        _sample_aspect_ratio(config),
    )


def _sample_aspect_ratio(config: VideoEncoderConfig) -> tuple[int, int]:
    """The width and height of a sample that the display size asks for, or the nearest ratio that a stream can state.

    (0, 1), which is unspecified, stands for square samples.
    """
    width, height = config["width"], config["height"]
    display = config.get("displayWidth", width), config.get("displayHeight", height)
    ratio = Fraction(display[0] * height, display[1] * width)
    if ratio == 1:
        return 0, 1
    narrow = min(ratio, 1 / ratio).limit_denominator(_LARGEST_ASPECT)
    narrow = max(narrow, Fraction(1, _LARGEST_ASPECT))
    aspect = narrow.numerator, narrow.denominator
    return aspect if ratio < 1 else aspect[::-1]


@dataclass(frozen=True)
class VideoEncoding:
    """How to encode by a configuration."""

    encoder: str
    request: Request
    #: FFmpeg's names of the pixel formats that the encoder is opened for, those of the least depth first.
    pixel_formats: Sequence[str]
    options: Mapping[str, str]
    #: The pixel format for frames with alpha; None if alpha is discarded.
    alpha_format: str | None = None
    bit_rate: int | None = None
    max_b_frames: int | None = None
    key_interval: int | None = None
    threads: int | None = None
    global_header: bool = False
    sample_aspect_ratio: tuple[int, int] = (0, 1)
    #: The unit, in seconds, in which the encoder is told the time of frames for its control of the bit rate; None if it
    #: counts frames.
    time_base: tuple[int, int] | None = None
    #: The temporal layers of successive frames; the pattern begins anew with each key frame and at its own end.
    layers: Sequence[int] = ()
    #: Tells the encoder the layer of the next frame by its place in the pattern; None if the options do so.
    set_layer: Callable[[Encoder, int], None] | None = None
    #: Prepares an encoder that has been opened.
    prepare: Callable[[Encoder], None] = field(default=lambda _: None)
    #: Makes the encoder encode the next frame, which is given as well, with a quantizer.
    set_quantizer: Callable[[Encoder, Frame, int], None] | None = None
    #: Makes the description of the encoder's extradata; None if decoding needs no description.
    describe: Callable[[bytes], bytes | None] = field(default=lambda _: None)

    def pixel_format(self, bit_depth: int, *, has_alpha: bool) -> str:
        """The format to encode pictures in whose samples have ``bit_depth`` bits."""
        if has_alpha:
            assert self.alpha_format is not None, "alpha is kept"
            return self.alpha_format
        for name in self.pixel_formats:
            if depth_of(name) >= bit_depth:
                return name
        return self.pixel_formats[-1]

    @property
    def most_threads(self) -> int:
        """The most threads to encode with."""
        return self.threads or self.request.threads

    def open(self, format: str, colors: Colors, threads: int) -> Encoder:
        """Open the encoder for pictures in an FFmpeg format. Raises FFbindError and ValueError if it refuses."""
        request = self.request
        encoder = Encoder(
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
                time_base=self.time_base,
            ),
            EncoderSettings(
                bit_rate=self.bit_rate,
                gop_size=self.key_interval or request.key_interval,
                max_b_frames=self.max_b_frames,
                threads=threads,
                global_header=self.global_header,
            ),
            options=self.options,
        )
        try:
            self.prepare(encoder)
        except BaseException:
            encoder.close()
            raise
        return encoder


@cache
def depth_of(format: str) -> int:
    """Bits of a sample in an FFmpeg format."""
    return pixel_format(format).components[0].depth


def has_encoder(name: str, *formats: str) -> bool:
    """Whether this FFmpeg has an encoder of exactly that name that takes all the pixel formats."""
    info = find_encoder(name)
    return info is not None and info.name == name and set(formats) <= set(info.pixel_formats or ())


def buffer_options(request: Request) -> dict[str, str]:
    """The options that keep FFmpeg's encoders to a constant bit rate: over a second, in realtime over half a second."""
    if not request.is_constant or request.bit_rate is None:
        return {}
    buffer = request.bit_rate // 2 if request.is_realtime else request.bit_rate
    return {"maxrate": str(request.bit_rate), "bufsize": str(max(buffer, 1000))}


def parameters(values: Mapping[str, object]) -> str:
    """A library's own options in the form in which FFmpeg passes them on: ``name=value:name=value``."""
    return ":".join(f"{name}={value}" for name, value in values.items())
