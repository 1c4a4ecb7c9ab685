"""The decoders and encoders that the loaded FFmpeg has, and their descriptions."""

from __future__ import annotations

from collections.abc import Iterator
from ctypes import POINTER, byref, c_int, c_void_p, cast
from dataclasses import dataclass
from functools import cache
from itertools import count, takewhile

from ffbind.layout.structures import AVCodecDescriptor, AVProfile
from ffbind.library import Library
from ffbind.loading import load

# Bits of CodecInfo.capabilities.
#: The codec may have output pending at the end of a stream.
CAP_DELAY = 1 << 5
CAP_EXPERIMENTAL = 1 << 9
#: The codec has threads that are not FFmpeg's.
CAP_OTHER_THREADS = 1 << 15

_CONFIG_PIXEL_FORMAT, _CONFIG_SAMPLE_RATE, _CONFIG_SAMPLE_FORMAT = 0, 2, 3
_PROFILE_UNKNOWN = -99


@dataclass(frozen=True)
class CodecInfo:
    """A decoder or an encoder.

    `name` is its own name ("libx264"), `codec_name` that of the codec it implements ("h264"), `type` is "video",
    "audio" and so on, `profiles` has the (number, name) of each profile of the codec. The formats and rates are those
    that an encoder takes; None means that it does not list them.
    """

    name: str
    long_name: str
    codec_name: str
    type: str
    capabilities: int
    profiles: tuple[tuple[int, str], ...]
    pixel_formats: tuple[str, ...] | None
    sample_formats: tuple[str, ...] | None
    sample_rates: tuple[int, ...] | None


def find_decoder(name: str) -> CodecInfo | None:
    """The decoder that Decoder(name) uses: FFmpeg's first choice for a codec of that name, else that of the name."""
    address = resolve(load(), name, encoder=False)
    return describe(address) if address else None


def find_encoder(name: str) -> CodecInfo | None:
    """The encoder that Encoder(name) uses: FFmpeg's first choice for a codec of that name, else that of the name."""
    address = resolve(load(), name, encoder=True)
    return describe(address) if address else None


def decoder_names_for(codec_name: str) -> list[str]:
    """The names of all decoders of a codec, FFmpeg's first choice first."""
    return _names_for(codec_name, encoder=False)


def encoder_names_for(codec_name: str) -> list[str]:
    """The names of all encoders of a codec, FFmpeg's first choice first."""
    return _names_for(codec_name, encoder=True)


def resolve(library: Library, name: str, *, encoder: bool) -> int | None:
    """The address of the AVCodec that a name stands for, or None.

    A name of a codec stands for FFmpeg's first choice: a decoder of the same name may need hardware ("av1").
    """
    kind = "encoder" if encoder else "decoder"
    descriptor = library.avcodec.avcodec_descriptor_get_by_name(name.encode())
    if descriptor:
        number = AVCodecDescriptor.from_address(descriptor).id
        found: int | None = getattr(library.avcodec, f"avcodec_find_{kind}")(number)
        if found and _corrupts_memory(library, found):
            found = next(iter(_codecs_of(library, number, encoder=encoder)), None)
        if found:
            return found
    named: int | None = getattr(library.avcodec, f"avcodec_find_{kind}_by_name")(name.encode())
    return None if named and _corrupts_memory(library, named) else named


def _corrupts_memory(library: Library, address: int) -> bool:
    """Whether opening this codec corrupts memory. ffbind behaves as if there were no such codec.

    FFmpeg 7.1 frees the bit rates of a libaom encoder (ff_dovi_configure() replaces the side data of the context) and
    then writes to them, which ends the process sooner or later if the bit rate is constant.
    """
    is_7_1 = library.codec_major == 61 and library.versions["avcodec"] >= (61, 19, 0)
    return is_7_1 and library.layout.AVCodec.from_address(address).name == b"libaom-av1"


def _names_for(codec_name: str, *, encoder: bool) -> list[str]:
    library = load()
    descriptor = library.avcodec.avcodec_descriptor_get_by_name(codec_name.encode())
    if not descriptor:
        return []
    number = AVCodecDescriptor.from_address(descriptor).id
    codecs = _codecs_of(library, number, encoder=encoder)
    names = [library.layout.AVCodec.from_address(address).name.decode() for address in codecs]
    first = resolve(library, codec_name, encoder=encoder)
    if first:
        preferred = library.layout.AVCodec.from_address(first).name.decode()
        names.sort(key=lambda name: name != preferred)
    return names


def _codecs_of(library: Library, number: int, *, encoder: bool) -> Iterator[int]:
    """The addresses of the decoders or encoders of a codec, by its number, in FFmpeg's order."""
    state = c_void_p()
    while address := library.avcodec.av_codec_iterate(byref(state)):
        is_encoder = bool(library.avcodec.av_codec_is_encoder(address))
        is_of_codec = library.layout.AVCodec.from_address(address).id == number and is_encoder == encoder
        if is_of_codec and not _corrupts_memory(library, address):
            yield address


@cache
def describe(address: int) -> CodecInfo:
    """The description of the AVCodec at an address."""
    library = load()
    codec = library.layout.AVCodec.from_address(address)
    descriptor = AVCodecDescriptor.from_address(library.avcodec.avcodec_descriptor_get(codec.id))
    name_of_pixels, name_of_samples = library.avutil.av_get_pix_fmt_name, library.avutil.av_get_sample_fmt_name
    pixels = _supported(library, address, _CONFIG_PIXEL_FORMAT, "pix_fmts", -1)
    samples = _supported(library, address, _CONFIG_SAMPLE_FORMAT, "sample_fmts", -1)
    rates = _supported(library, address, _CONFIG_SAMPLE_RATE, "supported_samplerates", 0)
    return CodecInfo(
        name=codec.name.decode(),
        long_name=(codec.long_name or b"").decode(),
        codec_name=descriptor.name.decode(),
        type=(library.avutil.av_get_media_type_string(codec.type) or b"unknown").decode(),
        capabilities=codec.capabilities,
        profiles=tuple(_profiles(descriptor.profiles)),
        pixel_formats=None if pixels is None else tuple(name_of_pixels(number).decode() for number in pixels),
        sample_formats=None if samples is None else tuple(name_of_samples(number).decode() for number in samples),
        sample_rates=None if rates is None else tuple(rates),
    )


def _profiles(address: int | None) -> Iterator[tuple[int, str]]:
    if address:
        profiles = cast(address, POINTER(AVProfile))
        for index in count():
            if profiles[index].profile == _PROFILE_UNKNOWN:
                return
            yield profiles[index].profile, profiles[index].name.decode()


def _supported(library: Library, codec: int, config: int, field: str, end: int) -> list[int] | None:
    """The values in one of the lists of formats or rates that a codec supports; None if the codec has no such list."""
    if library.avcodec.has("avcodec_get_supported_config"):
        pointer, length = c_void_p(), c_int()
        # It fails for lists that do not apply to the codec's type.
        if library.avcodec.avcodec_get_supported_config(None, codec, config, 0, byref(pointer), byref(length)) < 0:
            return None
        return (c_int * length.value).from_address(pointer.value)[:] if pointer.value else None
    address = getattr(library.layout.AVCodec.from_address(codec), field)
    if not address:
        return None
    array = cast(address, POINTER(c_int))
    return list(takewhile(lambda value: value != end, (array[index] for index in count())))
