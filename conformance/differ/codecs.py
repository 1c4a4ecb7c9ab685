"""Families of programs with codecs. Nothing in them depends on timing: outputs are flushed before they are compared.

Between two flushes a program is one task, so no output and no error comes before the calls that it would change.
"""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final, cast

from conformance.campaigns.case import Part, Value
from conformance.differ.drawing import COLOR_SPACES, call, look, new, this, varied, wait

_VIDEO: Final = ("vp8", "vp9", "av1", "h264_annexb", "h264_avc")
_AUDIO: Final = ("opus", "pcm_s16", "pcm_f32", "pcm_u8", "flac", "mp3", "mp4_aac", "pcm_alaw")
#: Chunks of a drawn program, at most.
_CHUNKS: Final = 5
_IMAGES: Final = ("png", "bmp", "jpeg", "gif", "apng")

_SOUND: Final[dict[str, Value]] = {"sampleRate": 48000, "numberOfChannels": 2}
_PICTURE: Final[dict[str, Value]] = {"width": 64, "height": 48, "bitrate": 200_000}
_DECODER_STRINGS: Final[Mapping[str, Sequence[str]]] = {
    "AudioDecoder": (
        "opus",
        "mp3",
        "mp4a.40.2",
        "pcm-s16",
        "flac",
        "vorbis",
        "OPUS",
        " opus",
        "opus ",
        "",
        "mp4a",
        "x",
    ),
    "VideoDecoder": (
        "vp8",
        "vp09.00.10.08",
        "avc1.42001e",
        "av01.0.04M.08",
        "VP8",
        " vp8",
        "vp8 ",
        "",
        "vp9",
        "avc1",
        "x",
    ),
}
_AUDIO_ODD: Final[Mapping[str, Sequence[Value]]] = {
    "sampleRate": (0, 1, 8000, 44100, 2**32 - 1, -1, 2**32, float("nan")),
    "numberOfChannels": (0, 1, 8, 2**32 - 1, -1, 2**32),
    "description": ({"$bytes": [0, 0]}, {"$bytes": [9, 1]}),
}
_VIDEO_DECODER_ODD: Final[Mapping[str, Sequence[Value]]] = {
    "codedWidth": (0, 64, -1, 2**32),
    "codedHeight": (0, 64, 2**32),
    "displayAspectWidth": (0, 1, 16, -1, 2**32),
    "displayAspectHeight": (0, 1, 9),
    "colorSpace": COLOR_SPACES,
    "hardwareAcceleration": ("no-preference", "prefer-software", "allow"),
    "optimizeForLatency": (True, False),
    "rotation": (0, 90, 91, -270, 450, float("nan"), float("inf")),
    "flip": (True, False),
    "description": ({"$bytes": [0, 0]}, {"$bytes": [9, 1]}),
}
_VIDEO_ENCODER_ODD: Final[Mapping[str, Sequence[Value]]] = {
    "codec": ("vp8", "vp09.00.10.08", "VP8", "", " vp8", "vp9", "x"),
    "width": (0, 1, 63, -1, 2**32, 2**31),
    "height": (0, 1, 47, 2**32),
    "displayWidth": (0, 1, 64, 100, -1),
    "displayHeight": (0, 1, 48),
    "bitrate": (0, 1, 2**53 - 1, 2**53, -1, 0.5, float("nan")),
    "framerate": (0, 25, 0.01, -1, float("nan"), float("inf")),
    "hardwareAcceleration": ("no-preference", "prefer-software", "allow"),
    "alpha": ("discard", "keep", "none"),
    "scalabilityMode": ("L1T1", "L1T2", "L9T9", ""),
    "bitrateMode": ("constant", "variable", "quantizer", "cbr"),
    "latencyMode": ("quality", "realtime", "fast"),
    "contentHint": ("", "motion", "text", "speech", "nonsense"),
}
_AUDIO_ENCODER_ODD: Final[Mapping[str, Sequence[Value]]] = {
    "codec": ("opus", "OPUS", "", " opus", "x", "flac", "mp4a.40.2", "pcm-s16"),
    "sampleRate": (0, 1, 8000, 44100, 48000, 2**32 - 1, -1, float("nan")),
    "numberOfChannels": (0, 1, 8, 255, 256, 2**32),
    "bitrate": (0, 1, 6000, 64_000, 510_000, 2**53, -1),
    "bitrateMode": ("constant", "variable", "cbr"),
    "opus": (
        {}, {"frameDuration": 20_000}, {"frameDuration": 1}, {"complexity": 10}, {"complexity": 11},
        {"packetlossperc": 100}, {"packetlossperc": 101}, {"format": "ogg"}, {"format": "x"}, {"useinbandfec": True},
        {"usedtx": True}, {"signal": "music"}, {"signal": "x"}, {"application": "voip"}, {"application": "x"},
    ),
    "flac": ({"blockSize": 15}, {"compressLevel": 9}, {"blockSize": 4096}),
    "aac": ({"format": "adts"}, {"format": "x"}),
}  # fmt: skip

#: Members that make a configuration invalid, or one that nobody supports.
_BAD: Final[Mapping[str, Sequence[dict[str, Value]]]] = {
    "AudioDecoder": ({"codec": ""}, {"codec": "x"}, {"sampleRate": -1}, {"numberOfChannels": 2**32}),
    "VideoDecoder": (
        {"codec": ""},
        {"codec": "x"},
        {"codedWidth": -1},
        {"displayAspectWidth": 0},
        {"rotation": float("nan")},
    ),
    "AudioEncoder": ({"codec": ""}, {"codec": "x"}, {"sampleRate": 0}, {"bitrate": -1}, {"bitrateMode": "cbr"}),
    "VideoEncoder": ({"codec": ""}, {"codec": "x"}, {"width": 0}, {"displayWidth": 0}, {"latencyMode": "fast"}),
}


def draw_config_support(random: Random) -> list[Part]:
    """isConfigSupported(): whether a configuration is valid, and which of its members are in the answer."""
    parts: list[Part] = []
    for _ in range(4):
        interface = random.choice(("AudioDecoder", "VideoDecoder", "AudioEncoder", "VideoEncoder"))
        parts.append(
            Part(
                "static",
                {"interface": interface, "method": "isConfigSupported", "arguments": [_config(random, interface, 3)]},
            )
        )
    return parts


def _bad(random: Random, interface: str) -> list[Value]:
    """Configurations that are not valid, or that nobody supports."""
    return [{**_config(random, interface, 0), **members} for members in _BAD[interface]]


def _config(random: Random, interface: str, most: int) -> dict[str, Value]:
    match interface:
        case "AudioDecoder":
            usual: dict[str, Value] = {"codec": "opus", **_SOUND}
            return varied(random, usual, {**_AUDIO_ODD, "codec": _DECODER_STRINGS[interface]}, most=most)
        case "VideoDecoder":
            usual = {"codec": "vp8"}
            return varied(random, usual, {**_VIDEO_DECODER_ODD, "codec": _DECODER_STRINGS[interface]}, most=most)
        case "AudioEncoder":
            return varied(random, {"codec": "opus", **_SOUND}, _AUDIO_ENCODER_ODD, most=most)
        case _:
            return varied(random, {"codec": "vp8", **_PICTURE}, _VIDEO_ENCODER_ODD, most=most)


def _codec_program(
    random: Random, interface: str, configured: Value, media: "Sequence[list[Part]]", bad: Sequence[Value]
) -> list[Part]:
    """Calls on a codec ``c``. ``media`` are steps that give it media; ``bad`` are configurations that it may refuse."""
    parts = [new("c", interface), look("c")]
    if random.random() < 0.9:
        parts.append(call("c", "configure", configured))
    position = 0
    for _ in range(random.randint(2, 7)):
        match random.choice(
            ("media", "media", "media", "media", "flush", "reset", "configure", "odd", "close", "look")
        ):
            case "media":
                # Decoders need chunks in order, from a key chunk on.
                parts += media[position % len(media)]
                position += 1
            case "flush":
                parts.append(call("c", "flush"))
                position = 0
            case "reset" if random.random() < 0.5:
                parts += [call("c", "reset"), look("c"), call("c", "configure", configured)]
                position = 0
            case "configure" if random.random() < 0.5:
                # What has not been flushed may be lost, or may not.
                parts += [call("c", "flush"), call("c", "configure", configured)]
                position = 0
            case "odd" if random.random() < 0.5:
                parts += [call("c", "flush"), call("c", "configure", random.choice(bad)), call("c", "flush"), look("c")]
                position = 0
            case "close" if random.random() < 0.3:
                parts += [call("c", "close"), look("c")]
            case "look":
                parts.append(look("c"))
    return [*parts, call("c", "flush"), look("c")]


def draw_video_decoder(random: Random) -> list[Part]:
    """Calls on a VideoDecoder, with timestamps that repeat or go back, durations, rotations and aspects."""
    name = random.choice(_VIDEO)
    odd: Mapping[str, Sequence[Value]] = {
        "displayAspectWidth": (16, 1),
        "displayAspectHeight": (9, 1),
        "rotation": (90, 180, 270),
        "flip": (True,),
        "colorSpace": COLOR_SPACES[1:4],
        "optimizeForLatency": (True,),
    }
    # The interpreter takes a configuration of generated media as it is, or with more members beside it.
    configured: dict[str, Value] = {"$media": [name, "config"], "$with": varied(random, {}, odd)}
    return _codec_program(
        random,
        "VideoDecoder",
        configured,
        [_chunk(random, "EncodedVideoChunk", name, number) for number in range(_CHUNKS)],
        _bad(random, "VideoDecoder"),
    )


def draw_audio_decoder(random: Random) -> list[Part]:
    """Calls on an AudioDecoder, with timestamps that repeat or go back."""
    name = random.choice(_AUDIO)
    return _codec_program(
        random,
        "AudioDecoder",
        {"$media": [name, "config"]},
        [_chunk(random, "EncodedAudioChunk", name, number) for number in range(_CHUNKS)],
        _bad(random, "AudioDecoder"),
    )


def _chunk(random: Random, interface: str, media: str, number: int) -> list[Part]:
    usual: dict[str, Value] = {
        "type": "key" if number == 0 or interface == "EncodedAudioChunk" else "delta",
        "timestamp": number * 40_000,
        "data": {"$media": [media, number]},
    }
    if random.random() < 0.5:
        usual["duration"] = random.choice((0, 40_000, 25_000 + number))
    if random.random() < 0.3:
        usual["timestamp"] = random.choice((0, 40_000, 40_000, -40_000, 2**40))
    if number == 0 and random.random() < 0.05:
        usual["type"] = "delta"
    name = f"k{number}"
    return [new(name, interface, usual), call("c", "decode", this(name))]


def draw_video_encoder(random: Random) -> list[Part]:
    """Calls on a VideoEncoder: frames with durations, some of them closed, and odd options."""
    configured: dict[str, Value] = {"codec": random.choice(("vp8", "vp09.00.10.08")), **_PICTURE}
    media: list[list[Part]] = []
    for number in range(_CHUNKS):
        name = f"f{number}"
        width, height = (64, 48) if random.random() < 0.9 else (32, 32)
        init: dict[str, Value] = {
            "format": random.choice(("I420", "I420", "NV12", "RGBA", "BGRX")),
            "codedWidth": width,
            "codedHeight": height,
            "timestamp": number * 40_000 if random.random() < 0.8 else random.choice((0, 40_000, -1)),
        }
        if random.random() < 0.5:
            init["duration"] = random.choice((0, 40_000, 25_000 + number))
        if random.random() < 0.1:
            init["rotation"] = 90
        options: Sequence[Value] = (
            [],
            [],
            [{"keyFrame": True}],
            [{"keyFrame": False}],
            [{"vp8": {"quantizer": 20}}],
            [{"vp8": {"quantizer": 64}}],
            [{"vp9": {"quantizer": 200}}],
            [{}],
        )
        # The bytes suffice for each of the formats.
        steps = [new(name, "VideoFrame", {"$fill": [width * height * 4, 40 * number]}, init)]
        if random.random() < 0.12:
            steps.append(call(name, "close"))
        steps.append(call("c", "encode", this(name), *cast("list[Value]", random.choice(options))))
        media.append(steps)
    return _codec_program(random, "VideoEncoder", configured, media, _bad(random, "VideoEncoder"))


def draw_audio_encoder(random: Random) -> list[Part]:
    """Calls on an AudioEncoder: audio data of other rates and channels, some of it closed."""
    configured: dict[str, Value] = {"codec": "opus", **_SOUND}
    media: list[list[Part]] = []
    for number in range(_CHUNKS):
        name = f"d{number}"
        rate = 48000 if random.random() < 0.9 else 44100
        channels = 2 if random.random() < 0.9 else 1
        init: dict[str, Value] = {
            "format": random.choice(("f32", "f32-planar", "s16")),
            "sampleRate": rate,
            "numberOfFrames": 960,
            "numberOfChannels": channels,
            "timestamp": number * 20_000,
            "data": {"$fill": [960 * 2 * 4, 0]},
        }
        steps = [new(name, "AudioData", init)]
        if random.random() < 0.12:
            steps.append(call(name, "close"))
        steps.append(call("c", "encode", this(name)))
        # An encoder may refuse data of another rate or with other channels: nothing must be on its way then.
        around = [call("c", "flush")] if (rate, channels) != (48000, 2) else []
        media.append([*around, *steps, *around])
    return _codec_program(random, "AudioEncoder", configured, media, _bad(random, "AudioEncoder"))


def draw_image(random: Random) -> list[Part]:
    """An ImageDecoder: its tracks, and frames by valid and invalid indices."""
    name = random.choice(_IMAGES)
    type = {"apng": "png"}.get(name, name)
    odd: Mapping[str, Sequence[Value]] = {
        "type": ("image/png", "image/gif", "image/jpeg", "IMAGE/PNG", "image/x", "text/plain", "", "png"),
        "colorSpaceConversion": ("none", "default", "x"),
        "desiredWidth": (0, 8, 16),
        "desiredHeight": (0, 8),
        "preferAnimation": (True, False),
        "data": ({"$bytes": [0, 0]}, {"$bytes": [50, 3]}, {"$image": "png"}, {"$image": "gif"}),
    }
    init = varied(random, {"type": f"image/{type}", "data": {"$image": name}}, odd)
    parts = [new("i", "ImageDecoder", init)]
    waits = [wait("i", "tracks.ready"), wait("i", "completed")]
    parts += waits[: random.choice((0, 1, 2, 2))]
    if len(parts) == 3:
        parts.append(look("i"))
    for _ in range(random.randint(1, 4)):
        match random.randrange(6):
            case 0:
                parts += [call("i", "reset")]
            case 1 if random.random() < 0.5:
                parts += [call("i", "close"), wait("i", "completed")]
            case _:
                options: dict[str, Value] = varied(
                    random,
                    {"frameIndex": random.choice((0, 0, 1, 3))},
                    {"frameIndex": (4, 5, 100, -1, 2**32, 0.5), "completeFramesOnly": (True, False)},
                )
                parts += [call("i", "decode", options, result="f"), look("f"), call("f", "close")]
    return parts


def draw_type_support(random: Random) -> list[Part]:
    """ImageDecoder.isTypeSupported() with types in odd spellings."""
    types: Sequence[Value] = (
        "image/png", "image/gif", "image/jpeg", "image/webp", "image/bmp", "IMAGE/PNG", "image/png;x=1", " image/png",
        "image/png ", "image/x-unknown", "text/plain", "", "png", "image/", "/png", "image/svg+xml", "image /png",
    )  # fmt: skip
    return [
        Part("static", {"interface": "ImageDecoder", "method": "isTypeSupported", "arguments": [type]})
        for type in random.sample(types, 4)
    ]
