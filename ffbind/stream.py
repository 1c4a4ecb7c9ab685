"""Streams of a container. Each access reads the property from FFmpeg's structures."""

from __future__ import annotations

import ctypes
import struct
from ctypes import byref, c_size_t, c_void_p

from ffbind import dictionaries
from ffbind.layout.formats import AVStream
from ffbind.layout.probing import NO_TIMESTAMP
from ffbind.layout.structures import AVCodecParameters, AVRational
from ffbind.library import Library
from ffbind.loading import load
from ffbind.ownership import Owner

AVDISCARD_DEFAULT, AVDISCARD_ALL = 0, 48
MEDIA_TYPE_VIDEO, MEDIA_TYPE_AUDIO = 0, 1
DISPLAY_MATRIX = 5
#: AV_CHANNEL_ORDER_NATIVE: the channels are in the order of the mask's bits.
CHANNEL_ORDER_NATIVE = 1
UNKNOWN_PROFILE = -99


class Stream:
    """A stream of an open Container.

    Everything here raises ClosedError once the container is closed. Timestamps and durations are in `time_base`.
    Two Streams are equal if they are the same stream of the same container.
    """

    __slots__ = ("_container", "_discarded", "index")

    #: The stream's position in the container's list.
    index: int

    def __init__(self, container: Owner, index: int, discarded: set[int]) -> None:
        """Made by Container.streams. `discarded` is the container's own set of the indexes of streams to skip."""
        self._container = container
        self._discarded = discarded
        self.index = index

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Stream):
            return NotImplemented
        return self._container is other._container and self.index == other.index

    def __hash__(self) -> int:
        return hash((id(self._container), self.index))

    def __repr__(self) -> str:
        return f"<Stream {self.index}: {self.type} {self.codec_name}>"

    @property
    def fields(self) -> AVStream:
        """The AVStream as a structure."""
        return load().layout.formats.AVStream.from_address(self._address)

    @property
    def _address(self) -> int:
        return stream_addresses(load(), self._container.address)[self.index]

    @property
    def parameters(self) -> AVCodecParameters:
        """The AVCodecParameters as a structure."""
        return load().layout.AVCodecParameters.from_address(self.fields.codecpar)

    @property
    def type(self) -> str:
        """The kind of stream: "video", "audio", "subtitle", "data", "attachment" or "unknown"."""
        name: bytes | None = load().avutil.av_get_media_type_string(self.parameters.codec_type)
        return name.decode() if name else "unknown"

    @property
    def codec_id(self) -> int:
        """FFmpeg's number for the codec."""
        return self.parameters.codec_id

    @property
    def codec_name(self) -> str:
        """FFmpeg's name for the codec, such as "h264", "opus" or "pcm_s16le"."""
        name: bytes = load().avcodec.avcodec_get_name(self.parameters.codec_id)
        return name.decode()

    @property
    def codec_tag(self) -> str:
        """The container's own four-character code for the codec, such as "hvc1"; empty if it has none."""
        tag = self.parameters.codec_tag
        return tag.to_bytes(4, "little").decode("latin-1") if tag else ""

    @property
    def extradata(self) -> bytes:
        """The codec's configuration: the content of MP4's avcC, hvcC or av1C box, Ogg's OpusHead, and so on."""
        parameters = self.parameters
        return ctypes.string_at(parameters.extradata, parameters.extradata_size) if parameters.extradata else b""

    @property
    def time_base(self) -> tuple[int, int]:
        """Seconds per unit of the stream's timestamps, as a fraction."""
        return _fraction(self.fields.time_base)

    @property
    def start_time(self) -> int | None:
        """The first frame's timestamp, None if unknown."""
        return _timestamp(self.fields.start_time)

    @property
    def duration(self) -> int | None:
        """The stream's duration, None if unknown."""
        return _timestamp(self.fields.duration)

    @property
    def nb_frames(self) -> int:
        """The number of packets according to the container; 0 if unknown."""
        return self.fields.nb_frames

    @property
    def frame_rate(self) -> tuple[int, int]:
        """Average frames a second, as a fraction; (0, 0) or (0, 1) if unknown."""
        return _fraction(self.fields.avg_frame_rate)

    @property
    def disposition(self) -> int:
        """AV_DISPOSITION_* flags: 1 for the default stream of its kind, 0x400 for an attached picture, …"""
        return self.fields.disposition

    @property
    def metadata(self) -> dict[str, str]:
        """Tags of the stream. The value of "language" is an ISO 639-2 code."""
        return dictionaries.read(load(), self.fields.metadata)

    @property
    def discard(self) -> bool:
        """Whether the container skips the packets of this stream, so that they need not be read. Can be set."""
        return self.fields.discard >= AVDISCARD_ALL

    @discard.setter
    def discard(self, value: bool) -> None:
        if value:
            self.fields.discard = AVDISCARD_ALL
            self._discarded.add(self.index)
        else:
            self.fields.discard = AVDISCARD_DEFAULT
            self._discarded.discard(self.index)

    @property
    def bit_rate(self) -> int:
        """Bits a second that the container states or implies; 0 if unknown."""
        return self.parameters.bit_rate

    @property
    def profile(self) -> int | None:
        """The codec's profile, as FFmpeg numbers it; None if unknown."""
        profile = self.parameters.profile
        return None if profile == UNKNOWN_PROFILE else profile

    @property
    def level(self) -> int | None:
        """The codec's level, as FFmpeg numbers it; None if unknown."""
        level = self.parameters.level
        return None if level == UNKNOWN_PROFILE else level

    @property
    def format(self) -> str | None:
        """The pixel or sample format, such as "yuv420p" or "fltp"; None if unknown."""
        parameters, library = self.parameters, load()
        name: bytes | None = None
        if parameters.codec_type == MEDIA_TYPE_VIDEO:
            name = library.avutil.av_get_pix_fmt_name(parameters.format)
        elif parameters.codec_type == MEDIA_TYPE_AUDIO:
            name = library.avutil.av_get_sample_fmt_name(parameters.format)
        return name.decode() if name else None

    @property
    def width(self) -> int:
        """Pixels: the size in the stream's headers after cropping."""
        return self.parameters.width

    @property
    def height(self) -> int:
        """Pixels, after cropping."""
        return self.parameters.height

    @property
    def sample_aspect_ratio(self) -> tuple[int, int]:
        """A pixel's width to its height; (0, 1) if unknown. The container's value takes precedence over the codec's."""
        own = _fraction(self.fields.sample_aspect_ratio)
        return own if own[0] else _fraction(self.parameters.sample_aspect_ratio)

    @property
    def color_range(self) -> int:
        """1 for limited, 2 for full range, 0 unknown."""
        return self.parameters.color_range

    @property
    def color_primaries(self) -> int:
        """ColourPrimaries of H.273; 2 unknown."""
        return self.parameters.color_primaries

    @property
    def color_trc(self) -> int:
        """TransferCharacteristics of H.273; 2 unknown."""
        return self.parameters.color_trc

    @property
    def colorspace(self) -> int:
        """MatrixCoefficients of H.273; 2 unknown."""
        return self.parameters.color_space

    @property
    def display_matrix(self) -> tuple[int, ...] | None:
        """The 9 numbers of ISO/IEC 14496-12's matrix, row by row (16.16, last column 2.30); None if there is none."""
        data = self.side_data(DISPLAY_MATRIX)
        return struct.unpack("=9i", data) if data is not None and len(data) == 36 else None

    @property
    def sample_rate(self) -> int:
        """Samples a second and channel."""
        return self.parameters.sample_rate

    @property
    def channels(self) -> int:
        """The number of channels."""
        parameters = self.parameters
        if hasattr(type(parameters), "ch_layout"):
            return parameters.ch_layout.nb_channels
        return parameters.channels

    @property
    def channel_mask(self) -> int | None:
        """Which channels there are, as FFmpeg's AV_CH_* bits in the order of the samples; None if unknown."""
        parameters = self.parameters
        if hasattr(type(parameters), "ch_layout"):
            layout = parameters.ch_layout
            return layout.mask or None if layout.order == CHANNEL_ORDER_NATIVE else None
        return parameters.channel_layout or None

    @property
    def bits_per_coded_sample(self) -> int:
        """Bits of a coded sample (audio) or pixel (video); 0 if the codec has no fixed number."""
        return self.parameters.bits_per_coded_sample

    @property
    def bits_per_raw_sample(self) -> int:
        """Significant bits of a decoded sample; 0 if unknown."""
        return self.parameters.bits_per_raw_sample

    @property
    def block_align(self) -> int:
        """Bytes of the unit that audio packets consist of; 0 if the codec has no such unit."""
        return self.parameters.block_align

    @property
    def initial_padding(self) -> int:
        """Samples that the encoder put before the first sample of the sound."""
        return self.parameters.initial_padding

    @property
    def seek_preroll(self) -> int:
        """Samples that a decoder has to decode and drop after a seek before its output is right."""
        return self.parameters.seek_preroll

    def side_data(self, kind: int) -> bytes | None:
        """A copy of the stream's side data of a kind (AVPacketSideDataType), None if it has none."""
        parameters, library = self.parameters, load()
        if carries_side_data(library):
            if not parameters.coded_side_data:
                return None
            array = library.layout.AVPacketSideData * parameters.nb_coded_side_data
            entries = array.from_address(parameters.coded_side_data)
            return next((ctypes.string_at(entry.data, entry.size) for entry in entries if entry.type == kind), None)
        size = c_size_t()
        data = library.avformat.av_stream_get_side_data(self._address, kind, byref(size))
        return ctypes.string_at(data, size.value) if data else None


def carries_side_data(library: Library) -> bool:
    """Whether codec parameters have a stream's side data. Before FFmpeg 6.1 the stream itself had it."""
    return hasattr(library.layout.AVCodecParameters, "coded_side_data")


def stream_addresses(library: Library, context: int) -> list[int]:
    """The AVStreams of an AVFormatContext."""
    fields = library.layout.formats.AVFormatContext.from_address(context)
    if not fields.nb_streams or not fields.streams:
        return []
    return [address for address in (c_void_p * fields.nb_streams).from_address(fields.streams) if address]


def _fraction(value: AVRational) -> tuple[int, int]:
    return value.num, value.den


def _timestamp(value: int) -> int | None:
    return None if value == NO_TIMESTAMP else value
