"""Which channels samples have, in the two forms that versions of FFmpeg have for that."""

from __future__ import annotations

from ctypes import addressof, byref

from ffbind.layout.probing import offset
from ffbind.layout.structures import AVChannelLayout, AVCodecContext, AVCodecParameters, AVFrame
from ffbind.library import Library

#: AV_CHANNEL_ORDER_UNSPEC: the number of channels is known, and no more.
CHANNEL_ORDER_UNSPECIFIED = 0


def require_channel_mask(channels: int, mask: int) -> None:
    """Raise ValueError unless a mask (FFmpeg's AV_CH_* bits) is 0 or has a bit for each channel."""
    if mask and mask.bit_count() != channels:
        raise ValueError(f"the channel mask {mask:#x} does not have {channels} channels")


def set_channels(
    library: Library, fields: AVCodecContext | AVCodecParameters | AVFrame, channels: int, mask: int
) -> None:
    """Set the number of channels and their mask; 0 stands for FFmpeg's default layout. Raises ValueError."""
    require_channel_mask(channels, mask)
    if hasattr(type(fields), "ch_layout"):
        place = addressof(fields) + offset(type(fields), "ch_layout")
        if mask:
            library.check(library.avutil.av_channel_layout_from_mask(place, mask), "av_channel_layout_from_mask")
        else:
            library.avutil.av_channel_layout_default(place, channels)
    else:
        fields.channels = channels
        fields.channel_layout = channel_mask(library, channels, mask)


def leave_channels_open(parameters: AVCodecParameters, channels: int) -> None:
    """Set the number of channels. Which they are is unknown."""
    if hasattr(type(parameters), "ch_layout"):
        place = addressof(parameters) + offset(type(parameters), "ch_layout")
        layout = AVChannelLayout.from_address(place)
        layout.order, layout.nb_channels, layout.mask = CHANNEL_ORDER_UNSPECIFIED, channels, 0
    else:
        parameters.channels, parameters.channel_layout = channels, 0


def channel_mask(library: Library, channels: int, mask: int) -> int:
    """The mask, or for 0 that of FFmpeg's default layout (up to FFmpeg 6)."""
    usual: int = mask or library.avutil.av_get_default_channel_layout(channels)
    return usual


def new_channel_layout(library: Library, channels: int, mask: int) -> AVChannelLayout:
    """The channels as an AVChannelLayout (from FFmpeg 5.1 on)."""
    layout = AVChannelLayout()
    if mask:
        library.check(library.avutil.av_channel_layout_from_mask(byref(layout), mask), "av_channel_layout_from_mask")
    else:
        library.avutil.av_channel_layout_default(byref(layout), channels)
    return layout
