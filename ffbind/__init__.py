"""FFmpeg through ctypes: ffbind finds and checks its libraries, and gives each structure in use an owner."""

from ffbind.aom_layers import LayeredFrame, can_set_aom_layers, set_aom_layer, set_aom_layers
from ffbind.aom_quantizer import can_set_aom_quantizer, set_aom_quantizer
from ffbind.bitstream_filter import BitstreamFilter
from ffbind.chapters import Chapter
from ffbind.codec_settings import (
    DecoderSettings,
    EncoderSettings,
    PictureParameters,
    SampleParameters,
    StreamHeader,
)
from ffbind.codecs import (
    CodecInfo,
    decoder_names_for,
    encoder_names_for,
    find_decoder,
    find_encoder,
)
from ffbind.container import Container
from ffbind.decoder import Decoder
from ffbind.display_matrix import rotation_matrix
from ffbind.encoder import Encoder
from ffbind.errors import (
    BusyError,
    ClosedError,
    FFbindError,
    FFmpegError,
    LibraryNotFoundError,
    PacketRefusedError,
    UnsupportedLibraryError,
)
from ffbind.file_methods import can_seek
from ffbind.formats import Component, PixelFormat, SampleFormat, pixel_format, sample_format
from ffbind.frame import Frame, Plane
from ffbind.lending import lend_picture
from ffbind.library import Library
from ffbind.loading import load, set_log_level
from ffbind.opus_encoder import OpusEncoder, OpusSignal, can_reach_libopus
from ffbind.ownership import live_objects
from ffbind.packet import Packet, PacketContent
from ffbind.picture_pool import PicturePool
from ffbind.resampler import Resampler
from ffbind.scaler import PictureKind, Scaler, Scaling
from ffbind.stream import Stream
from ffbind.stream_packet import StreamPacket
from ffbind.stream_parameters import StreamParameters
from ffbind.writer import ContainerWriter

__all__ = [
    "BitstreamFilter",
    "BusyError",
    "Chapter",
    "ClosedError",
    "CodecInfo",
    "Component",
    "Container",
    "ContainerWriter",
    "Decoder",
    "DecoderSettings",
    "Encoder",
    "EncoderSettings",
    "FFbindError",
    "FFmpegError",
    "Frame",
    "LayeredFrame",
    "Library",
    "LibraryNotFoundError",
    "OpusEncoder",
    "OpusSignal",
    "Packet",
    "PacketContent",
    "PacketRefusedError",
    "PictureKind",
    "PictureParameters",
    "PicturePool",
    "PixelFormat",
    "Plane",
    "Resampler",
    "SampleFormat",
    "SampleParameters",
    "Scaler",
    "Scaling",
    "Stream",
    "StreamHeader",
    "StreamPacket",
    "StreamParameters",
    "UnsupportedLibraryError",
    "can_reach_libopus",
    "can_seek",
    "can_set_aom_layers",
    "can_set_aom_quantizer",
    "decoder_names_for",
    "encoder_names_for",
    "find_decoder",
    "find_encoder",
    "lend_picture",
    "live_objects",
    "load",
    "pixel_format",
    "rotation_matrix",
    "sample_format",
    "set_aom_layer",
    "set_aom_layers",
    "set_aom_quantizer",
    "set_log_level",
]
