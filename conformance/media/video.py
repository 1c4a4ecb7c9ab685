"""Video that is made on the spot: 24 pictures of 128 by 96 in every registered codec, with a key frame every 12."""

import os
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import Final

from codecmodel.configurations.decoder_configurations import VideoDecoderConfig
from conformance.media import nal_units
from conformance.media.encoding import FRAMES_PER_SECOND, EncodedPacket, encode_pictures, first_encoder
from conformance.media.material import ChunkData, VideoMaterial
from conformance.media.signals import Picture, picture
from conformance.suite.scenario import Variant

WIDTH: Final = 128
HEIGHT: Final = 96
LENGTH: Final = 24
GOP_SIZE: Final = 12
#: The duration of every chunk, in microseconds.
DURATION: Final = 1_000_000 // FRAMES_PER_SECOND
#: A ratio in dB that every lossy codec reaches here with room to spare.
MINIMUM_PSNR: Final = 30.0

#: Colours as H.273 numbers them: primaries, transfer, matrix; and range (1 limited, 2 full).
Colors = tuple[int, int, int, int]
UNSPECIFIED: Final[Colors] = (2, 2, 2, 0)
BT709_LIMITED: Final[Colors] = (1, 1, 1, 1)
BT601_LIMITED: Final[Colors] = (6, 6, 6, 1)


def pictures(width: int = WIDTH, height: int = HEIGHT) -> list[Picture]:
    return [picture(number, width, height) for number in range(LENGTH)]


def _chunks(packets: Iterable[EncodedPacket], repackage: Callable[[bytes], bytes]) -> list[ChunkData]:
    return [
        ChunkData(repackage(packet.data), packet.pts * DURATION, DURATION, "key" if packet.key else "delta")
        for packet in packets
    ]


def _same(data: bytes) -> bytes:
    return data


def _every_fourth_byte_overwritten(data: bytes) -> bytes:
    damaged = bytearray(data)
    damaged[::4] = b"\xff" * len(damaged[::4])
    return bytes(damaged)


def _every_second_byte_overwritten(data: bytes) -> bytes:
    damaged = bytearray(data)
    damaged[::2] = b"\xff" * len(damaged[::2])
    return bytes(damaged)


def _vp8_first_partition_too_large(data: bytes) -> bytes:
    """The frame tag (RFC 6386 § 9.1) claims that more data follow than do."""
    return b"\xff\xff\xff" + data[3:]


def _hevc_slice_of_no_picture(data: bytes) -> bytes:
    """The slice, after four bytes of prefix and two of NAL unit header, names a picture parameter set beyond 63."""
    return data[:6] + b"\x80\x01" + b"\xff" * (len(data) - 8)


def _config(codec: str, width: int, height: int, description: bytes | None = None) -> VideoDecoderConfig:
    config: VideoDecoderConfig = {"codec": codec, "codedWidth": width, "codedHeight": height}
    if description is not None:
        config["description"] = description
    return config


@cache
def h264(
    *,
    annexb: bool,
    max_b_frames: int = 0,
    lossless: bool = False,
    width: int = WIDTH,
    height: int = HEIGHT,
    colors: Colors = UNSPECIFIED,
    sample_aspect_ratio: tuple[int, int] = (0, 1),
) -> VideoMaterial:
    """H.264 in the Main profile, or lossless in High 4:4:4 Predictive. Up to ``max_b_frames`` B-frames stand between
    others.
    """
    options = {"preset": "veryfast", "level": "1.1", "x264-params": "scenecut=0:b-adapt=0"}
    options |= {"qp": "0"} if lossless else {"profile": "main"}
    stream = encode_pictures(
        first_encoder("libx264"),
        pictures(width, height),
        gop_size=GOP_SIZE,
        max_b_frames=max_b_frames,
        global_header=not annexb,
        colors=colors,
        sample_aspect_ratio=sample_aspect_ratio,
        options=options,
    )
    units = nal_units.split(stream.packets[0].data if annexb else stream.extradata)
    codec = nal_units.avc_codec_string(units)
    if annexb:
        config = _config(codec, width, height)
        chunks = _chunks(stream.packets, _same)
    else:
        config = _config(codec, width, height, nal_units.avc_description(units))
        chunks = _chunks(stream.packets, lambda data: nal_units.length_prefixed(nal_units.split(data)))
    psnr = None if lossless else MINIMUM_PSNR
    return VideoMaterial(config, chunks, pictures(width, height), psnr, _every_fourth_byte_overwritten)


@cache
def h265(*, annexb: bool, max_b_frames: int = 0, lossless: bool = False, open_gop: bool = False) -> VideoMaterial:
    """H.265, Main profile. With ``open_gop`` pictures before a key frame, but the first, refer across it."""
    parameters = f"log-level=none:scenecut=0:open-gop={int(open_gop)}:b-adapt=0:bframes={max_b_frames}"
    parameters += "" if lossless else ":level-idc=2"
    parameters += f":keyint={GOP_SIZE}:min-keyint={GOP_SIZE}:repeat-headers={int(annexb)}:lossless={int(lossless)}"
    stream = encode_pictures(
        first_encoder("libx265"),
        pictures(),
        gop_size=GOP_SIZE,
        max_b_frames=max_b_frames,
        global_header=not annexb,
        options={"preset": "ultrafast", "x265-params": parameters},
    )
    units = nal_units.split(stream.packets[0].data if annexb else stream.extradata)
    codec = nal_units.hevc_codec_string(units)
    if annexb:
        config = _config(codec, WIDTH, HEIGHT)
        chunks = _chunks(stream.packets, _same)
    else:
        config = _config(codec, WIDTH, HEIGHT, nal_units.hevc_description(units))
        chunks = _chunks(stream.packets, lambda data: nal_units.length_prefixed(nal_units.split(data)))
    psnr = None if lossless else MINIMUM_PSNR
    return VideoMaterial(config, chunks, pictures(), psnr, _hevc_slice_of_no_picture)


_REALTIME_VPX: Final[Mapping[str, str]] = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}


@cache
def vp8() -> VideoMaterial:
    stream = encode_pictures(
        first_encoder("libvpx"),
        pictures(),
        gop_size=GOP_SIZE,
        bit_rate=1_000_000,
        options={**_REALTIME_VPX, "auto-alt-ref": "0"},
    )
    chunks = _chunks(stream.packets, _same)
    config = _config("vp8", WIDTH, HEIGHT)
    return VideoMaterial(config, chunks, pictures(), MINIMUM_PSNR, _vp8_first_partition_too_large)


@cache
def vp9(*, lossless: bool = False, colors: Colors = UNSPECIFIED) -> VideoMaterial:
    """VP9, profile 0."""
    stream = encode_pictures(
        first_encoder("libvpx-vp9"),
        pictures(),
        gop_size=GOP_SIZE,
        bit_rate=None if lossless else 1_000_000,
        colors=colors,
        options={**_REALTIME_VPX, "lossless": str(int(lossless))},
    )
    chunks = _chunks(stream.packets, _same)
    config = _config("vp09.00.10.08", WIDTH, HEIGHT)
    psnr = None if lossless else MINIMUM_PSNR
    return VideoMaterial(config, chunks, pictures(), psnr, _every_fourth_byte_overwritten)


@cache
def av1(*, colors: Colors = UNSPECIFIED) -> VideoMaterial:
    """AV1, Main profile."""
    encoder = first_encoder("libaom-av1", "libsvtav1")
    bit_rate: int | None = 1_000_000
    # From speed 7 on libaom's real-time mode neglects chroma: with version 3.2 it does not reach MINIMUM_PSNR.
    options = {"usage": "good", "cpu-used": "8", "lag-in-frames": "0"}
    if encoder == "libsvtav1":
        # libaom writes to stderr past FFmpeg's log. 1 means errors only.
        os.environ.setdefault("SVT_LOG", "1")
        bit_rate = None
        options = {"preset": "10", "crf": "20", "svtav1-params": "pred-struct=1"}
    stream = encode_pictures(encoder, pictures(), gop_size=GOP_SIZE, bit_rate=bit_rate, colors=colors, options=options)
    chunks = _chunks(stream.packets, _same)
    config = _config("av01.0.00M.08", WIDTH, HEIGHT)
    return VideoMaterial(config, chunks, pictures(), MINIMUM_PSNR, _every_second_byte_overwritten)


def _variants(makers: dict[str, Callable[[], VideoMaterial]]) -> list[Variant[VideoMaterial]]:
    return [Variant(name, make) for name, make in makers.items()]


VIDEO: Final = _variants(
    {
        "av1": av1,
        "vp8": vp8,
        "vp9": vp9,
        "h264_avc": partial(h264, annexb=False),
        "h264_annexb": partial(h264, annexb=True),
        "h265_hevc": partial(h265, annexb=False),
        "h265_annexb": partial(h265, annexb=True),
    }
)
#: Decoding order is not presentation order.
REORDERED_VIDEO: Final = _variants(
    {
        "h264_avc_bframes": partial(h264, annexb=False, max_b_frames=2),
        "h264_annexb_bframes": partial(h264, annexb=True, max_b_frames=2),
        "h265_hevc_bframes": partial(h265, annexb=False, max_b_frames=2),
        "h265_annexb_bframes": partial(h265, annexb=True, max_b_frames=2),
    }
)
LOSSLESS_VIDEO: Final = _variants(
    {
        "vp9_lossless": partial(vp9, lossless=True),
        "h264_lossless": partial(h264, annexb=True, lossless=True),
        "h265_lossless": partial(h265, annexb=True, lossless=True),
    }
)


@cache
def any_video() -> VideoMaterial:
    """Video of the first codec that this FFmpeg encodes, for scenarios to which the codec does not matter."""
    makers: dict[str, Callable[[], VideoMaterial]] = {
        "libvpx": vp8,
        "libx264": partial(h264, annexb=False),
        "libvpx-vp9": vp9,
        "libx265": partial(h265, annexb=False),
    }
    return makers[first_encoder(*makers)]()


ANY_VIDEO: Final = Variant("any_codec", any_video)
