"""Parameters of a stream whose packets come from neither an encoder nor another container."""

from __future__ import annotations

from dataclasses import dataclass

from ffbind.channel_layouts import leave_channels_open, set_channels
from ffbind.codec_context import fill_extradata
from ffbind.formats import pixel_format, sample_format
from ffbind.layout.structures import AVCodecDescriptor, AVCodecParameters
from ffbind.library import Library
from ffbind.stream import MEDIA_TYPE_AUDIO, MEDIA_TYPE_VIDEO


@dataclass(frozen=True, kw_only=True)
class StreamParameters:
    """A stream of packets, by FFmpeg's names. A property that is 0, None or empty is unknown.

    ``time_base`` is the unit of the packets' timestamps, in seconds, as a fraction. ``extradata`` is the codec's
    out-of-band header as FFmpeg stores it. ``format`` is a pixel format or a sample format. ``channel_mask`` are
    FFmpeg's AV_CH_* bits of the ``channels``, in the order of the samples. 0 stands for mono and stereo, and leaves
    open which channels there are if they are more. ``initial_padding`` is the number of samples at the start that are
    not part of the sound. Colours are numbered as in H.273; ``color_range`` is 1 for limited, 2 for full range.
    """

    codec_name: str
    time_base: tuple[int, int]
    extradata: bytes = b""
    format: str | None = None
    bit_rate: int = 0
    width: int = 0
    height: int = 0
    frame_rate: tuple[int, int] = (0, 1)
    sample_aspect_ratio: tuple[int, int] = (0, 1)
    color_primaries: int = 2
    color_trc: int = 2
    colorspace: int = 2
    color_range: int = 0
    sample_rate: int = 0
    channels: int = 0
    channel_mask: int = 0
    initial_padding: int = 0
    frame_size: int = 0


def fill_parameters(library: Library, address: int, source: StreamParameters) -> None:
    """Copy ``source`` to the new AVCodecParameters at an address. Raises ValueError for unknown names."""
    descriptor = library.avcodec.avcodec_descriptor_get_by_name(source.codec_name.encode())
    if not descriptor:
        raise ValueError(f"this FFmpeg knows no codec {source.codec_name!r}")
    codec = AVCodecDescriptor.from_address(descriptor)
    parameters = library.layout.AVCodecParameters.from_address(address)
    parameters.codec_type, parameters.codec_id = codec.type, codec.id
    parameters.bit_rate = source.bit_rate
    if source.extradata:
        fill_extradata(library, parameters, source.extradata)
    if codec.type == MEDIA_TYPE_VIDEO:
        _fill_video(parameters, source)
    elif codec.type == MEDIA_TYPE_AUDIO:
        _fill_audio(library, parameters, source)


def _fill_video(parameters: AVCodecParameters, source: StreamParameters) -> None:
    if source.format is not None:
        parameters.format = pixel_format(source.format).number
    parameters.width, parameters.height = source.width, source.height
    parameters.color_primaries, parameters.color_trc = source.color_primaries, source.color_trc
    parameters.color_space, parameters.color_range = source.colorspace, source.color_range


def _fill_audio(library: Library, parameters: AVCodecParameters, source: StreamParameters) -> None:
    if source.format is not None:
        parameters.format = sample_format(source.format).number
    parameters.sample_rate, parameters.frame_size = source.sample_rate, source.frame_size
    parameters.initial_padding = source.initial_padding
    bits = library.avcodec.av_get_bits_per_sample(parameters.codec_id)
    parameters.bits_per_coded_sample, parameters.block_align = bits, bits * source.channels // 8
    if source.channels > 2 and not source.channel_mask:
        leave_channels_open(parameters, source.channels)
    else:
        set_channels(library, parameters, source.channels, source.channel_mask)
