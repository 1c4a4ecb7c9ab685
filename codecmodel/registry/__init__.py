"""The codec registry, with a module for each registration. All functions are pure, and take strings and bytes."""

from functools import lru_cache
from typing import Final

from codecmodel.algorithm import algorithm
from codecmodel.registry.aac import AacCodecString, AacRegistration
from codecmodel.registry.alaw import ALAW_REGISTRATION
from codecmodel.registry.av1 import Av1CodecString, Av1Registration
from codecmodel.registry.avc import AvcCodecString, AvcRegistration, first_avc_sps
from codecmodel.registry.codec_string import CodecString, Data, InvalidDescription, Registration
from codecmodel.registry.flac import FlacRegistration
from codecmodel.registry.hevc import HevcCodecString, HevcRegistration
from codecmodel.registry.mp3 import MP3_REGISTRATION
from codecmodel.registry.opus import OpusRegistration
from codecmodel.registry.pcm import PcmCodecString, PcmRegistration
from codecmodel.registry.ulaw import ULAW_REGISTRATION
from codecmodel.registry.vorbis import VorbisRegistration
from codecmodel.registry.vp8 import Vp8Registration
from codecmodel.registry.vp9 import Vp9CodecString, Vp9Registration

__all__ = [
    "REGISTRATIONS",
    "AacCodecString",
    "Av1CodecString",
    "AvcCodecString",
    "CodecString",
    "HevcCodecString",
    "InvalidDescription",
    "PcmCodecString",
    "Registration",
    "Vp9CodecString",
    "first_avc_sps",
    "is_key_chunk",
    "parse_codec_string",
    "registration_of",
]

#: The registrations in the order of the registry, with audio first.
REGISTRATIONS: Final[tuple[Registration, ...]] = (
    FlacRegistration(),
    MP3_REGISTRATION,
    AacRegistration(),
    OpusRegistration(),
    VorbisRegistration(),
    ULAW_REGISTRATION,
    ALAW_REGISTRATION,
    PcmRegistration(),
    Av1Registration(),
    AvcRegistration(),
    HevcRegistration(),
    Vp8Registration(),
    Vp9Registration(),
)
_BY_CODEC: Final = {registration.codec: registration for registration in REGISTRATIONS}


@lru_cache(maxsize=256)
@algorithm("valid-codec-string")
def parse_codec_string(string: str) -> CodecString | None:
    """Parse a codec string. The result is None if it is not a valid codec string of any registration.

    Case and white space count, so " vp8" is not valid.
    """
    # 1. to 3. A registration accepts a string only if its profile, level and constraints are complete and exist.
    for registration in REGISTRATIONS:
        codec_string = registration.parse(string)
        if codec_string is not None:
            return codec_string
    return None


def registration_of(codec_string: CodecString) -> Registration:
    """The registration that the codec string belongs to."""
    return _BY_CODEC[codec_string.codec]


# Spec: key-chunk
def is_key_chunk(string: str, description: bytes | None, data: Data) -> bool | None:
    """Whether ``data`` is a key chunk of that codec; None if that cannot be told, as for an invalid codec string."""
    codec_string = parse_codec_string(string)
    return None if codec_string is None else registration_of(codec_string).is_key_chunk(description, data)
