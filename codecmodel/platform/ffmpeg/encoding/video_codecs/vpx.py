"""VP8 and VP9, with libvpx."""

from collections.abc import Sequence
from typing import Final

from codecmodel.configurations.encoder_configurations import VideoEncoderConfig
from codecmodel.platform.ffmpeg.encoding.video_codecs.quantizers import nearest_quantizer
from codecmodel.platform.ffmpeg.encoding.video_settings import (
    MICROSECONDS,
    REALTIME_KEY_INTERVAL,
    Request,
    VideoEncoding,
    buffer_options,
    depth_of,
    has_encoder,
)
from codecmodel.registry import CodecString, Vp9CodecString
from ffbind import Encoder, Frame

#: Number of temporal layers → the layers of successive frames, and the share of the bit rate of each layer together
#: with those below it.
_LAYERS: Final[dict[int, tuple[Sequence[int], Sequence[float]]]] = {
    2: ((0, 1), (0.6, 1.0)),
    3: ((0, 2, 1, 2), (0.5, 0.7, 1.0)),
}
#: The finest quantizer that libvpx may use while it looks ahead: see _OutputBuffer.
_LOOKAHEAD_QUANTIZER: Final = 8
#: Frames between key frames that the program did not ask for, in layered streams: a multiple of each pattern's length.
_LAYERED_KEY_INTERVAL: Final = REALTIME_KEY_INTERVAL


def _layer_options(request: Request) -> dict[str, str]:
    assert request.bit_rate is not None, "layers have bit rates"
    pattern, shares = _LAYERS[request.temporal_layers]
    rates = ",".join(str(round(request.bit_rate * share / 1000)) for share in shares)
    decimators = ",".join(str(1 << layer) for layer in reversed(range(request.temporal_layers)))
    layers = ",".join(map(str, pattern))
    return {
        "ts-parameters": f"ts_number_layers={request.temporal_layers}:ts_target_bitrate={rates}:"
        f"ts_rate_decimator={decimators}:ts_periodicity={len(pattern)}:ts_layer_id={layers}:"
        f"ts_layering_mode={request.temporal_layers}",
        # A frame may be dropped, so the frames after it must not depend on the probabilities that it has adapted.
        "error-resilient": "1",
        # Key frames come only where the pattern of layers begins. FFmpeg restarts the pattern for requested ones alone.
        "keyint_min": str(_LAYERED_KEY_INTERVAL),
    }


def _common(request: Request) -> dict[str, str]:
    options = {
        "deadline": "realtime" if request.is_realtime else "good",
        # There are no hidden frames, so that each frame makes one packet.
        "auto-alt-ref": "0",
        **buffer_options(request),
    }
    if request.is_realtime or request.temporal_layers > 1 or request.is_quantizer:
        options["lag-in-frames"] = "0"
    if request.temporal_layers > 1:
        options |= _layer_options(request)
    if request.bit_rate is not None and (request.is_constant or request.temporal_layers > 1):
        # Only the control for constant bit rates keeps layers to their bit rates.
        options |= {"minrate": str(request.bit_rate), "maxrate": str(request.bit_rate)}
    return options


def vp8_encoding(codec_string: CodecString, config: VideoEncoderConfig, request: Request) -> VideoEncoding | None:
    """VP8 with libvpx. It has no option to set the quantizer of a frame, so quantizer mode is not supported."""
    if not has_encoder("libvpx", "yuv420p", "yuva420p") or request.is_quantizer:
        return None
    if max(request.width, request.height) >= 1 << 14 or (request.keeps_alpha and request.temporal_layers > 1):
        return None
    options = {**_common(request), "cpu-used": "8" if request.is_realtime else "4"}
    if request.is_screen:
        options["screen-content-mode"] = "1"
    return VideoEncoding(
        "libvpx",
        request,
        ("yuv420p",),
        options,
        alpha_format="yuva420p" if request.keeps_alpha else None,
        bit_rate=request.bit_rate,
        time_base=MICROSECONDS,
        # For speed: libvpx's threads for VP8 spin while they wait for each other.
        threads=1,
        key_interval=_LAYERED_KEY_INTERVAL if request.temporal_layers > 1 else None,
        layers=_LAYERS[request.temporal_layers][0] if request.temporal_layers > 1 else (),
    )


def _vp9_format(codec_string: Vp9CodecString) -> str | None:
    """The pixel format of the profile; None if the profile contradicts the rest of the string."""
    chroma = {0: "420", 1: "420", 2: "422", 3: "444"}[codec_string.chroma_subsampling]
    if codec_string.profile in (1, 3):
        # A string without the optional fields means 4:2:0, which is the one format that these profiles lack.
        if codec_string.string.count(".") == 3:
            chroma = "444"
        if chroma == "420":
            return None
    elif chroma != "420":
        return None
    if (codec_string.bit_depth > 8) != (codec_string.profile >= 2):
        return None
    return f"yuv{chroma}p" + ("" if codec_string.bit_depth == 8 else f"{codec_string.bit_depth}le")


class _OutputBuffer:
    """libvpx's output buffer for one call: twice the size of the picture, and at least one page.

    With lookahead, one call may output several frames, as long as half of the buffer is free. If the buffer is too
    small, libvpx writes beyond it (from version 1.16 on, it fails). Encoded noise is larger than the picture itself,
    by a factor that grows with the part of the 8×8 blocks that lies outside of the picture. The factors below were
    measured with random black and white, and have a margin.
    """

    _SMALLEST: Final = 4096
    #: The largest ratio of a frame's bytes to those of its samples, in 4×4 blocks (lossless) and 8×8 blocks.
    _LOSSLESS, _LOSSY = 1.1, 0.95
    #: Bytes for headers.
    _EXTRA: Final = 256

    def __init__(self, request: Request, format: str) -> None:
        depth = depth_of(format)
        samples = {"420": 1.5, "422": 2, "444": 3}[format[3:6]]
        picture = samples * request.width * request.height * (1 if depth == 8 else 2)
        self._size = max(self._SMALLEST, int(2 * picture))
        self._bytes_per_pixel = samples * depth / 8
        self._request = request

    def _blocks(self, side: int) -> float:
        """Bytes of the samples of the blocks, ``side`` pixels wide and high, that cover the picture."""
        width, height = (-(-length // side) * side for length in (self._request.width, self._request.height))
        return self._bytes_per_pixel * width * height

    @property
    def holds_a_frame(self) -> bool:
        """Whether every frame fits."""
        largest = max(self._LOSSLESS * self._blocks(4), self._LOSSY * self._blocks(8))
        return largest + self._EXTRA <= self._size

    @property
    def holds_frames_ahead(self) -> bool:
        """Whether every two frames fit if no quantizer is finer than _LOOKAHEAD_QUANTIZER."""
        return 2 * (self._LOSSY * self._blocks(8) + self._EXTRA) <= self._size

    @property
    def expects_large_frames(self) -> bool:
        """Whether the bit rate needs finer quantizers: it is a sixteenth of that of the bare samples, or more."""
        bit_rate = self._request.bit_rate
        return bit_rate is not None and bit_rate / self._request.frame_rate > self._size / 4


def vp9_encoding(codec_string: CodecString, config: VideoEncoderConfig, request: Request) -> VideoEncoding | None:
    """VP9 with libvpx. The bitstream states no level, so the codec string's level does not limit the configuration."""
    assert isinstance(codec_string, Vp9CodecString)
    format = _vp9_format(codec_string)
    if format is None or not has_encoder("libvpx-vp9", format):
        return None
    alpha_format = None
    if request.keeps_alpha:
        alpha_format = format.replace("yuv", "yuva")
        if not has_encoder("libvpx-vp9", alpha_format) or request.temporal_layers > 1 or request.is_quantizer:
            return None
    # With layers, libvpx makes streams that no decoder reads of 8-bit pictures that are not 4:2:0.
    if request.temporal_layers > 1 and (request.is_quantizer or codec_string.profile == 1):
        return None
    buffer = _OutputBuffer(request, format)
    if not buffer.holds_a_frame:
        return None
    options = {**_common(request), "cpu-used": "8" if request.is_realtime else "4", "row-mt": "1"}
    options["tile-columns"] = "2"
    if not request.looks_ahead:
        options.setdefault("lag-in-frames", "0")
    if "lag-in-frames" not in options:
        if buffer.holds_frames_ahead and not buffer.expects_large_frames:
            options["qmin"] = str(_LOOKAHEAD_QUANTIZER)
            if not alpha_format:
                # FFmpeg puts a hidden frame into the packet of a shown one.
                options["auto-alt-ref"] = "1"
        else:
            options["lag-in-frames"] = "0"
    if request.is_screen:
        options["tune-content"] = "screen"
    if request.is_quantizer:
        # libvpx would choose the coarsest quantizer; the upper bound, which is set for each frame, decides.
        options |= {"crf": "63", "qmin": "0", "qmax": "63", "aq-mode": "0"}
    return VideoEncoding(
        "libvpx-vp9",
        request,
        (format,),
        options,
        alpha_format=alpha_format,
        bit_rate=0 if request.is_quantizer else request.bit_rate,
        time_base=MICROSECONDS,
        key_interval=_LAYERED_KEY_INTERVAL if request.temporal_layers > 1 else None,
        layers=_LAYERS[request.temporal_layers][0] if request.temporal_layers > 1 else (),
        set_quantizer=_bound_quantizer if request.is_quantizer else None,
    )


def _bound_quantizer(encoder: Encoder, frame: Frame, quantizer: int) -> None:
    encoder.set_option("qmax", str(nearest_quantizer(quantizer)))
