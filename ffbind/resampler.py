"""Converting sample formats, rates and numbers of channels, with libswresample."""

from __future__ import annotations

from ctypes import byref

from ffbind.channel_layouts import channel_mask, new_channel_layout, require_channel_mask
from ffbind.codec_settings import SampleParameters
from ffbind.exclusive import Exclusive
from ffbind.formats import sample_format
from ffbind.frame import Frame
from ffbind.library import Library
from ffbind.loading import load


class Resampler(Exclusive):
    """From samples of one format, rate and number of channels to those of another.

    Channels are mixed by their masks. A mix is normalised: the sum of all weights of an output channel is at most 1, so
    that a mix of full-scale samples does not exceed full scale. Raises ValueError for what cannot be converted.
    """

    def __init__(self, source: SampleParameters, destination: SampleParameters) -> None:
        library = load()
        self._source, self._destination = source, destination
        for samples in (source, destination):
            if min(samples.sample_rate, samples.channels) < 1:
                raise ValueError("there must be at least one channel, and one sample a second")
            require_channel_mask(samples.channels, samples.channel_mask)
        super().__init__()
        self._allocate(library)
        context = self.address
        # Without this, libswresample does not normalise mixes of floating-point samples.
        library.check(library.avutil.av_opt_set(context, b"rematrix_maxval", b"1", 0), "av_opt_set")
        code = library.swresample.swr_init(context)
        if code < 0:
            self.close()
            error = library.error(code, "swr_init")
            raise ValueError(f"libswresample cannot convert {source} to {destination}: {error}")

    def _allocate(self, library: Library) -> None:
        source, destination = self._source, self._destination
        given, wanted = sample_format(source.format).number, sample_format(destination.format).number
        if not library.swresample.has("swr_alloc_set_opts2"):
            self.acquire(
                library.swresample.swr_alloc_set_opts,
                None,
                *(channel_mask(library, destination.channels, destination.channel_mask), wanted),
                destination.sample_rate,
                *(channel_mask(library, source.channels, source.channel_mask), given, source.sample_rate),
                *(0, None),
            )
            return
        layout_given = new_channel_layout(library, source.channels, source.channel_mask)
        layout_wanted = new_channel_layout(library, destination.channels, destination.channel_mask)
        library.swresample.swr_alloc_set_opts2(
            byref(self._pointer),
            *(byref(layout_wanted), wanted, destination.sample_rate),
            *(byref(layout_given), given, source.sample_rate),
            *(0, None),
        )
        if not self._pointer:
            raise MemoryError
        self.count()

    def _free(self) -> None:
        load().swresample.swr_free(byref(self._pointer))

    def convert(self, frame: Frame | None) -> Frame | None:
        """The samples that come out for `frame`, or with None those held back at the end; None if there are none.

        A conversion of the rate holds back some samples, and its output has no timestamps. Otherwise the output has the
        timestamp and duration of the frame. Raises ValueError if the frame is not as the resampler's source.
        """
        library = load()
        count, planes = 0, None
        if frame is not None:
            given = SampleParameters(frame.format, frame.sample_rate, frame.channels, self._source.channel_mask)
            if given != self._source:
                raise ValueError(f"this resampler is for {self._source}, not {frame!r}")
            count, planes = frame.nb_samples, frame.fields.extended_data
        with self._turn:
            most = library.swresample.swr_get_out_samples(self.address, count)
            library.check(most, "swr_get_out_samples")
            if most == 0:
                return None
            to = self._destination
            result = Frame.audio(most, to.format, to.channels, to.sample_rate, to.channel_mask)
            code = library.swresample.swr_convert(self.address, result.fields.extended_data, most, planes, count)
            count = library.check(code, "swr_convert")
            if frame is None:
                # The resampler is now ready for other samples.
                library.check(library.swresample.swr_init(self.address), "swr_init")
        if count == 0:
            result.close()
            return None
        result.fields.nb_samples = count
        if frame is not None and self._source.sample_rate == self._destination.sample_rate:
            result.pts, result.duration = frame.pts, frame.duration
        return result
