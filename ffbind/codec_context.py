"""The common part of decoders and encoders: an AVCodecContext is made, set up, opened, read and freed."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from ctypes import byref
from functools import partial

from ffbind import ownership
from ffbind.codecs import CodecInfo, describe, resolve
from ffbind.dictionaries import options as as_dictionary
from ffbind.errors import AVERROR_DECODER_NOT_FOUND, AVERROR_ENCODER_NOT_FOUND
from ffbind.exclusive import Exclusive
from ffbind.formats import pixel_format_of, sample_format_of
from ffbind.layout.structures import AVCodecContext, AVCodecParameters
from ffbind.library import Library
from ffbind.loading import load
from ffbind.ownership import refusal, store_result

#: Bytes of memory after the data that FFmpeg's parsers may read.
INPUT_PADDING = 64


def find_codec(library: Library, name: str, *, encoder: bool) -> int:
    """The address of the AVCodec that a name stands for. Raises FFmpegError if there is none."""
    address = resolve(library, name, encoder=encoder)
    if not address:
        kind, code = ("encoder", AVERROR_ENCODER_NOT_FOUND) if encoder else ("decoder", AVERROR_DECODER_NOT_FOUND)
        raise library.error(code, f"avcodec_find_{kind}({name!r})")
    return address


def fill_extradata(library: Library, fields: AVCodecContext | AVCodecParameters, extradata: bytes) -> None:
    """Give a structure a copy of a codec's out-of-band header, which is freed with it. Raises MemoryError."""
    store_result(partial(setattr, fields, "extradata"), library.avutil.av_mallocz, len(extradata) + INPUT_PADDING)
    ctypes.memmove(fields.extradata or 0, extradata, len(extradata))
    fields.extradata_size = len(extradata)


class CodecContext(Exclusive):
    """An AVCodecContext. One call at a time may use it; its properties can be read during a call."""

    codec: CodecInfo
    _library: Library
    _fields: AVCodecContext
    #: Whether the codec is opened and freed in microseconds.
    _is_brief = False

    def __init__(self, codec: int) -> None:
        self._library = load()
        self.codec = describe(codec)
        self._codec_address = codec
        super().__init__()
        self.acquire(self._library.avcodec.avcodec_alloc_context3, codec)
        self._fields = self._structure(self.address)

    def _structure(self, address: int) -> AVCodecContext:
        return self._library.layout.AVCodecContext.from_address(address)

    def _free(self) -> None:
        if self._pointer:
            avcodec = self._library.avcodec
            free = avcodec.avcodec_free_context_keeping_gil if self._is_brief else avcodec.avcodec_free_context
            free(byref(self._pointer))

    def _set(self, **values: object) -> None:
        for field, value in values.items():
            setattr(self._fields, field, value)

    def _set_extradata(self, extradata: bytes) -> None:
        if extradata:
            fill_extradata(self._library, self._fields, extradata)

    def _open(self, options: Mapping[str, str]) -> None:
        """Open the codec. Raises FFmpegError, and ValueError for options it does not have."""
        library = self._library
        open_codec = library.avcodec.avcodec_open2_keeping_gil if self._is_brief else library.avcodec.avcodec_open2
        context, what = ctypes.addressof(self._fields), f"avcodec_open2({self.codec.name})"
        if not options:
            library.check(open_codec(context, self._codec_address, None), what)
            return
        with as_dictionary(library, options) as dictionary:
            library.check(open_codec(context, self._codec_address, byref(dictionary)), what)

    @property
    def fields(self) -> AVCodecContext:
        """The AVCodecContext as a structure."""
        if self._generation != ownership.generation or not self._address:
            raise refusal(self, self._generation)
        return self._fields

    @property
    def width(self) -> int:
        """Width in pixels; 0 while unknown."""
        return self.fields.width

    @property
    def height(self) -> int:
        """Height in pixels; 0 while unknown."""
        return self.fields.height

    @property
    def format(self) -> str | None:
        """FFmpeg's name of the pixel format or sample format; None while unknown."""
        fields = self.fields
        if self.codec.type == "audio":
            return sample_format_of(fields.sample_fmt).name if fields.sample_fmt >= 0 else None
        return pixel_format_of(fields.pix_fmt).name if fields.pix_fmt >= 0 else None

    @property
    def sample_rate(self) -> int:
        """Samples a second; 0 while unknown."""
        return self.fields.sample_rate

    @property
    def channels(self) -> int:
        """Number of channels; 0 while unknown."""
        fields = self.fields
        return fields.ch_layout.nb_channels if hasattr(fields, "ch_layout") else fields.channels

    @property
    def delay(self) -> int:
        """The frames or samples by which the output lags behind the input, according to the codec."""
        return self.fields.delay

    @property
    def has_b_frames(self) -> int:
        """The number of pictures that the decoder holds back to put them in order."""
        return self.fields.has_b_frames

    @property
    def profile(self) -> int:
        """The profile's number, as in `codec.profiles`; -99 while unknown."""
        return self.fields.profile

    @property
    def level(self) -> int:
        """The level's number in the codec's own counting; -99 while unknown."""
        return self.fields.level

    @property
    def thread_count(self) -> int:
        """The number of threads that the codec was given."""
        return self.fields.thread_count

    @property
    def extradata(self) -> bytes:
        """A copy of the codec's out-of-band header, empty if it has none."""
        fields = self.fields
        return ctypes.string_at(fields.extradata, fields.extradata_size) if fields.extradata else b""
