"""libaom's quantizer, for which FFmpeg has an option only before an encoder is opened.

While an encoder runs, it is set through libaom's own function, aom_codec_enc_config_set(), with libaom's configuration
(aom_codec_enc_cfg_t in aom_encoder.h). The first fields of that have been the same since libaom's first version.
libaom's context within FFmpeg's is found by the address of libaom's AV1 encoder, which it has. Each time it is verified
that it is a context, and that the configuration is that of the encoder.
"""

from __future__ import annotations

from ctypes import POINTER, Structure, addressof, byref, c_char_p, c_int, c_long, c_uint, c_void_p, sizeof
from functools import cache

from ffbind.codec_settings import EncoderSettings, PictureParameters
from ffbind.encoder import Encoder
from ffbind.encoder_input import blank_picture
from ffbind.errors import FFbindError, UnsupportedLibraryError
from ffbind.formats import pixel_format
from ffbind.layout.probing import offset
from ffbind.loading import load

#: The coarsest quantizer, and its index in the bitstream.
HIGHEST, HIGHEST_INDEX = 63, 255
#: libaom's context is searched for in so many bytes at the beginning of FFmpeg's private structure.
_SEARCHED = 384
#: AOM_Q and AOM_CBR of aom_rc_mode.
_CONSTANT_QUALITY, CONSTANT_BIT_RATE = 3, 1
_GET_LAST_QUANTIZER = 19


class _Configuration(Structure):
    """The fields of aom_codec_enc_cfg_t, up to the quantizers."""

    _fields_ = (
        ("g_usage", c_uint),
        ("g_threads", c_uint),
        ("g_profile", c_uint),
        ("g_w", c_uint),
        ("g_h", c_uint),
        ("g_limit", c_uint),
        ("g_forced_max_frame_width", c_uint),
        ("g_forced_max_frame_height", c_uint),
        ("g_bit_depth", c_int),
        ("g_input_bit_depth", c_uint),
        ("g_timebase", c_int * 2),
        ("g_error_resilient", c_uint),
        ("g_pass", c_int),
        ("g_lag_in_frames", c_uint),
        ("rc_dropframe_thresh", c_uint),
        ("rc_resize", c_uint * 3),
        ("rc_superres", c_uint * 5),
        ("rc_end_usage", c_int),
        ("rc_statistics", c_void_p * 4),
        ("rc_target_bitrate", c_uint),
        ("rc_min_quantizer", c_uint),
        ("rc_max_quantizer", c_uint),
    )


class AomContext(Structure):
    """aom_codec_ctx_t."""

    _fields_ = (
        ("name", c_char_p),
        ("iface", c_void_p),
        ("err", c_int),
        ("err_detail", c_char_p),
        ("init_flags", c_long),
        ("config", POINTER(_Configuration)),
        ("priv", c_void_p),
    )


def set_aom_quantizer(encoder: Encoder, quantizer: int) -> None:
    """Set the quantizer, 0 to HIGHEST, with which an Encoder("libaom-av1") encodes from the next frame on.

    The encoder must have a bit_rate of 0, the option crf and no lookahead. Raises UnsupportedLibraryError if libaom
    cannot be reached, FFbindError if it refuses the quantizer.
    """
    context = aom_context(encoder, _CONSTANT_QUALITY)
    configuration = context.config.contents
    configuration.rc_min_quantizer = configuration.rc_max_quantizer = quantizer
    # libaom gets its own configuration back, because newer versions have more fields than these.
    code = load().avcodec.aom_codec_enc_config_set(addressof(context), addressof(configuration))
    if code:
        raise FFbindError(f"libaom refused the quantizer {quantizer}: error {code}")


def aom_context(encoder: Encoder, rate_control: int) -> AomContext:
    """libaom's context of an Encoder("libaom-av1") with this rate control. Raises UnsupportedLibraryError."""
    library = load()
    if not library.avcodec.has("aom_codec_enc_config_set"):
        raise UnsupportedLibraryError("libaom cannot be reached through this libavcodec")
    fields = encoder.fields
    # The private structure is the child that has the encoder's private options.
    private = library.avutil.av_opt_child_next(addressof(fields), None)
    interface = library.avcodec.aom_codec_av1_cx()
    step = sizeof(c_void_p)
    for place in range(private + step, private + _SEARCHED, step):
        if c_void_p.from_address(place).value == interface:
            context = AomContext.from_address(place - offset(AomContext, "iface"))
            if _is_open(context, fields.width, fields.height, encoder.time_base, rate_control):
                return context
    raise UnsupportedLibraryError("FFmpeg's structure for libaom is not known")


def _is_open(context: AomContext, width: int, height: int, time_base: tuple[int, int], rate_control: int) -> bool:
    """Whether this is the context of an encoder that was opened with this size and time base."""
    if context.name is None or not context.name.startswith(b"AOMedia Project AV1 Encoder") or not context.config:
        return False
    found = context.config.contents
    return (found.g_w, found.g_h, tuple(found.g_timebase), found.rc_end_usage) == (
        width,
        height,
        time_base,
        rate_control,
    ) and found.rc_min_quantizer <= found.rc_max_quantizer <= HIGHEST


def last_aom_quantizer(encoder: Encoder) -> int:
    """The quantizer of the last frame, as its index in the bitstream, 0 to 255. Raises as set_aom_quantizer() does."""
    context, answer = aom_context(encoder, _CONSTANT_QUALITY), c_int()
    code = load().avcodec.aom_codec_control(addressof(context), _GET_LAST_QUANTIZER, byref(answer))
    if code:
        raise FFbindError(f"libaom does not tell the last quantizer: error {code}")
    return answer.value


@cache
def can_set_aom_quantizer() -> bool:
    """Whether FFmpeg has a libaom whose functions can be called, and frames get the quantizer that is set."""
    options = {"usage": "realtime", "cpu-used": "8", "lag-in-frames": "0", "crf": "30"}
    indices = []
    try:
        source = PictureParameters(width=64, height=64, format="yuv420p", framerate=(30, 1))
        with Encoder("libaom-av1", source, EncoderSettings(bit_rate=0), options=options) as encoder:
            for number, quantizer in enumerate((HIGHEST, 0)):
                set_aom_quantizer(encoder, quantizer)
                with blank_picture(64, 64, pixel_format("yuv420p").number) as picture:
                    encoder.encode_to_content(picture, pts=number)
                indices.append(last_aom_quantizer(encoder))
    except (FFbindError, ValueError):
        return False
    return indices == [HIGHEST_INDEX, 0]
