"""FFmpeg's pixel and sample formats, and the spec's names for them."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from codecmodel.raw_media.audio_sample_format import AudioSampleFormat
from codecmodel.raw_media.pixel_format import VideoPixelFormat

#: Formats with the memory layout of a VideoPixelFormat. Full range ("yuvj…") and planar RGB are colour spaces to the
#: spec: with the identity matrix of H.273 (§ 8.3, value 0), G, B and R take the places of Y, Cb and Cr.
PIXEL_FORMATS: Final[Mapping[str, VideoPixelFormat]] = {
    "yuv420p": "I420",
    "yuvj420p": "I420",
    "yuv420p10le": "I420P10",
    "yuv420p12le": "I420P12",
    "yuva420p": "I420A",
    "yuva420p10le": "I420AP10",
    "yuv422p": "I422",
    "yuvj422p": "I422",
    "yuv422p10le": "I422P10",
    "yuv422p12le": "I422P12",
    "yuva422p": "I422A",
    "yuva422p10le": "I422AP10",
    "yuva422p12le": "I422AP12",
    "yuv444p": "I444",
    "yuvj444p": "I444",
    "yuv444p10le": "I444P10",
    "yuv444p12le": "I444P12",
    "yuva444p": "I444A",
    "yuva444p10le": "I444AP10",
    "yuva444p12le": "I444AP12",
    "gbrp": "I444",
    "gbrp10le": "I444P10",
    "gbrp12le": "I444P12",
    "gbrap": "I444A",
    "gbrap10le": "I444AP10",
    "gbrap12le": "I444AP12",
    "nv12": "NV12",
    "rgba": "RGBA",
    "rgb0": "RGBX",
    "bgra": "BGRA",
    "bgr0": "BGRX",
}


class Monochrome(NamedTuple):
    """A format of luma alone, which becomes 4:2:0 with neutral chroma: the new format, and a neutral sample's bytes."""

    format: VideoPixelFormat
    neutral: bytes


MONOCHROME: Final[Mapping[str, Monochrome]] = {
    "gray": Monochrome("I420", (1 << 7).to_bytes(1, "little")),
    "gray10le": Monochrome("I420P10", (1 << 9).to_bytes(2, "little")),
    "gray12le": Monochrome("I420P12", (1 << 11).to_bytes(2, "little")),
}

SAMPLE_FORMATS: Final[Mapping[str, AudioSampleFormat]] = {
    "u8": "u8",
    "s16": "s16",
    "s32": "s32",
    "flt": "f32",
    "u8p": "u8-planar",
    "s16p": "s16-planar",
    "s32p": "s32-planar",
    "fltp": "f32-planar",
}
