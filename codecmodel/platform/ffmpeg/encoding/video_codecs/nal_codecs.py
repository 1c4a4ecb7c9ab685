"""AVC and HEVC, with libx264 and libx265."""

from collections.abc import Sequence
from typing import Final

from codecmodel.configurations.encoder_configurations import VideoEncoderConfig
from codecmodel.platform.ffmpeg.encoding.video_settings import (
    MICROSECONDS,
    MOST_HELD_BACK,
    Request,
    VideoEncoding,
    buffer_options,
    has_encoder,
    parameters,
)
from codecmodel.registry import AvcCodecString, CodecString, HevcCodecString
from codecmodel.registry.avc import avcc_from_annex_b
from codecmodel.registry.hevc import hvcc_from_annex_b
from codecmodel.registry.levels import avc_level_idc
from codecmodel.registry.nal_units import is_length_prefixed, length_prefixed_units
from ffbind import Encoder, Frame

#: The quantizer of frames before the first one that asks for a quantizer.
DEFAULT_QUANTIZER: Final = 26
#: The coarsest quantizer.
_COARSEST_QUANTIZER: Final = 51

#: profile_idc → libx264's name of the profile, and the pixel formats that make a stream of exactly this profile.
_AVC_PROFILES: Final[dict[int, tuple[str, Sequence[str]]]] = {
    66: ("baseline", ("yuv420p",)),
    77: ("main", ("yuv420p",)),
    100: ("high", ("yuv420p",)),
    110: ("high10", ("yuv420p10le",)),
    122: ("high422", ("yuv422p", "yuv422p10le")),
    244: ("high444", ("yuv444p", "yuv444p10le")),
}
#: constraint_set0_flag, constraint_set1_flag and constraint_set2_flag: the stream obeys the constraints of the
#: Baseline, the Main and the Extended profile as well (H.264 § 7.4.2.1.1).
_BASELINE, _MAIN, _EXTENDED = 0x80, 0x40, 0x20
#: constraint_set3_flag: intra pictures only (in the profiles from High on). constraint_set5_flag: no B slices.
_ONLY_INTRA, _NO_B_SLICES = 0x10, 0x04
_INTRA_PROFILES: Final = frozenset({100, 110, 122, 244})
#: The constraints of other profiles that no stream of a profile obeys here. libx264 names the least profile that has
#: the tools it uses, so it names the Main profile only where it uses a tool that the Baseline profile lacks, and so on.
_UNMET_CONSTRAINTS: Final[dict[int, int]] = {66: 0, 77: _BASELINE | _EXTENDED}
_UNMET_FROM_HIGH_ON: Final = _BASELINE | _MAIN | _EXTENDED
_LEVEL_1B: Final = 9

#: Frames that libx264 and libx265 look ahead if they may: enough to find reused blocks. Their defaults are seconds.
_LOOKAHEAD: Final = 20


def avc_encoding(codec_string: CodecString, config: VideoEncoderConfig, request: Request) -> VideoEncoding | None:
    """AVC with libx264. The level is the codec string's; the parameter sets are where the ``avc`` format puts them."""
    assert isinstance(codec_string, AvcCodecString)
    profile, formats = _AVC_PROFILES.get(codec_string.profile_idc, ("", ()))
    if not formats or not has_encoder("libx264", *formats) or request.temporal_layers > 1 or request.keeps_alpha:
        return None
    # § 7.1, step 3.3: the stream obeys the codec string's constraints. There is nothing to do for
    # constraint_set4_flag: every picture is a frame, not a field.
    if codec_string.constraint_flags & _UNMET_CONSTRAINTS.get(codec_string.profile_idc, _UNMET_FROM_HIGH_ON):
        return None
    # FFmpeg's decoder refuses some of the streams that libx264 makes of pictures of a single row.
    if request.height < 2:
        return None
    is_annex_b = config.get("avc", {}).get("format", "avc") == "annexb"
    level = avc_level_idc(codec_string)
    own: dict[str, object] = {"annexb": int(is_annex_b)}
    tunes = []
    if request.is_screen:
        tunes.append("stillimage")
    if request.is_realtime or request.is_quantizer:
        tunes.append("zerolatency")
    elif request.looks_ahead:
        own["rc-lookahead"] = _LOOKAHEAD
    else:
        # Threads for whole frames would hold back further frames. libx264 itself holds back one.
        own |= {"rc-lookahead": MOST_HELD_BACK - 1, "sync-lookahead": 0, "sliced-threads": 1}
    options = {
        "preset": "superfast" if request.is_realtime else "medium",
        "profile": profile,
        "level": "1b" if level == _LEVEL_1B else f"{level // 10}.{level % 10}",
        "forced-idr": "1",
        **buffer_options(request),
    }
    if tunes:
        options["tune"] = ",".join(tunes)
    if request.is_quantizer:
        # Every macroblock gets the quantizer of its frame, for every type of both.
        own |= {"qcomp": 1, "ipratio": 1, "pbratio": 1, "mbtree": 0, "aq-mode": 0}
        options["crf"] = str(DEFAULT_QUANTIZER)
    options["x264-params"] = parameters(own)
    only_intra = codec_string.profile_idc in _INTRA_PROFILES and codec_string.constraint_flags & _ONLY_INTRA
    has_b_frames = request.looks_ahead and not codec_string.constraint_flags & _NO_B_SLICES
    return VideoEncoding(
        "libx264",
        request,
        formats,
        options,
        bit_rate=request.bit_rate,
        time_base=_time_base(request),
        max_b_frames=None if has_b_frames else 0,
        key_interval=1 if only_intra else None,
        global_header=not is_annex_b,
        sample_aspect_ratio=request.sample_aspect_ratio,
        set_quantizer=_set_rate_factor if request.is_quantizer else None,
        describe=(lambda _: None) if is_annex_b else _avcc,
    )


def _time_base(request: Request) -> tuple[int, int] | None:
    """The unit of time that libx264 is told of, in seconds; None if it counts frames.

    It states the unit in the stream. So a stream with a frame rate has that one, which readers use. In "realtime" it
    would have to hold back a frame to look at the time.
    """
    is_counting = request.is_realtime or request.is_quantizer or request.is_frame_rate_given
    return None if is_counting else MICROSECONDS


def _set_rate_factor(encoder: Encoder, frame: Frame, quantizer: int) -> None:
    encoder.set_option("crf", str(quantizer))


def _annex_b(extradata: bytes) -> bytes:
    """The parameter sets in Annex B format. Before version 8, FFmpeg has them in the format of the packets."""
    if not is_length_prefixed(extradata, 4):
        return extradata
    return b"".join(b"\0\0\0\x01" + bytes(unit) for unit in length_prefixed_units(extradata, 4))


def _avcc(extradata: bytes) -> bytes:
    # FFmpeg 8 makes the AVCDecoderConfigurationRecord itself.
    return extradata if extradata[:1] == b"\x01" else avcc_from_annex_b(_annex_b(extradata))


def _hvcc(extradata: bytes) -> bytes:
    return extradata if extradata[:1] == b"\x01" else hvcc_from_annex_b(_annex_b(extradata))


#: The general_constraint flags of the format range extensions (H.265 § A.3.5), in the first two of six bytes.
_MAX_12BIT, _MAX_10BIT, _MAX_8BIT, _MAX_422 = 0x08, 0x04, 0x02, 0x01
_MAX_420, _MAX_MONOCHROME, _INTRA, _ONE_PICTURE = 0x80, 0x40, 0x20, 0x10


def _hevc_formats(codec_string: HevcCodecString) -> Sequence[str]:
    """The pixel formats of the profile that libx265 encodes."""
    if codec_string.profile_idc in (1, 2):
        return ("yuv420p",) if codec_string.profile_idc == 1 else ("yuv420p10le",)
    if codec_string.profile_idc != 4 or len(codec_string.constraint_flags) < 2:
        return ()
    first, second = codec_string.constraint_flags[:2]
    if second & (_MAX_MONOCHROME | _INTRA | _ONE_PICTURE) or not first & _MAX_12BIT:
        return ()
    chroma = "420" if second & _MAX_420 else "422" if first & _MAX_422 else "444"
    depths = [""] if first & _MAX_8BIT else ["10le"] if first & _MAX_10BIT else ["12le"]
    # The profiles are Main 12, Main 4:2:2 10, 4:2:2 12, 4:4:4, 4:4:4 10 and 4:4:4 12.
    if (chroma, depths[0]) in (("420", ""), ("420", "10le"), ("422", "")):
        return ()
    return [f"yuv{chroma}p{depth}" for depth in depths]


def hevc_encoding(codec_string: CodecString, config: VideoEncoderConfig, request: Request) -> VideoEncoding | None:
    """HEVC with libx265. The tier and level are the codec string's."""
    assert isinstance(codec_string, HevcCodecString)
    formats = _hevc_formats(codec_string)
    if not formats or not has_encoder("libx265", *formats) or request.temporal_layers > 1 or request.keeps_alpha:
        return None
    is_annex_b = config.get("hevc", {}).get("format", "hevc") == "annexb"
    own: dict[str, object] = {
        "annexb": int(is_annex_b),
        "level-idc": f"{codec_string.level_idc // 30}.{codec_string.level_idc % 30 // 3}",
        "high-tier": codec_string.tier_flag,
        # Key frames are IDR pictures: no later picture refers to an earlier one.
        "open-gop": 0,
        # The stream carries no SEI message with the settings, which would take two kilobytes.
        "info": 0,
    }
    options = {
        "preset": "superfast" if request.is_realtime else "fast",
        "forced-idr": "1",
        **buffer_options(request),
    }
    if request.is_realtime or request.is_quantizer:
        options["tune"] = "zerolatency"
        own |= {"bframes": 0, "rc-lookahead": 0, "frame-threads": 1}
    elif request.looks_ahead:
        own["rc-lookahead"] = _LOOKAHEAD
    else:
        # libx265 itself holds back three.
        own |= {"bframes": 0, "rc-lookahead": MOST_HELD_BACK - 3, "frame-threads": 1}
    if request.is_quantizer:
        # The base is the same for every frame. libx265 applies a frame's offset to it only with adaptive quantization,
        # which is set so weak that it has next to no effect of its own.
        own |= {"qcomp": 1, "ipratio": 1, "pbratio": 1, "cutree": 0, "aq-mode": 1, "aq-strength": "0.0001"}
        options["crf"] = str(DEFAULT_QUANTIZER)
    options["x265-params"] = parameters(own)
    return VideoEncoding(
        "libx265",
        request,
        formats,
        options,
        bit_rate=request.bit_rate,
        global_header=not is_annex_b,
        sample_aspect_ratio=request.sample_aspect_ratio,
        set_quantizer=_offset_quantizer if request.is_quantizer else None,
        describe=(lambda _: None) if is_annex_b else _hvcc,
    )


def _offset_quantizer(encoder: Encoder, frame: Frame, quantizer: int) -> None:
    if quantizer != DEFAULT_QUANTIZER:
        frame.set_quantizer_offset(quantizer - DEFAULT_QUANTIZER, _COARSEST_QUANTIZER)
