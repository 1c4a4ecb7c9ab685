"""The parameters of a stream in a container, made from its decoder configuration and its first chunk.

The reverse of track_config.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final

from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig, description_of
from codecmodel.files.errors import MediaFileError
from codecmodel.raw_media.color_space import MATRIX_CODE_POINTS, PRIMARIES_CODE_POINTS, TRANSFER_CODE_POINTS
from codecmodel.registry import CodecString, InvalidDescription, first_avc_sps, parse_codec_string
from codecmodel.registry.av1 import first_sequence_header, obus
from codecmodel.registry.channel_layouts import channel_mask
from codecmodel.registry.hevc import parse_hvcc, parse_sps
from codecmodel.registry.nal_units import annex_b_units
from codecmodel.registry.opus import parse_opus_head
from codecmodel.registry.vp9 import parse_key_frame_header
from ffbind import StreamParameters

#: Registered codec → FFmpeg's name, if that differs.
_NAMES: Final[Mapping[str, str]] = {"avc": "h264", "ulaw": "pcm_mulaw", "alaw": "pcm_alaw"}
_PCM_NAMES: Final[Mapping[str, str]] = {
    "pcm-u8": "pcm_u8",
    "pcm-s16": "pcm_s16le",
    "pcm-s24": "pcm_s24le",
    "pcm-s32": "pcm_s32le",
    "pcm-f32": "pcm_f32le",
}
#: Samples in a packet if the chunk has no duration.
_USUAL_FRAME_SIZES: Final[Mapping[str, int]] = {"aac": 1024, "mp3": 1152, "opus": 960}
#: NAL unit types of parameter sets: H.264 table 7-1, H.265 table 7-1.
_AVC_PARAMETER_SETS: Final = frozenset({7, 8})
_HEVC_PARAMETER_SETS: Final = frozenset({32, 33, 34})
_HEVC_SPS: Final = 33
_START_CODE: Final = b"\x00\x00\x00\x01"
#: AV1 § 6.2.2: a sequence header, with its size.
_SEQUENCE_HEADER: Final = 1
_SEQUENCE_HEADER_WITH_SIZE: Final = _SEQUENCE_HEADER << 3 | 0b10
#: H.264 § A.3.1: the most frames that can come before the one they follow.
_MOST_REORDERED: Final = 16
#: "fLaC", and a metadata block's header.
_FLAC_STREAM_INFO: Final = slice(8, 8 + 34)


def codec_name_of(codec: str) -> str:
    """FFmpeg's name of the codec that a codec string names. Raises MediaFileError."""
    codec_string = _parsed(codec)
    return _PCM_NAMES.get(codec) or _NAMES.get(codec_string.codec, codec_string.codec)


def audio_parameters(
    config: AudioDecoderConfig, *, frame_size: int, initial_padding: int, given_mask: int = 0
) -> StreamParameters:
    """The stream of sound that ``config`` decodes. Timestamps are in samples. Raises MediaFileError.

    ``frame_size`` is the number of samples in the first chunk, 0 if it is unknown. ``initial_padding`` is the number of
    samples that a player has to remove at the beginning. ``given_mask`` says which channels there are if the codec
    gives them no meaning.
    """
    codec_string = _parsed(config["codec"])
    description = description_of(config) or b""
    rate, channels = config["sampleRate"], config["numberOfChannels"]
    own_mask = channel_mask(codec_string.codec, channels)
    if codec_string.codec == "opus":
        # RFC 6716 § 2: Opus decodes to 48 kHz, for every rate of the source.
        rate = 48_000
    elif codec_string.codec == "flac":
        # FFmpeg leaves out the bytes that are the same in all FLAC streams.
        description = description[_FLAC_STREAM_INFO]
    return StreamParameters(
        codec_name=codec_name_of(config["codec"]),
        time_base=(1, rate),
        extradata=description,
        sample_rate=rate,
        channels=channels,
        channel_mask=own_mask or (given_mask if given_mask.bit_count() == channels else 0),
        initial_padding=initial_padding,
        frame_size=frame_size or _USUAL_FRAME_SIZES.get(codec_string.codec, 0),
    )


def pre_skip_of(config: AudioDecoderConfig) -> Fraction:
    """The seconds of sound that an Opus decoder drops at the start (RFC 7845 § 4.2); 0 for other codecs."""
    description = description_of(config)
    if _parsed(config["codec"]).codec != "opus" or not description:
        return Fraction(0)
    try:
        return Fraction(parse_opus_head(description).pre_skip, 48_000)
    except InvalidDescription:
        return Fraction(0)


def video_parameters(
    config: VideoDecoderConfig, chunk: bytes, frame_rate: Fraction | None, time_base: Fraction
) -> StreamParameters:
    """The stream of pictures that ``config`` decodes and whose first chunk, a key chunk, is ``chunk``.

    ``time_base`` is the unit of its timestamps in seconds. Raises MediaFileError.
    """
    codec_string = _parsed(config["codec"])
    width, height = config.get("codedWidth"), config.get("codedHeight")
    if width is None or height is None:
        raise MediaFileError(f"the configuration of {config['codec']} does not say how large its pictures are")
    colors = config.get("colorSpace", {})
    primaries, transfer, matrix = colors.get("primaries"), colors.get("transfer"), colors.get("matrix")
    full_range = colors.get("fullRange")
    aspect_width, aspect_height = config.get("displayAspectWidth"), config.get("displayAspectHeight")
    shape = Fraction(0)
    if aspect_width and aspect_height:
        shape = Fraction(aspect_width * height, aspect_height * width)
    return StreamParameters(
        codec_name=codec_name_of(config["codec"]),
        time_base=(time_base.numerator, time_base.denominator),
        extradata=_video_header(codec_string, description_of(config), chunk),
        format=_pixel_format(codec_string, chunk),
        width=width,
        height=height,
        frame_rate=(frame_rate.numerator, frame_rate.denominator) if frame_rate else (0, 1),
        sample_aspect_ratio=(shape.numerator, shape.denominator),
        color_primaries=2 if primaries is None else PRIMARIES_CODE_POINTS[primaries],
        color_trc=2 if transfer is None else TRANSFER_CODE_POINTS[transfer],
        colorspace=2 if matrix is None else MATRIX_CODE_POINTS[matrix],
        color_range=0 if full_range is None else 1 + full_range,
    )


def _parsed(codec: str) -> CodecString:
    codec_string = parse_codec_string(codec)
    if codec_string is None:
        raise MediaFileError(f"WebCodecs has no registration for {codec}")
    return codec_string


def _video_header(codec_string: CodecString, description: bytes | None, chunk: bytes) -> bytes:
    """The header that containers store apart from the chunks, whether or not the registration does."""
    match codec_string.codec:
        case "avc" if description is None:
            return _annex_b(unit for unit in annex_b_units(chunk) if unit[0] & 0x1F in _AVC_PARAMETER_SETS)
        case "hevc" if description is None:
            return _annex_b(unit for unit in annex_b_units(chunk) if unit[0] >> 1 & 0x3F in _HEVC_PARAMETER_SETS)
        case "avc" | "hevc":
            return description or b""
        case "av1":
            return _av1_sequence_header(chunk)
        case _:
            return b""


def _annex_b(units: Iterator[memoryview]) -> bytes:
    return b"".join(_START_CODE + bytes(unit) for unit in units)


def _av1_sequence_header(chunk: bytes) -> bytes:
    for kind, payload in obus(chunk):
        if kind == _SEQUENCE_HEADER:
            size, encoded_size = len(payload), bytearray()
            while size >= 0x80:
                encoded_size.append(size & 0x7F | 0x80)
                size >>= 7
            return bytes([_SEQUENCE_HEADER_WITH_SIZE, *encoded_size, size]) + bytes(payload)
    return b""


def _pixel_format(codec_string: CodecString, chunk: bytes) -> str | None:
    """FFmpeg's name of the key chunk's pixel format, for the codecs whose pixel format containers store."""
    depth, subsampling = 8, (1, 1)
    if codec_string.codec == "vp9":
        vp9_header = parse_key_frame_header(chunk)
        if vp9_header is None:
            return None
        depth, subsampling = vp9_header.bit_depth, (int(vp9_header.subsampling[0]), int(vp9_header.subsampling[1]))
    elif codec_string.codec == "av1":
        av1_header = first_sequence_header(chunk)
        if av1_header is None or av1_header.monochrome:
            return None
        depth, subsampling = av1_header.bit_depth, av1_header.subsampling
    elif codec_string.codec != "vp8":
        return None
    chroma = {(1, 1): "420", (1, 0): "422", (0, 0): "444", (0, 1): "440"}[subsampling]
    return f"yuv{chroma}p" + (f"{depth}le" if depth > 8 else "")


def reordering_of(config: VideoDecoderConfig, chunk: bytes) -> int:
    """The largest number of frames that are decoded before a frame and shown after it; ``chunk`` is the first."""
    codec_string = _parsed(config["codec"])
    description = description_of(config)
    if codec_string.codec == "avc":
        sps = first_avc_sps(description, chunk)
        if sps is not None and sps.pic_order_cnt_type == 2:
            return 0
        return _MOST_REORDERED if sps is None or sps.max_num_reorder_frames is None else sps.max_num_reorder_frames
    if codec_string.codec == "hevc":
        return _hevc_reordering(description, chunk)
    return 0


def _hevc_reordering(description: bytes | None, chunk: bytes) -> int:
    units: list[bytes] = []
    if description is not None:
        try:
            units = [unit for kind, sets in parse_hvcc(description).arrays if kind == _HEVC_SPS for unit in sets]
        except InvalidDescription:
            return _MOST_REORDERED
    else:
        units = [bytes(unit) for unit in annex_b_units(chunk) if unit[0] >> 1 & 0x3F == _HEVC_SPS]
    sps = parse_sps(units[0]) if units else None
    return _MOST_REORDERED if sps is None else sps.max_num_reorder_pics
