"""Draws codec strings, configurations, buffers with layouts, and programs of calls."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final, get_args

from codecmodel.raw_media.audio_sample_format import AudioSampleFormat
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from conformance.campaigns.case import Case, Part, Value
from conformance.campaigns.drawn_codec_strings import drawn_codec_string
from conformance.campaigns.drawn_media import calls_of, material
from conformance.campaigns.mutations import EDGES, odd_members, odd_value

_INTERFACES: Final = ("AudioDecoder", "VideoDecoder", "AudioEncoder", "VideoEncoder")
_CODEC_STRINGS: Final[Sequence[str]] = (
    "avc1.42E01E", "avc1.64001e", "avc3.4d0028", "hvc1.1.6.L60.90", "hev1.2.4.H120.B0.23", "vp8", "vp09.00.10.08",
    "vp09.02.51.10.01.09.16.09.01", "av01.0.00M.08", "av01.2.15H.10.0.100.09.16.09.0", "mp4a.40.2", "mp4a.67", "mp3",
    "opus", "flac", "vorbis", "pcm-s16", "pcm-f32", "ulaw", "alaw", "image/png", "image/avif",
)  # fmt: skip
_PIXEL_FORMATS: Final[Sequence[Value]] = get_args(VideoPixelFormat)
_SAMPLE_FORMATS: Final[Sequence[Value]] = get_args(AudioSampleFormat)

_SIZES: Final[Sequence[int]] = (1, 2, 3, 15, 16, 17, 64, 128)
_RECT: Final[Sequence[Value]] = (
    {"x": 0, "y": 0, "width": 16, "height": 16},
    {"x": 2, "y": 2, "width": 4, "height": 4},
    {"x": 1, "y": 1, "width": 3, "height": 5},
    {"x": -1, "y": 0, "width": 1e9, "height": 0.5},
    {"x": float("nan"), "y": 0, "width": 1, "height": 1},
)
_COLOR_SPACES: Final[Sequence[Value]] = (
    {"primaries": "bt709", "transfer": "bt709", "matrix": "bt709", "fullRange": False},
    {"primaries": "bt2020", "transfer": "pq", "matrix": "bt2020-ncl", "fullRange": True},
    {"matrix": "rgb"},
)
#: Members of each dictionary, with usual values.
_CONFIGURATIONS: Final[Mapping[str, dict[str, Sequence[Value]]]] = {
    "AudioDecoder": {"sampleRate": (8000, 44100, 48000), "numberOfChannels": (1, 2, 6, 8), "description": (b"", b"\0")},
    "VideoDecoder": {
        "codedWidth": _SIZES,
        "codedHeight": _SIZES,
        "displayAspectWidth": _SIZES,
        "displayAspectHeight": _SIZES,
        "description": (b"", b"\1d\0\x0a\xff"),
        "colorSpace": _COLOR_SPACES,
        "hardwareAcceleration": ("no-preference", "prefer-software", "prefer-hardware"),
        "optimizeForLatency": (True, False),
        "rotation": (0, 90, 91.5, -270),
        "flip": (True, False),
    },
    "AudioEncoder": {
        "sampleRate": (8000, 44100, 48000),
        "numberOfChannels": (1, 2, 6),
        "bitrate": (8000, 64000, 510000),
        "bitrateMode": ("constant", "variable"),
        "aac": ({"format": "adts"}, {"format": "aac"}),
        "flac": ({"blockSize": 4096, "compressLevel": 5}, {"blockSize": 0}),
        "opus": ({"frameDuration": 20000, "complexity": 5}, {"frameDuration": 1}, {"format": "ogg"}),
    },
    "VideoEncoder": {
        "width": _SIZES,
        "height": _SIZES,
        "displayWidth": _SIZES,
        "displayHeight": _SIZES,
        "bitrate": (1, 100_000, 1_000_000),
        "framerate": (0, 25, 29.97, 1e-9, 1e9),
        "alpha": ("keep", "discard"),
        "scalabilityMode": ("L1T1", "L1T2", "L1T3", "L2T1", "S9T9"),
        "bitrateMode": ("constant", "variable", "quantizer"),
        "latencyMode": ("quality", "realtime"),
        "contentHint": ("", "motion", "text"),
        "avc": ({"format": "annexb"}, {"format": "avc"}),
        "hevc": ({"format": "annexb"}, {"format": "hevc"}),
    },
}


def draw_codec_string(random: Random) -> Case:
    """Codec strings: valid ones, and such with one changed field or with damage."""
    strings = [drawn_codec_string(random) for _ in range(8)]
    return Case("codec strings", tuple(Part(random.choice(_INTERFACES), string) for string in strings))


def _configuration(random: Random, interface: str) -> dict[str, Value]:
    config = odd_members(random, _CONFIGURATIONS[interface], presence=random.choice((0.3, 0.8)))
    for name in ("sampleRate", "numberOfChannels", "width", "height"):
        if name in _CONFIGURATIONS[interface] and random.random() < 0.9:
            config[name] = random.choice(_CONFIGURATIONS[interface][name])
    match random.randrange(4):
        case 0:
            config["codec"] = odd_value(random, _CODEC_STRINGS)
        case 1:
            config["codec"] = drawn_codec_string(random)
        case _:
            config["codec"] = random.choice(_CODEC_STRINGS)
    return config


def draw_configuration(random: Random) -> Case:
    """Configurations with usual and odd members."""
    interfaces = [random.choice(_INTERFACES) for _ in range(2)]
    return Case("configurations", tuple(Part(name, _configuration(random, name)) for name in interfaces))


def _layout(random: Random) -> Value:
    return [
        {"offset": odd_value(random, (0, 16, 256)), "stride": odd_value(random, (4, 16, 64))}
        for _ in range(random.randrange(5))
    ]


def draw_buffer(random: Random) -> Case:
    """A buffer as a frame or as audio data, and copies of it under drawn layouts, rectangles and formats."""
    data = random.randbytes(random.choice((0, 1, 384, 1024, 4096, 20000)))
    parts: list[Part] = []
    if random.random() < 0.6:
        width, height = random.choice(_SIZES), random.choice(_SIZES)
        init = odd_members(
            random,
            {"duration": (0, 40000), "visibleRect": _RECT, "rotation": (0, 90), "flip": (True,), "displayWidth": _SIZES,
             "displayHeight": _SIZES, "colorSpace": _COLOR_SPACES},
            presence=0.2,
        )  # fmt: skip
        if random.random() < 0.3:
            init["layout"] = _layout(random)
        init |= {"format": random.choice(_PIXEL_FORMATS), "codedWidth": width, "codedHeight": height, "timestamp": 0}
        init["data"] = data if random.random() < 0.3 else random.randbytes(width * height * 8)
        parts.append(Part("frame", init))
        for _ in range(3):
            options = odd_members(random, {"rect": _RECT, "format": ("RGBA", "BGRX", *_PIXEL_FORMATS)}, presence=0.4)
            if random.random() < 0.4:
                options["layout"] = _layout(random)
            parts.append(Part("copy", options))
        members: dict[str, Sequence[Value]] = {"timestamp": (0, 1), "visibleRect": _RECT, "alpha": ("keep", "discard")}
        parts.append(Part("derived", odd_members(random, members)))
        return Case("buffers", tuple(parts))
    samples: dict[str, Value] = {"format": random.choice(_SAMPLE_FORMATS), "data": data}
    for name, usual in {
        "sampleRate": (8000, 48000.5),
        "numberOfFrames": (1, 48, 128),
        "numberOfChannels": (1, 2, 6),
        "timestamp": (0, -1),
    }.items():
        samples[name] = random.choice(usual) if random.random() < 0.8 else odd_value(random, usual)
    parts.append(Part("samples", samples))
    usual_options: dict[str, Sequence[Value]] = {
        "planeIndex": (0, 1),
        "frameOffset": (0, 1, 47),
        "frameCount": (0, 1, 48),
        "format": _SAMPLE_FORMATS,
    }
    parts += [Part("copy", odd_members(random, usual_options)) for _ in range(4)]
    return Case("buffers", tuple(parts))


_ENCODER_CONFIGURATIONS: Final[Sequence[dict[str, Value]]] = (
    {"codec": "vp8", "width": 64, "height": 48, "bitrate": 100_000, "latencyMode": "realtime"},
    {"codec": "avc1.42001e", "width": 64, "height": 48, "latencyMode": "realtime"},
    {"codec": "vp09.00.10.08", "width": 32, "height": 32},
)
_SOUND_CONFIGURATIONS: Final[Sequence[dict[str, Value]]] = (
    {"codec": "opus", "sampleRate": 48000, "numberOfChannels": 2},
    {"codec": "pcm-s16", "sampleRate": 48000, "numberOfChannels": 2},
    {"codec": "flac", "sampleRate": 48000, "numberOfChannels": 2},
    {"codec": "mp4a.40.2", "sampleRate": 48000, "numberOfChannels": 2},
)


def draw_program(random: Random) -> Case:
    """Calls on a codec, in any order."""
    interface = random.choice(_INTERFACES)
    media = _decodable(interface) if interface.endswith("Decoder") else _encodable(random, interface)
    if not media:
        interface, media = "VideoEncoder", _encodable(random, "VideoEncoder")
    calls = [Part(interface, None)]
    if random.random() < 0.9:
        calls.append(media[0])
    for _ in range(random.randint(2, 16)):
        name = random.choice(
            ("media", "media", "media", "media", "configure", "flush", "wait", "reset", "turn", "close")
        )
        if name == "media":
            calls.append(random.choice(media[1:]))
        elif name == "configure":
            calls.append(media[0])
        elif name != "close" or random.random() < 0.2:
            calls.append(Part(name, None))
    return Case("programs", tuple(calls))


def _decodable(interface: str) -> list[Part]:
    """A call that configures, and calls that decode; empty if this FFmpeg makes no material."""
    made = material("vp8" if interface == "VideoDecoder" else "opus")
    return [] if made is None else [part for part in calls_of(made, 14) if part.name in ("configure", "decode")]


def _encodable(random: Random, interface: str) -> list[Part]:
    """A call that configures, and calls that encode."""
    if interface == "AudioEncoder":
        return [Part("configure", random.choice(_SOUND_CONFIGURATIONS)), *map(sound_call, range(8))]
    config = random.choice(_ENCODER_CONFIGURATIONS)
    odd = random.choice(EDGES[7:12])
    return [
        Part("configure", config),
        *(picture_call(number, 64, 48) for number in range(6)),
        picture_call(6, odd, odd),
    ]


def picture_call(number: int, width: int, height: int) -> Part:
    """The call that encodes a gray frame."""
    size = width * height + 2 * (-(-width // 2) * -(-height // 2))
    init: dict[str, Value] = {"format": "I420", "codedWidth": width, "codedHeight": height, "timestamp": number * 40000}
    return Part("encode", init | {"data": bytes([number * 8]) * size, "keyFrame": number % 4 == 0})


def sound_call(number: int) -> Part:
    """The call that encodes a hundredth of a second of silence in two channels."""
    init: dict[str, Value] = {"format": "f32", "sampleRate": 48000, "numberOfFrames": 480, "numberOfChannels": 2}
    return Part("encode", init | {"timestamp": number * 10000, "data": bytes(480 * 8)})
