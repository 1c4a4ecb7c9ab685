"""The families of programs, and the program of a seed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from conformance.campaigns.case import Case, Part
from conformance.differ import codecs, raw_media


@dataclass(frozen=True)
class Family:
    """How the programs of a family are drawn. With state, what follows a difference counts no more."""

    draw: Callable[[Random], list[Part]]
    meaning: str
    has_state: bool = False


FAMILIES: Final[Mapping[str, Family]] = {
    "chunk": Family(raw_media.draw_chunk, "encoded chunks, and copies of their data"),
    "audio-data": Family(raw_media.draw_audio_data, "audio data, clones and closing"),
    "audio-data-copy": Family(raw_media.draw_audio_data_copy, "copies of audio data, and conversions"),
    "video-frame": Family(raw_media.draw_video_frame, "frames of bytes and of frames, clones and closing"),
    "video-frame-copy": Family(raw_media.draw_video_frame_copy, "copies of frames: rectangles and layouts"),
    "video-frame-conversion": Family(raw_media.draw_video_frame_conversion, "copies of frames in RGB formats"),
    "color-space": Family(raw_media.draw_color_space, "colour spaces, alone and of frames"),
    "config-support": Family(codecs.draw_config_support, "isConfigSupported() of valid and invalid configurations"),
    "type-support": Family(codecs.draw_type_support, "isTypeSupported() of types in odd spellings"),
    "image": Family(codecs.draw_image, "ImageDecoder on whole files", has_state=True),
    "audio-decoder": Family(codecs.draw_audio_decoder, "calls on an AudioDecoder", has_state=True),
    "video-decoder": Family(codecs.draw_video_decoder, "calls on a VideoDecoder", has_state=True),
    "audio-encoder": Family(codecs.draw_audio_encoder, "calls on an AudioEncoder", has_state=True),
    "video-encoder": Family(codecs.draw_video_encoder, "calls on a VideoEncoder", has_state=True),
}


def drawn(family: str, seed: int) -> Case:
    """The program of a family that a seed gives, always the same."""
    return Case(family, tuple(FAMILIES[family].draw(Random(f"{seed}/{family}"))))
