"""Chooses the encoder configuration of a transcoded track: as the user asks, otherwise the first that is supported."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Final, NamedTuple, get_args

from codecmodel.codecs.audio_encoder import AudioEncoder
from codecmodel.codecs.video_encoder import VideoEncoder
from codecmodel.command_line.usage_error import UsageError
from codecmodel.configurations.encoder_configurations import AudioEncoderConfig, VideoEncoderConfig
from codecmodel.files.errors import MediaFileError
from codecmodel.files.picture import shape_of_picture
from codecmodel.raw_media.audio_data import AudioData
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from codecmodel.raw_media.video_frame import VideoFrame
from codecmodel.raw_media.video_frame_init import AlphaOption
from codecmodel.registry import parse_codec_string
from codecmodel.registry.channel_layouts import channel_mask

#: A track that is left out.
NONE: Final = "none"
#: A track whose chunks are copied.
COPY: Final = "copy"
#: Pixel formats whose fourth plane or component is alpha.
_ALPHA_FORMATS: Final = frozenset(name for name in get_args(VideoPixelFormat) if "A" in name)

#: Level numbers, the lowest first: H.264 table A-1, in hexadecimal; H.265 table A.8, times 30; VP9's levels, times 10;
#: AV1 § A.3, seq_level_idx.
_AVC_LEVELS: Final = ("0a", "0b", "0d", "15", "16", "1e", "1f", "20", "28", "2a", "32", "33", "34", "3c", "3d", "3e")
_HEVC_LEVELS: Final = ("30", "60", "63", "90", "93", "120", "123", "150", "153", "156", "180", "183", "186")
_VP9_LEVELS: Final = ("10", "11", "20", "21", "30", "31", "40", "41", "50", "51", "52", "60", "61", "62")
_AV1_LEVELS: Final = ("00", "01", "04", "05", "08", "09", "12", "13", "14", "15", "16", "17", "18", "19")


class _Strings(NamedTuple):
    """The codec strings of a codec: a pattern by the bit depth, and the levels that take the place of ``{}``."""

    patterns: Mapping[int, str]
    levels: Sequence[str]


#: The profiles are High and High 10, Main and Main 10, and VP9's and AV1's for 4:2:0.
_VIDEO_STRINGS: Final[Mapping[str, _Strings]] = {
    "avc": _Strings({8: "avc1.6400{}", 10: "avc1.6e00{}"}, _AVC_LEVELS),
    "hevc": _Strings({8: "hvc1.1.6.L{}.B0", 10: "hvc1.2.4.L{}.B0"}, _HEVC_LEVELS),
    "vp8": _Strings({8: "vp8"}, ("",)),
    "vp9": _Strings({8: "vp09.00.{}.08", 10: "vp09.02.{}.10", 12: "vp09.02.{}.12"}, _VP9_LEVELS),
    "av1": _Strings({8: "av01.0.{}M.08", 10: "av01.0.{}M.10"}, _AV1_LEVELS),
}
_AUDIO_STRINGS: Final[Mapping[str, str]] = {
    "aac": "mp4a.40.2",
    **{
        name: name
        for name in (
            "opus",
            "flac",
            "mp3",
            "vorbis",
            "ulaw",
            "alaw",
            "pcm-u8",
            "pcm-s16",
            "pcm-s24",
            "pcm-s32",
            "pcm-f32",
        )
    },
}
VIDEO_CODECS: Final = tuple(_VIDEO_STRINGS)
AUDIO_CODECS: Final = tuple(_AUDIO_STRINGS)

#: Bits a pixel for usual quality. The better codecs need about half of it.
_BITS_A_PIXEL: Final[Mapping[str, float]] = {"avc": 0.1, "vp8": 0.12, "hevc": 0.06, "vp9": 0.06, "av1": 0.05}
_ASSUMED_FRAME_RATE: Final = Fraction(30)
_LOWEST_BITRATE: Final = 100_000
#: Rates to convert to if the encoder does not take the source's.
_RATES: Final = (48_000, 44_100, 32_000, 24_000, 16_000, 12_000, 8_000)


class Codecs(NamedTuple):
    """Codecs for video and audio, or NONE."""

    video: str
    audio: str


_BY_EXTENSION: Final[Mapping[str, Codecs]] = {
    ".mp4": Codecs("avc", "aac"),
    ".m4v": Codecs("avc", "aac"),
    ".mov": Codecs("avc", "aac"),
    ".mkv": Codecs("avc", "opus"),
    ".webm": Codecs("vp9", "opus"),
    ".ogg": Codecs(NONE, "opus"),
    ".opus": Codecs(NONE, "opus"),
    ".m4a": Codecs(NONE, "aac"),
    ".mp3": Codecs(NONE, "mp3"),
    ".flac": Codecs(NONE, "flac"),
    ".wav": Codecs(NONE, "pcm-s16"),
}


#: FFmpeg's names of formats that are no extensions.
_EXTENSIONS: Final[Mapping[str, str]] = {"matroska": "mkv", "ipod": "m4a"}


def default_codecs(path: str, format: str | None = None) -> Codecs:
    """The usual codecs of files with this extension, or of a format by FFmpeg's name.

    Raises UsageError if no codecs are usual for it.
    """
    extension = Path(path).suffix.lower() if format is None else f".{_EXTENSIONS.get(format, format)}"
    codecs = _BY_EXTENSION.get(extension)
    if codecs is None:
        raise UsageError(f"{path}: no codecs are usual in {extension or 'such'} files; name them")
    return codecs


@dataclass(frozen=True)
class VideoChoice:
    """The wishes for a track of video. ``codec`` is one of VIDEO_CODECS or a codec string.

    ``bitrate`` is in bits per second. ``frame_rate`` is that of the source if it is known. ``display_aspect`` is the
    exact aspect ratio that the source is displayed with, before rotation, if its pixels are not square: the display
    size of frames is rounded to whole pixels. With ``keeps_alpha`` alpha is encoded if the codec can. ``size`` is that
    of the encoded pictures, (width, height) in pixels before rotation, None for the size of the frames.
    """

    codec: str
    bitrate: int | None
    frame_rate: Fraction | None
    display_aspect: Fraction | None = None
    keeps_alpha: bool = False
    size: tuple[int, int] | None = None

    async def config_for(self, frame: VideoFrame) -> VideoEncoderConfig:
        """The first configuration for frames like ``frame`` that is supported, of the best bit depth first.

        Raises MediaFileError.
        """
        rect = frame.visibleRect
        assert rect is not None, "the frame is open"
        width, height = self.size or (int(rect.width), int(rect.height))
        has_alpha = self.keeps_alpha and frame.format in _ALPHA_FORMATS
        alphas: Sequence[AlphaOption] = ("keep", "discard") if has_alpha else ("discard",)
        for alpha in alphas:
            for codec in self._strings(_bit_depth(frame)):
                config = self._config(codec, width, height, frame)
                if alpha == "keep":
                    config["alpha"] = alpha
                if (await VideoEncoder.isConfigSupported(config))["supported"]:
                    return config
        raise MediaFileError(f"{self.codec} cannot be encoded with {width}×{height} pixels here")

    def _strings(self, bit_depth: int) -> Iterator[str]:
        if self.codec not in _VIDEO_STRINGS:
            yield self.codec
            return
        patterns, levels = _VIDEO_STRINGS[self.codec]
        for depth in sorted(patterns, reverse=True):
            if depth <= bit_depth:
                for level in levels:
                    yield patterns[depth].format(level)

    def _config(self, codec: str, width: int, height: int, frame: VideoFrame) -> VideoEncoderConfig:
        rate = self.frame_rate or _ASSUMED_FRAME_RATE
        bitrate = self.bitrate
        if bitrate is None:
            bits = _BITS_A_PIXEL.get(self.codec, 0.1)
            bitrate = max(_LOWEST_BITRATE, round(width * height * rate * bits))
        config: VideoEncoderConfig = {"codec": codec, "width": width, "height": height, "bitrate": bitrate}
        if self.frame_rate is not None:
            config["framerate"] = float(self.frame_rate)
        # Pixels of a new size are square.
        display_size = self._display_size(frame) if self.size is None else (width, height)
        if display_size != (width, height):
            config["displayWidth"], config["displayHeight"] = display_size
        return config

    def _display_size(self, frame: VideoFrame) -> tuple[int, int]:
        """The display size before rotation. It has the exact aspect ratio of the source if the frame has its shape."""
        size = frame.displayWidth, frame.displayHeight
        width, height = size if frame.rotation % 180 == 0 else size[::-1]
        aspect = self.display_aspect
        if aspect is None or not shape_of_picture(frame).has_display_aspect(aspect):
            return width, height
        factor = ceil(Fraction(height, aspect.denominator))
        return aspect.numerator * factor, aspect.denominator * factor


def _bit_depth(frame: VideoFrame) -> int:
    """The bits of a sample of the frame."""
    format = frame.format or ""
    return 12 if format.endswith("P12") else 10 if format.endswith("P10") else 8


@dataclass(frozen=True)
class AudioChoice:
    """``name`` is one of AUDIO_CODECS or a codec string. ``bitrate`` is in bits a second, None for the usual one."""

    name: str
    bitrate: int | None

    @property
    def codec(self) -> str:
        """The codec string."""
        return _AUDIO_STRINGS.get(self.name, self.name)

    def channel_mask(self, channels: int) -> int:
        """The channels that the codec means by their number, as FFmpeg's AV_CH_* bits; 0 if it gives no meaning."""
        codec_string = parse_codec_string(self.codec)
        return (channel_mask(codec_string.codec, channels) if codec_string is not None else None) or 0

    async def config_for(self, data: AudioData) -> AudioEncoderConfig:
        """The first configuration that is supported: for the rate and channels of ``data`` if there is one.

        Raises MediaFileError.
        """
        rate, channels = round(data.sampleRate), data.numberOfChannels
        for candidate_channels in dict.fromkeys((channels, min(channels, 2))):
            for candidate_rate in dict.fromkeys((rate, *_RATES)):
                config: AudioEncoderConfig = {
                    "codec": self.codec,
                    "sampleRate": candidate_rate,
                    "numberOfChannels": candidate_channels,
                }
                if self.bitrate is not None:
                    config["bitrate"] = self.bitrate
                if (await AudioEncoder.isConfigSupported(config))["supported"]:
                    return config
        raise MediaFileError(f"{self.codec} cannot be encoded here")
