"""Makes the decoder configuration of a container's stream, by the registration of its codec."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final, Protocol

from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig
from codecmodel.files.geometry import display_aspect, orientation_of
from codecmodel.raw_media.color_space import (
    VideoColorSpaceInit,
    matrix_coefficients_from_h273,
    primaries_from_h273,
    transfer_characteristics_from_h273,
)
from codecmodel.registry import InvalidDescription, aac, av1, avc, flac, hevc, vp9

#: FFmpeg's name of a codec → its codec string, for codecs with a single string. The registration of PCM does not tell
#: the byte order, which counts as little-endian.
_AUDIO_STRINGS: Final[Mapping[str, str]] = {
    "flac": "flac",
    "mp3": "mp3",
    "opus": "opus",
    "vorbis": "vorbis",
    "pcm_mulaw": "ulaw",
    "pcm_alaw": "alaw",
    "pcm_u8": "pcm-u8",
    "pcm_s16le": "pcm-s16",
    "pcm_s24le": "pcm-s24",
    "pcm_s32le": "pcm-s32",
    "pcm_f32le": "pcm-f32",
}
_AUDIO_CODECS: Final = frozenset({*_AUDIO_STRINGS, "aac"})
#: FFmpeg's names of formats of images.
_IMAGE_CODECS: Final = frozenset({"apng", "bmp", "gif", "png", "webp"})
_VIDEO_CODECS: Final = frozenset({"h264", "hevc", "vp8", "vp9", "av1"})
#: FFmpeg's AVCOL_RANGE_* → whether samples have their full range.
_FULL_RANGE: Final[Mapping[int, bool]] = {1: False, 2: True}
#: The frames per second that the level of a VP9 stream counts if its rate is unknown.
_ASSUMED_FRAME_RATE: Final = 30


class StreamDescription(Protocol):
    """The description of a stream in its container. Sizes are in pixels, colours are code points of H.273."""

    @property
    def codec_name(self) -> str: ...
    @property
    def codec_tag(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def sample_aspect_ratio(self) -> tuple[int, int]: ...
    @property
    def color_range(self) -> int: ...
    @property
    def color_primaries(self) -> int: ...
    @property
    def color_trc(self) -> int: ...
    @property
    def colorspace(self) -> int: ...
    @property
    def display_matrix(self) -> tuple[int, ...] | None: ...
    @property
    def sample_rate(self) -> int: ...
    @property
    def channels(self) -> int: ...


class UnsupportedStream(Exception):
    """WebCodecs has no configuration for the stream. The message gives the reason."""


def needs_first_packet(codec_name: str, extradata: bytes) -> bool:
    """Whether the configuration depends on the stream's first packet, as the container does not tell enough."""
    match codec_name:
        case "vp9":
            return True
        case "h264" | "hevc" | "aac" | "av1":
            return not extradata
        case _:
            return False


def audio_config(stream: StreamDescription, extradata: bytes, first_packet: bytes) -> AudioDecoderConfig:
    """The configuration of an audio stream. Raises UnsupportedStream.

    ``extradata`` is the codec's configuration in FFmpeg's form. ``first_packet`` may be empty if it is not needed.
    """
    codec_name = stream.codec_name
    if codec_name not in _AUDIO_CODECS:
        raise UnsupportedStream(f"WebCodecs has no registration for {codec_name}")
    if codec_name == "aac":
        codec = _aac_string(extradata, first_packet)
    else:
        codec = _AUDIO_STRINGS[codec_name]
    config: AudioDecoderConfig = {
        "codec": codec,
        "sampleRate": stream.sample_rate,
        "numberOfChannels": stream.channels,
    }
    description = _audio_description(codec_name, extradata)
    if description:
        config["description"] = description
    return config


def _audio_description(codec_name: str, extradata: bytes) -> bytes:
    match codec_name:
        case "aac" | "vorbis":
            # For AAC this is the AudioSpecificConfig, which ADTS streams lack. For Vorbis it is the three headers.
            return extradata
        case "opus":
            return extradata if extradata.startswith(b"OpusHead") else b""
        case "flac":
            # FFmpeg leaves out the marker and the block header, which are the same in all FLAC streams.
            return flac.build_flac_description(extradata) if len(extradata) == 34 else extradata
        case _:
            return b""


def _aac_string(extradata: bytes, first_packet: bytes) -> str:
    if extradata:
        try:
            return aac.codec_string_from_audio_specific_config(extradata)
        except InvalidDescription as error:
            raise UnsupportedStream(str(error)) from error
    # ISO/IEC 14496-3 § 1.A.2.2: syncword (12 bits), ID (1: MPEG-2), layer (2), protection_absent (1), profile (2).
    if len(first_packet) < 3 or first_packet[0] != 0xFF or first_packet[1] & 0xF6 != 0xF0:
        raise UnsupportedStream("AAC without AudioSpecificConfig, and not in ADTS format")
    is_mpeg_2 = bool(first_packet[1] & 0x08)
    object_type = (first_packet[2] >> 6) + 1
    return "mp4a.67" if is_mpeg_2 and object_type == 2 else f"mp4a.40.{object_type}"


def video_config(
    stream: StreamDescription, extradata: bytes, first_packet: bytes, frame_rate: Fraction | None
) -> VideoDecoderConfig:
    """The configuration of a video stream. Raises UnsupportedStream.

    ``extradata`` and ``first_packet`` are those of ``audio_config``.
    """
    codec_name = stream.codec_name
    if codec_name in _IMAGE_CODECS:
        raise UnsupportedStream(f"{codec_name} is a format of images, which ImageDecoder and decoded_image() decode")
    if codec_name not in _VIDEO_CODECS:
        raise UnsupportedStream(f"WebCodecs has no registration for {codec_name}")
    config: VideoDecoderConfig = {"codec": _video_string(stream, extradata, first_packet, frame_rate)}
    if codec_name in ("h264", "hevc") and _is_configuration_record(extradata):
        config["description"] = extradata
    if stream.width > 0 and stream.height > 0:
        config["codedWidth"], config["codedHeight"] = stream.width, stream.height
        aspect = display_aspect(stream.width, stream.height, stream.sample_aspect_ratio)
        if aspect is not None:
            config["displayAspectWidth"], config["displayAspectHeight"] = aspect
    color_space = _color_space(stream)
    if color_space:
        config["colorSpace"] = color_space
    orientation = orientation_of(stream.display_matrix)
    if orientation.rotation:
        config["rotation"] = orientation.rotation
    if orientation.flip:
        config["flip"] = True
    return config


def _color_space(stream: StreamDescription) -> VideoColorSpaceInit:
    """The members of the colour space that are known."""
    color_space: VideoColorSpaceInit = {}
    primaries = primaries_from_h273(stream.color_primaries)
    transfer = transfer_characteristics_from_h273(stream.color_trc)
    matrix = matrix_coefficients_from_h273(stream.colorspace)
    full_range = _FULL_RANGE.get(stream.color_range)
    if primaries is not None:
        color_space["primaries"] = primaries
    if transfer is not None:
        color_space["transfer"] = transfer
    if matrix is not None:
        color_space["matrix"] = matrix
    if full_range is not None:
        color_space["fullRange"] = full_range
    return color_space


def _is_configuration_record(extradata: bytes) -> bool:
    """Whether the extradata is an avcC or hvcC, whose version is 1, and not parameter sets in Annex B format."""
    return extradata[:1] == b"\x01"


def _video_string(stream: StreamDescription, extradata: bytes, first_packet: bytes, frame_rate: Fraction | None) -> str:
    try:
        string = _string_in_stream(stream.codec_name, extradata, first_packet, frame_rate)
    except InvalidDescription as error:
        raise UnsupportedStream(str(error)) from error
    if string is None:
        raise UnsupportedStream(f"{stream.codec_name}: neither the container nor the first packet tells the profile")
    # The sample entry says whether samples may have parameter sets (ISO/IEC 14496-15 § 5.4.2.1, § 8.4.1.1).
    tag = stream.codec_tag
    return f"{tag}{string[4:]}" if tag in ("avc1", "avc3", "hvc1", "hev1") else string


def _string_in_stream(
    codec_name: str, extradata: bytes, first_packet: bytes, frame_rate: Fraction | None
) -> str | None:
    """The codec string, or None if the profile cannot be found. Raises InvalidDescription."""
    is_record = _is_configuration_record(extradata)
    match codec_name:
        case "h264":
            if is_record:
                return avc.codec_string_from_avcc(extradata)
            return avc.codec_string_from_annex_b(extradata) or avc.codec_string_from_annex_b(first_packet)
        case "hevc":
            if is_record:
                return hevc.codec_string_from_hvcc(extradata)
            return hevc.codec_string_from_annex_b(extradata) or hevc.codec_string_from_annex_b(first_packet)
        case "vp8":
            return "vp8"
        case "vp9":
            return vp9.codec_string_from_key_frame(first_packet, float(frame_rate or _ASSUMED_FRAME_RATE))
        case _:
            if extradata[:1] == b"\x81":
                return av1.codec_string_from_av1c(extradata)
            from_header = av1.codec_string_from_sequence_header
            return from_header(extradata) or from_header(first_packet)
