"""AV1, with libaom, or with SVT-AV1 where FFmpeg lacks libaom."""

from collections.abc import Sequence
from functools import cache
from typing import Final

from codecmodel.configurations.encoder_configurations import VideoEncoderConfig
from codecmodel.platform.ffmpeg.encoding.video_codecs.quantizers import nearest_quantizer
from codecmodel.platform.ffmpeg.encoding.video_settings import (
    MICROSECONDS,
    MOST_HELD_BACK,
    REALTIME_KEY_INTERVAL,
    Request,
    VideoEncoding,
    buffer_options,
    depth_of,
    has_encoder,
    parameters,
)
from codecmodel.registry import Av1CodecString, CodecString
from ffbind import (
    Encoder,
    EncoderSettings,
    FFbindError,
    Frame,
    LayeredFrame,
    PictureParameters,
    can_set_aom_layers,
    can_set_aom_quantizer,
    load,
    set_aom_layer,
    set_aom_layers,
    set_aom_quantizer,
)

#: The quantizer, 0 to 63, of frames before the first one that asks for a quantizer.
_DEFAULT_QUANTIZER: Final = 30
#: The major version of libavcodec in FFmpeg 7.1, the first whose SVT-AV1 makes a key frame on request.
_FIRST_WITH_KEY_FRAMES: Final = 61


#: Number of temporal layers → the frames of the pattern, and the share of the bit rate of each layer, those below it
#: included. The base layer is kept in slot 0, and the middle one of three in slot 1.
_LAYERS: Final[dict[int, tuple[Sequence[LayeredFrame], Sequence[float]]]] = {
    2: ((LayeredFrame(0, 0, 0), LayeredFrame(1, 0, None)), (0.6, 1.0)),
    3: (
        (LayeredFrame(0, 0, 0), LayeredFrame(2, 0, None), LayeredFrame(1, 0, 1), LayeredFrame(2, 1, None)),
        (0.5, 0.7, 1.0),
    ),
}


def _format(codec_string: Av1CodecString) -> str:
    depth = "" if codec_string.bit_depth == 8 else f"{codec_string.bit_depth}le"
    if codec_string.monochrome:
        return f"gray{depth}"
    # A codec string without the optional fields means 4:2:0, which the High profile does not have.
    subsampling = codec_string.subsampling
    if codec_string.string.count(".") == 3:
        subsampling = {0: (1, 1), 1: (0, 0), 2: (1, 1) if codec_string.bit_depth == 12 else (1, 0)}[
            codec_string.profile
        ]
    chroma = {(1, 1): "420", (1, 0): "422", (0, 0): "444"}[subsampling]
    return f"yuv{chroma}p{depth}"


def av1_encoding(codec_string: CodecString, config: VideoEncoderConfig, request: Request) -> VideoEncoding | None:
    """AV1 by the configuration.

    libaom has temporal layers, and sets the quantizer of a frame, if its functions can be called.
    """
    assert isinstance(codec_string, Av1CodecString)
    if request.keeps_alpha:
        return None
    if request.temporal_layers > 1:
        format = _format(codec_string)
        is_possible = has_encoder("libaom-av1", format) and not request.is_quantizer and can_set_aom_layers()
        return _layered_libaom(format, request) if is_possible else None
    format = _format(codec_string)
    if has_encoder("libaom-av1", format) and (not request.is_quantizer or can_set_aom_quantizer()):
        return _libaom(format, request)
    if request.is_quantizer:
        return None
    if has_encoder("libsvtav1", format) and load().codec_major >= _FIRST_WITH_KEY_FRAMES:
        return _svt(format, request)
    return None


@cache
def _obeys_when_good() -> bool:
    """Whether libaom, in its good usage, makes a key frame where it is asked for one.

    Version 3.2, which is in wheels with FFmpeg 6.1 and 7.0, makes none after the first frame. Newer ones make the next
    frame a key frame, too.
    """
    options = {"usage": "good", "cpu-used": "6", "lag-in-frames": "0"}
    keys: list[bool] = []
    try:
        source = PictureParameters(width=64, height=64, format="yuv420p", framerate=(30, 1))
        with Encoder("libaom-av1", source, EncoderSettings(bit_rate=100_000), options=options) as encoder:
            for number in range(3):
                with Frame.video(64, 64, "yuv420p") as picture:
                    for plane in picture.writable_planes():
                        plane.data[:] = bytes(len(plane.data))
                    keys += [packet.key for packet in encoder.encode(picture, pts=number, key_frame=number == 2)]
    except FFbindError:
        return False
    return keys == [True, False, True]


def _libaom(format: str, request: Request) -> VideoEncoding:
    is_good = not request.is_realtime and _obeys_when_good()
    options = {
        "usage": "good" if is_good else "realtime",
        "cpu-used": "8" if request.is_realtime else "6",
        "row-mt": "1",
        "lag-in-frames": "0" if not is_good else "25" if request.looks_ahead else str(MOST_HELD_BACK),
        **buffer_options(request),
    }
    if request.is_constant:
        options["minrate"] = str(request.bit_rate)
    # In real time libaom crashes on screen content of more than 8 bits, or without chroma.
    own: dict[str, object] = {}
    is_safe = is_good or (depth_of(format) == 8 and not format.startswith("gray"))
    if request.is_screen and is_safe:
        own["tune-content"] = "screen"
    if request.is_quantizer:
        # All blocks of a frame have its quantizer, and none is chosen ahead of the frame's turn.
        options |= {"crf": str(_DEFAULT_QUANTIZER), "lag-in-frames": "0", "aq-mode": "0"}
        own["deltaq-mode"] = 0
    if own:
        options["aom-params"] = parameters(own)
    return VideoEncoding(
        "libaom-av1",
        request,
        (format,),
        options,
        bit_rate=0 if request.is_quantizer else request.bit_rate,
        # Otherwise libaom counts frames.
        time_base=MICROSECONDS if request.is_realtime else None,
        set_quantizer=_set_quantizer if request.is_quantizer else None,
    )


def _layered_libaom(format: str, request: Request) -> VideoEncoding:
    assert request.bit_rate is not None, "layers have bit rates"
    frames, shares = _LAYERS[request.temporal_layers]
    bit_rates = [round(request.bit_rate * share) for share in shares]
    # Only libaom's control for constant bit rates, in real time, has layers.
    options = {
        "usage": "realtime",
        "cpu-used": "8" if request.is_realtime else "6",
        "row-mt": "1",
        "lag-in-frames": "0",
        **buffer_options(request),
        "minrate": str(request.bit_rate),
        "maxrate": str(request.bit_rate),
    }
    return VideoEncoding(
        "libaom-av1",
        request,
        (format,),
        options,
        bit_rate=request.bit_rate,
        time_base=MICROSECONDS,
        # A multiple of the length of each pattern.
        key_interval=REALTIME_KEY_INTERVAL,
        layers=[frame.layer for frame in frames],
        prepare=lambda encoder: set_aom_layers(encoder, bit_rates),
        set_layer=lambda encoder, place: set_aom_layer(encoder, frames[place]),
    )


def _set_quantizer(encoder: Encoder, frame: Frame, quantizer: int) -> None:
    set_aom_quantizer(encoder, nearest_quantizer(quantizer))


def _svt(format: str, request: Request) -> VideoEncoding:
    own: dict[str, object] = {}
    options = {"preset": "10" if request.is_realtime else "8"}
    if not request.looks_ahead or request.is_constant:
        # SVT-AV1 keeps to a constant bit rate only without reordering, and then it knows no other mode.
        own |= {"pred-struct": 1, "rc": 2}
        options |= buffer_options(request)
    else:
        own["rc"] = 1
    if request.is_screen:
        own["scm"] = 1
    options["svtav1-params"] = parameters(own)
    return VideoEncoding("libsvtav1", request, (format,), options, bit_rate=request.bit_rate)
