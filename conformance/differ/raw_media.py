"""Families of programs without codecs: chunks, audio data, frames, colour spaces."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final, cast

from conformance.campaigns.case import Part, Value
from conformance.differ.drawing import (
    COLOR_SPACES,
    DURATIONS,
    PIXEL_FORMATS,
    RECTS,
    SAMPLE_FORMATS,
    SIZES,
    TIMES,
    call,
    copy,
    frame_size,
    look,
    new,
    this,
    varied,
)

#: Samples of each channel in drawn audio data.
_FRAMES: Final[Sequence[int]] = (1, 2, 5, 64)
_SAMPLE_SIZES: Final = {"u8": 1, "s16": 2, "s32": 4, "f32": 4}
#: Bytes of frames of one colour.
_LEVELS: Final = (0, 16, 60, 128, 180, 235, 255)
_NAMES_OF_FRAMES: Final = ("a", "b", "c")


def draw_chunk(random: Random) -> list[Part]:
    """An encoded chunk: its members, and copies of its data."""
    interface = random.choice(("EncodedVideoChunk", "EncodedAudioChunk"))
    length = random.choice((0, 1, 10, 100))
    usual: dict[str, Value] = {"type": "key", "timestamp": 0, "data": {"$bytes": [length, random.randrange(100)]}}
    odd: Mapping[str, Sequence[Value]] = {
        "type": ("delta", "key", "", "KEY"),
        "timestamp": TIMES,
        "duration": DURATIONS,
    }
    parts = [new("a", interface, varied(random, usual, odd, most=3)), look("a"), copy("a")]
    parts += [copy("a", size=random.choice((0, length, length + 3, max(0, length - 1)))) for _ in range(2)]
    return parts


def _audio_init(random: Random, *, most: int) -> tuple[dict[str, Value], str, int, int]:
    format = cast("str", random.choice(SAMPLE_FORMATS))
    frames, channels = random.choice(_FRAMES), random.choice((1, 2, 3))
    size = _SAMPLE_SIZES[format.removesuffix("-planar")] * frames * channels
    usual: dict[str, Value] = {
        "format": format,
        "sampleRate": random.choice((8000, 44100, 48000)),
        "numberOfFrames": frames,
        "numberOfChannels": channels,
        "timestamp": random.choice((0, 20_000)),
        "data": {"$bytes": [size + random.choice((0, 0, 0, 5)), random.randrange(100)]},
    }
    odd: Mapping[str, Sequence[Value]] = {
        "format": ("s24", "", "F32", *SAMPLE_FORMATS),
        "sampleRate": (0, 1, -1, 22050.5, 0.5, 3000, 400_000, 768_000, float("nan"), 1e9),
        "numberOfFrames": (0, 1, -1, 1.9, frames + 1, 2**31, 2**32),
        "numberOfChannels": (0, 1, 8, 32, 33, -1, 2**32),
        "timestamp": TIMES,
        "data": ({"$bytes": [0, 0]}, {"$bytes": [max(0, size - 1), 1]}),
    }
    return varied(random, usual, odd, most=most), format, frames, channels


def draw_audio_data(random: Random) -> list[Part]:
    """Audio data: its members, its clone, and both when one is closed."""
    init, _, _, _ = _audio_init(random, most=2)
    parts = [new("a", "AudioData", init), look("a")]
    for step in random.sample(("clone", "close", "look", "close", "clone"), 4):
        match step:
            case "clone":
                parts += [call("a", "clone", result="b"), look("b")]
            case "close":
                parts += [call("a", "close"), look("a"), copy("a", {"planeIndex": 0})]
            case _:
                parts += [look("b"), look("a")]
    return parts


def draw_audio_data_copy(random: Random) -> list[Part]:
    """Copies of audio data, of parts and in other formats."""
    init, format, frames, channels = _audio_init(random, most=0)
    parts = [new("a", "AudioData", init)]
    odd: Mapping[str, Sequence[Value]] = {
        "planeIndex": (0, 1, channels - 1, channels, -1, 2**32),
        "frameOffset": (0, 1, frames - 1, frames, frames + 1, -1, 0.9),
        "frameCount": (0, 1, frames, frames + 1, -1, 2**32 - 1),
        "format": (*SAMPLE_FORMATS, format, "f32-planar", "s24"),
    }
    for _ in range(4):
        options = varied(random, {"planeIndex": 0}, odd, most=3)
        size = random.choice((None, None, None, 0, 1, 4096))
        parts.append(copy("a", options, size=size))
    return parts


def _frame_init(random: Random, *, most: int, fill: bool = False) -> tuple[dict[str, Value], str, int, int, Value]:
    format = cast("str", random.choice((*PIXEL_FORMATS, "I420", "NV12", "RGBA")))
    width, height = cast("int", random.choice(SIZES)), cast("int", random.choice(SIZES))
    size = frame_size(format, width, height)
    usual: dict[str, Value] = {"format": format, "codedWidth": width, "codedHeight": height, "timestamp": 0}
    odd: Mapping[str, Sequence[Value]] = {
        "format": ("I420", "RGBA", "YUY2", "", "i420"),
        "codedWidth": (0, 1, width + 1, -1, 2**31, 2**32, 2.9),
        "codedHeight": (0, 1, height + 1, -1, 2**32 - 1),
        "timestamp": TIMES,
        "duration": DURATIONS,
        "visibleRect": RECTS,
        "displayWidth": (*SIZES, 0, -1, 1.5),
        "displayHeight": (*SIZES, 0),
        "rotation": (0, 90, 180, 270, 360, -90, 44, 45, 46, 135, 810, float("nan"), 1e9),
        "flip": (True, False),
        "colorSpace": COLOR_SPACES,
        "layout": (
            [],
            [{"offset": 0, "stride": width}],
            [{"offset": 0, "stride": 4 * width}],
            [{"offset": 0, "stride": 0}],
            [{"offset": 3, "stride": 4 * width + 2}],
            [{"offset": 0, "stride": width}, {"offset": width * height, "stride": -(-width // 2) * 2}],
            [{"offset": number * 4096, "stride": 64} for number in range(3)],
            [{"offset": number * 16, "stride": 64} for number in range(3)],
            [{"offset": 2**32 - 1, "stride": 2**31}],
        ),
    }
    if random.random() < 0.2:
        usual |= {"displayWidth": random.choice(SIZES), "displayHeight": random.choice(SIZES)}
    if fill:
        # Samples of 10 and 12 bits have two bytes.
        levels = (0, 1, 2, 3) if format.endswith("P10") else (0, 1, 4, 8, 11, 14) if format.endswith("P12") else _LEVELS
        data: Value = {"$fill": [size, random.choice(levels)]}
    else:
        length = random.choice((size, size, size, size, size + 7, max(0, size - 1), 12_400))
        data = {"$bytes": [length, random.randrange(100)]}
    init = varied(random, usual, odd, most=most)
    return init, format, width, height, data


def draw_video_frame(random: Random) -> list[Part]:
    """A frame of bytes, and frames of it: their members, and what is left when one is closed."""
    init, _, width, height, data = _frame_init(random, most=3)
    if random.random() < 0.3:
        init["duration"] = 40_000
    parts = [new("a", "VideoFrame", data, init), look("a")]
    odd: Mapping[str, Sequence[Value]] = {
        "timestamp": TIMES,
        "duration": DURATIONS,
        "alpha": ("keep", "discard", "none"),
        "visibleRect": (*RECTS, {"x": 0, "y": 0, "width": width, "height": height}),
        "displayWidth": (*SIZES, 0, -1),
        "displayHeight": (*SIZES, 0),
        "rotation": (0, 90, 180, 270, 45, -90),
        "flip": (True, False),
    }
    for _ in range(3):
        source = random.choice(_NAMES_OF_FRAMES)
        name = random.choice(_NAMES_OF_FRAMES[1:])
        match random.randrange(6):
            case 0:
                parts += [call(source, "clone", result=name), look(name)]
            case 1:
                parts += [call(source, "close"), look(source)]
            case 2:
                both: dict[str, Value] = {"displayWidth": random.choice(SIZES), "displayHeight": random.choice(SIZES)}
                parts += [new(name, "VideoFrame", this(source), varied(random, both, odd)), look(name), copy(name)]
            case _:
                parts += [new(name, "VideoFrame", this(source), varied(random, {}, odd, most=3)), look(name)]
    return parts


def draw_video_frame_copy(random: Random) -> list[Part]:
    """Copies of a frame: of rectangles, and with layouts."""
    init, drawn, width, _, data = _frame_init(random, most=1)
    # Pixels without a pattern are not converted: the filters of chroma would count.
    format = str(init.get("format", drawn))
    parts = [new("a", "VideoFrame", data, init)]
    planes = 1 if format.startswith(("RGB", "BGR")) else 2 if format == "NV12" else 4 if format[4:5] == "A" else 3
    layouts: Sequence[Value] = (
        [],
        [{"offset": number * 512, "stride": 64} for number in range(planes)],
        [{"offset": number * 600, "stride": 4 * width} for number in range(planes)],
        [{"offset": (planes - 1 - number) * 1200, "stride": 130} for number in range(planes)],
        [{"offset": 0, "stride": 4 * width} for _ in range(planes)],
        [{"offset": 0, "stride": 1} for _ in range(planes)],
        [{"offset": 0, "stride": 64}],
        [{"offset": 2**32 - 1, "stride": 2**32 - 1} for _ in range(planes)],
    )
    for _ in range(4):
        options = varied(random, {}, {"rect": RECTS, "layout": layouts, "format": (format,)}, most=3)
        size = random.choice((None, None, None, None, 0, 100, 8192))
        parts.append(copy("a", options, size=size))
    if random.random() < 0.3:
        parts += [call("a", "close"), copy("a", size=64)]
    return parts


def draw_video_frame_conversion(random: Random) -> list[Part]:
    """Copies of a frame of one colour in RGB formats: the filters of chroma do not matter then."""
    init, _, _, _, data = _frame_init(random, most=0, fill=True)
    init["colorSpace"] = random.choice(COLOR_SPACES[:8])
    parts = [new("a", "VideoFrame", data, init)]
    for _ in range(3):
        odd: Mapping[str, Sequence[Value]] = {
            "rect": RECTS,
            "format": (*PIXEL_FORMATS, "RGB"),
            "colorSpace": ("srgb", "display-p3", "rec2020"),
            "layout": ([{"offset": 0, "stride": 160}], [{"offset": 8, "stride": 4}], []),
        }
        usual: dict[str, Value] = {"format": random.choice(("RGBA", "RGBX", "BGRA", "BGRX"))}
        parts.append(copy("a", varied(random, usual, odd)))
    return parts


def draw_color_space(random: Random) -> list[Part]:
    """A colour space alone, and that of a frame."""
    odd: Mapping[str, Sequence[Value]] = {
        "primaries": ("bt709", "bt470bg", "smpte170m", "bt2020", "smpte432", "srgb", ""),
        "transfer": ("bt709", "smpte170m", "iec61966-2-1", "linear", "pq", "hlg", "srgb"),
        "matrix": ("rgb", "bt709", "bt470bg", "smpte170m", "bt2020-ncl", "bt2020"),
        "fullRange": (True, False),
    }
    init = varied(random, {}, odd, most=3)
    parts = [new("a", "VideoColorSpace", *([] if random.random() < 0.1 else [init])), look("a")]
    format = random.choice(("I420", "RGBA", "NV12", "BGRX", "I444"))
    frame: dict[str, Value] = {"format": format, "codedWidth": 4, "codedHeight": 4, "timestamp": 0}
    if random.random() < 0.8:
        frame["colorSpace"] = random.choice((init, {}, this("a")))
    parts += [new("f", "VideoFrame", {"$bytes": [64, 1]}, frame), look("f")]
    parts += [new("g", "VideoFrame", this("f"), {"timestamp": 1}), look("g")]
    return parts
