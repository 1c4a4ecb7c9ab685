"""Not in the spec: why a configuration is not supported, in words for the error."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, TypeVar, cast

from codecmodel.configurations.decoder_configurations import (
    ASCII_WHITESPACE,
    AudioDecoderConfig,
    VideoDecoderConfig,
    description_of,
)
from codecmodel.configurations.encoder_configurations import AudioEncoderConfig, VideoEncoderConfig
from codecmodel.registry import (
    AvcCodecString,
    CodecString,
    HevcCodecString,
    InvalidDescription,
    parse_codec_string,
    registration_of,
)
from codecmodel.registry.levels import Demands, is_within_level
from codecmodel.web.buffers import BufferSource, is_detached

#: Registered codec → its usual name and one of its codec strings.
EXAMPLES: Final[Mapping[str, tuple[str, str]]] = {
    "aac": ("AAC", "mp4a.40.2"),
    "alaw": ("A-law", "alaw"),
    "av1": ("AV1", "av01.0.04M.08"),
    "avc": ("AVC", "avc1.42001e"),
    "flac": ("FLAC", "flac"),
    "hevc": ("HEVC", "hvc1.1.6.L93.B0"),
    "mp3": ("MP3", "mp3"),
    "opus": ("Opus", "opus"),
    "pcm": ("PCM", "pcm-s16"),
    "ulaw": ("µ-law", "ulaw"),
    "vorbis": ("Vorbis", "vorbis"),
    "vp8": ("VP8", "vp8"),
    "vp9": ("VP9", "vp09.00.10.08"),
}
#: How codecs are called in codec strings and elsewhere, in lower-case letters and digits → registered codec.
_NAMES: Final[Mapping[str, str]] = {
    **{codec: codec for codec in EXAMPLES},
    **dict.fromkeys(("mp4a", "mp4a402"), "aac"),
    **dict.fromkeys(("pcma", "pcmalaw"), "alaw"),
    **dict.fromkeys(("av01", "aom", "libaom"), "av1"),
    **dict.fromkeys(("avc1", "avc3", "h264", "x264", "libx264"), "avc"),
    **dict.fromkeys(("hev1", "hvc1", "h265", "x265", "libx265"), "hevc"),
    **dict.fromkeys(("pcmu", "pcmmulaw", "mulaw"), "ulaw"),
    **dict.fromkeys(("vp08",), "vp8"),
    **dict.fromkeys(("vp09",), "vp9"),
}

#: H.264 Annex A: Baseline, Main, Extended, High, High 10. H.265 Annex A: Main, Main 10, Main Still Picture.
_AVC_420_PROFILES: Final = frozenset({66, 77, 88, 100, 110})
_HEVC_420_PROFILES: Final = frozenset({1, 2, 3})

#: Entries that a configuration may lack, those that are refused most often first, and their defaults in Web IDL.
_OPTIONAL: Final[Mapping[str, object]] = {
    "scalabilityMode": None,
    "alpha": "discard",
    "hardwareAcceleration": "no-preference",
    "bitrateMode": "variable",
    "bitrate": None,
    "latencyMode": "quality",
    "framerate": None,
    "description": None,
    **dict.fromkeys(("aac", "avc", "flac", "hevc", "opus")),
    **dict.fromkeys(("displayWidth", "displayHeight", "colorSpace", "optimizeForLatency")),
}
#: Usual values of entries that belong together.
_USUAL: Final[Sequence[tuple[Sequence[str], Sequence[Sequence[int]]]]] = (
    (("sampleRate",), ((48_000,), (44_100,))),
    (("numberOfChannels",), ((2,), (1,))),
    (("width", "height"), ((640, 480),)),
    (("codedWidth", "codedHeight"), ((640, 480),)),
)

ConfigT = TypeVar("ConfigT")

#: Members that come in pairs.
_PAIRS: Final = (("codedWidth", "codedHeight"), ("displayAspectWidth", "displayAspectHeight"))
#: Members that must not be zero.
_NOT_ZERO: Final = (
    *("codedWidth", "codedHeight", "displayAspectWidth", "displayAspectHeight"),
    *("width", "height", "displayWidth", "displayHeight", "sampleRate", "numberOfChannels"),
)
#: The values that the registrations allow in their extensions.
_RANGES: Final[Mapping[str, str]] = {
    "flac": "flac.blockSize is 0 or from 16 to 65535, compressLevel is from 0 to 8",
    "opus": "opus.frameDuration is a multiple of 2500 up to 120000, complexity is from 0 to 10, packetlossperc to 100",
}


def why_not_valid(config: Mapping[str, object]) -> str:
    """Why a configuration, which is converted, is not valid."""
    if not str(config["codec"]).strip(ASCII_WHITESPACE):
        return "codec is empty"
    if "description" in config and is_detached(cast("BufferSource", config["description"])):
        return "description is detached"
    for pair in _PAIRS:
        for given, missing in (pair, pair[::-1]):
            if given in config and missing not in config:
                return f"{given} is given, and {missing} is missing"
    for member in _NOT_ZERO:
        if config.get(member) == 0:
            return f"{member} is 0"
    return "; ".join(f"{ranges}, not {config[member]}" for member, ranges in _RANGES.items() if member in config)


def reason_against(
    config: AudioDecoderConfig | VideoDecoderConfig | AudioEncoderConfig | VideoEncoderConfig,
    kind: Literal["audio", "video"],
) -> str | None:
    """Why the configuration is not supported, if its codec string, its description or its level tells; or else None.

    ``config`` is not supported. Reasons that only the platform knows are not found.
    """
    string = config["codec"]
    codec_string = parse_codec_string(string)
    if codec_string is None:
        return f"{string!r} is not a codec string{_hint(string)}"
    if codec_string.kind != kind:
        return f"{string!r} is a codec of {codec_string.kind}"
    if "width" in config:
        return _reason_of_size_and_level(codec_string, cast("VideoEncoderConfig", config))
    if "description" in config:
        return _reason_of_description(codec_string, cast("AudioDecoderConfig | VideoDecoderConfig", config))
    return None


def reason_among_entries(config: ConfigT, supports: Callable[[ConfigT], bool]) -> str:
    """Why the configuration is not supported, if ``supports`` tells of others with fewer entries or with usual values.

    ``config`` is a converted configuration whose codec string is valid, and it is not supported.
    """
    given = cast("dict[str, object]", config)
    codec = repr(given["codec"])

    def is_supported(entries: Mapping[str, object]) -> bool:
        return supports(cast("ConfigT", dict(entries)))

    for member, default in _OPTIONAL.items():
        if given.get(member, default) != default and is_supported(_without(given, member)):
            return f"{codec} is not supported with {_entry(given, member)}"
    simplest = given
    for member in _OPTIONAL:
        simplest = _without(simplest, member)
    for members, choices in _USUAL:
        if not all(member in given for member in members):
            continue
        alternatives = [dict(zip(members, choice, strict=True)) for choice in choices]
        simplest = {**simplest, **alternatives[0]}
        others = [_values(each, members) for each in alternatives if is_supported({**given, **each})]
        if others:
            entry = f"{' × '.join(members)} {_values(given, members)}"
            return f"{codec} is not supported with {entry}, but with {' and '.join(others)}"
    if is_supported(simplest):
        return f"{codec} is supported, but not with all entries of this configuration"
    return f"{codec} is not supported here"


def _values(config: Mapping[str, object], members: Sequence[str]) -> str:
    return "×".join(str(config[member]) for member in members)


def _without(config: Mapping[str, object], member: str) -> dict[str, object]:
    """The configuration with the default of a member, or without the member if it has none."""
    default = _OPTIONAL[member]
    return {
        name: default if name == member else value
        for name, value in config.items()
        if name != member or default is not None
    }


def _entry(config: Mapping[str, object], member: str) -> str:
    return "this description" if member == "description" else f"{member} {config[member]!r}"


def _hint(string: str) -> str:
    """The codec strings of the codec that ``string`` may mean."""
    # "H.264", and "avc1" of "avc1.4d".
    names = ("".join(filter(str.isalnum, text.lower())) for text in (string, string.partition(".")[0]))
    codec = next((_NAMES[name] for name in names if name in _NAMES), None)
    if codec is None:
        return " of the codec registry"
    usual_name, example = EXAMPLES[codec]
    if example == codec:
        return f"; that of {usual_name} is {example!r}"
    return f"; those of {usual_name} are like {example!r}"


def _reason_of_size_and_level(codec_string: CodecString, config: VideoEncoderConfig) -> str | None:
    width, height = config["width"], config["height"]
    frame_rate, bit_rate = config.get("framerate"), config.get("bitrate")
    if _is_420_in_whole_samples(codec_string) and (width % 2 or height % 2):
        return f"the width and height of 4:2:0 are even, and {width}×{height} pixels are not"
    level = f"beyond the level of {codec_string.string!r}"
    if not is_within_level(codec_string, Demands(width, height, None, None)):
        return f"{width}×{height} pixels are {level}"
    if not is_within_level(codec_string, Demands(width, height, frame_rate, None)):
        return f"a framerate of {frame_rate:g} is {level} at {width}×{height}"
    if not is_within_level(codec_string, Demands(width, height, None, bit_rate)):
        return f"a bitrate of {bit_rate} is {level}"
    return None


def _is_420_in_whole_samples(codec_string: CodecString) -> bool:
    """Whether the codec string is of a profile of 4:2:0 that counts the picture's size in samples of chroma."""
    match codec_string:
        case AvcCodecString():
            return codec_string.profile_idc in _AVC_420_PROFILES
        case HevcCodecString():
            return codec_string.profile_idc in _HEVC_420_PROFILES
    return False


def _reason_of_description(codec_string: CodecString, config: AudioDecoderConfig | VideoDecoderConfig) -> str | None:
    description = description_of(config)
    if description is None:
        return None
    try:
        registration_of(codec_string).parse_description(codec_string, description)
    except InvalidDescription as error:
        return f"the description is malformed: {error}"
    return None
