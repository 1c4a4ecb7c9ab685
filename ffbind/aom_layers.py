"""Temporal layers of libaom, for which FFmpeg has no options.

They are set as a program sets them that uses libaom itself: aom_codec_control(), with the structures of aomcx.h, which
have been the same since libaom 2.0. can_set_aom_layers() verifies that frames get the layers that are set.
"""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import Structure, addressof, byref, c_int
from functools import cache
from typing import NamedTuple

from ffbind.aom_quantizer import CONSTANT_BIT_RATE, aom_context
from ffbind.codec_settings import EncoderSettings, PictureParameters
from ffbind.encoder import Encoder
from ffbind.encoder_input import blank_picture
from ffbind.errors import FFbindError
from ffbind.formats import pixel_format
from ffbind.loading import load

_SET_LAYER_ID, _SET_LAYERS, _SET_REFERENCES = 131, 132, 133
_REFERENCES, _SLOTS = 7, 8
#: AV1 § 5.3.2, § 5.3.3: an OBU's header has its type, and whether an extension follows, which has the temporal layer.
_FRAME_OBU, _TEMPORAL_DELIMITER_SIZE = 6, 2


class _LayerId(Structure):
    """aom_svc_layer_id_t."""

    _fields_ = (("spatial", c_int), ("temporal", c_int))


class _Layers(Structure):
    """aom_svc_params_t."""

    _fields_ = (
        ("number_spatial_layers", c_int),
        ("number_temporal_layers", c_int),
        ("max_quantizers", c_int * 32),
        ("min_quantizers", c_int * 32),
        ("scaling_factor_num", c_int * 4),
        ("scaling_factor_den", c_int * 4),
        ("layer_target_bitrate", c_int * 32),
        ("framerate_factor", c_int * 8),
    )


class _References(Structure):
    """aom_svc_ref_frame_config_t."""

    _fields_ = (("reference", c_int * _REFERENCES), ("ref_idx", c_int * _REFERENCES), ("refresh", c_int * _SLOTS))


class LayeredFrame(NamedTuple):
    """A frame's temporal layer, the slot (0 to 7) of its reference, and the slot that it is kept in, if any."""

    layer: int
    refers_to: int
    kept_in: int | None


def set_aom_layers(encoder: Encoder, bit_rates: Sequence[int]) -> None:
    """Divide the stream of an Encoder("libaom-av1") into temporal layers. Each has twice the frames of the one below.

    ``bit_rates``, in bits a second, are those of each layer together with the layers below it. The encoder must have a
    constant bit rate, the option usage=realtime and no lookahead. Raises UnsupportedLibraryError if libaom cannot be
    reached, FFbindError if it refuses.
    """
    context = aom_context(encoder, CONSTANT_BIT_RATE)
    configuration = context.config.contents
    layers = _Layers(number_spatial_layers=1, number_temporal_layers=len(bit_rates))
    layers.scaling_factor_num[0] = layers.scaling_factor_den[0] = 1
    for layer, bit_rate in enumerate(bit_rates):
        layers.max_quantizers[layer] = configuration.rc_max_quantizer
        layers.min_quantizers[layer] = configuration.rc_min_quantizer
        layers.layer_target_bitrate[layer] = bit_rate // 1000
        layers.framerate_factor[layer] = 1 << (len(bit_rates) - 1 - layer)
    _control(encoder, _SET_LAYERS, layers)


def set_aom_layer(encoder: Encoder, frame: LayeredFrame) -> None:
    """Set the layer and the references of the next frame. Raises as set_aom_layers() does."""
    references = _References()
    for reference in range(_REFERENCES):
        references.ref_idx[reference] = frame.refers_to
    references.reference[0] = 1
    if frame.kept_in is not None:
        references.refresh[frame.kept_in] = 1
    _control(encoder, _SET_LAYER_ID, _LayerId(0, frame.layer))
    _control(encoder, _SET_REFERENCES, references)


def _control(encoder: Encoder, number: int, value: Structure) -> None:
    context = aom_context(encoder, CONSTANT_BIT_RATE)
    code = load().avcodec.aom_codec_control(addressof(context), number, byref(value))
    if code:
        raise FFbindError(f"libaom refused its setting {number}: error {code}")


@cache
def can_set_aom_layers() -> bool:
    """Whether FFmpeg has a libaom whose functions can be called, and frames get the layers that are set."""
    options = {"usage": "realtime", "cpu-used": "8", "lag-in-frames": "0", "minrate": "100000", "maxrate": "100000"}
    frames = [LayeredFrame(0, 0, 0), LayeredFrame(1, 0, None), LayeredFrame(0, 0, 0)]
    found = []
    try:
        source = PictureParameters(width=64, height=64, format="yuv420p", framerate=(30, 1))
        settings = EncoderSettings(bit_rate=100_000)
        with Encoder("libaom-av1", source, settings, options=options) as encoder:
            set_aom_layers(encoder, [60_000, 100_000])
            for number, frame in enumerate(frames):
                set_aom_layer(encoder, frame)
                with blank_picture(64, 64, pixel_format("yuv420p").number) as picture:
                    found += [_temporal_layer(packet.data) for packet in encoder.encode_to_content(picture, pts=number)]
    except (FFbindError, ValueError):
        return False
    return found[1:] == [1, 0]


def _temporal_layer(data: bytes) -> int | None:
    """The temporal layer of the frame that follows the temporal delimiter; None if another OBU follows it."""
    header, extension = data[_TEMPORAL_DELIMITER_SIZE : _TEMPORAL_DELIMITER_SIZE + 2]
    if header >> 3 & 0xF != _FRAME_OBU:
        return None
    return extension >> 5 if header >> 2 & 1 else 0
