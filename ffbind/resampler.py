"""Converting sample formats, rates and numbers of channels, with libswresample."""

from __future__ import annotations

from ctypes import byref, c_void_p

from ffbind.exclusive import Exclusive
from ffbind.formats import sample_format
from ffbind.frame import Frame
from ffbind.layout.structures import AVChannelLayout
from ffbind.library import Library
from ffbind.loading import load


class Resampler(Exclusive):
    """From samples of one format (FFmpeg's name), rate (a second) and number of channels to those of another.

    Channels are mixed as libswresample does for the usual layout of each number. Raises ValueError for what cannot be
    converted.
    """

    def __init__(
        self,
        src_format: str,
        src_rate: int,
        src_channels: int,
        dst_format: str,
        dst_rate: int,
        dst_channels: int,
    ) -> None:
        library = load()
        self._source = src_format, src_rate, src_channels
        self._destination = dst_format, dst_rate, dst_channels
        numbers = sample_format(src_format).number, sample_format(dst_format).number
        if min(src_rate, dst_rate, src_channels, dst_channels) < 1:
            raise ValueError("there must be at least one channel, and one sample a second")
        context = self._allocate(library, *numbers)
        if not context:
            raise MemoryError
        super().__init__(context)
        code = library.swresample.swr_init(context)
        if code < 0:
            self.close()
            error = library.error(code, "swr_init")
            raise ValueError(f"libswresample cannot convert {self._source} to {self._destination}: {error}")

    def _allocate(self, library: Library, src_number: int, dst_number: int) -> int | None:
        (_, src_rate, src_channels), (_, dst_rate, dst_channels) = self._source, self._destination
        if not library.swresample.has("swr_alloc_set_opts2"):
            source, destination = map(library.avutil.av_get_default_channel_layout, (src_channels, dst_channels))
            settings = None, destination, dst_number, dst_rate, source, src_number, src_rate, 0, None
            context: int | None = library.swresample.swr_alloc_set_opts(*settings)
            return context
        source, destination = AVChannelLayout(), AVChannelLayout()
        library.avutil.av_channel_layout_default(byref(source), src_channels)
        library.avutil.av_channel_layout_default(byref(destination), dst_channels)
        pointer = c_void_p()
        library.swresample.swr_alloc_set_opts2(
            byref(pointer), byref(destination), dst_number, dst_rate, byref(source), src_number, src_rate, 0, None
        )
        return pointer.value

    def _free(self, address: int) -> None:
        load().swresample.swr_free(byref(c_void_p(address)))

    def convert(self, frame: Frame | None) -> Frame | None:
        """The samples that `frame` leads to, or with None those held back at the end; None if there are none.

        A conversion between rates holds back some, and what it gives has no timestamp; where the rate stays the same,
        timestamp and duration do. Raises ValueError if the frame is not what the resampler is for.
        """
        library = load()
        count, planes = 0, None
        if frame is not None:
            if (frame.format, frame.sample_rate, frame.channels) != self._source:
                raise ValueError(f"this resampler is for {self._source}, not {frame!r}")
            count, planes = frame.nb_samples, frame.fields.extended_data
        with self._turn:
            most = library.swresample.swr_get_out_samples(self.address, count)
            library.check(most, "swr_get_out_samples")
            if most == 0:
                return None
            format, rate, channels = self._destination
            result = Frame.audio(most, format, channels, rate)
            code = library.swresample.swr_convert(self.address, result.fields.extended_data, most, planes, count)
            given = library.check(code, "swr_convert")
            if frame is None:
                # Ready for other samples, as nothing of these is left.
                library.check(library.swresample.swr_init(self.address), "swr_init")
        if given == 0:
            result.close()
            return None
        result.fields.nb_samples = given
        if frame is not None and self._source[1] == self._destination[1]:
            result.pts, result.duration = frame.pts, frame.duration
        return result
