"""Decodes the samples of an AVIF image or sequence, in any order."""

from collections.abc import Callable, Sequence
from typing import Final

from codecmodel.image_files.av1_images import ImageProperties
from codecmodel.image_files.avif import AvifFile, CodedImages
from codecmodel.image_files.avif_tracks import Sample
from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.ffmpeg.pixel_limit import PixelLimit
from codecmodel.platform.threads import picture_threads
from ffbind import Decoder, DecoderSettings, Frame, StreamHeader, find_decoder

_DECODERS: Final = ("libdav1d", "libaom-av1")
#: Images of fewer pixels are not worth a second thread.
_SMALL: Final = 320 * 240
#: The most bytes of frames that are kept to step backwards, and the most frames.
_KEPT_BYTES: Final = 1 << 26
_KEPT_FRAMES: Final = 256


def av1_decoder() -> str | None:
    """FFmpeg's name of its decoder for AV1, if it has one."""
    return next((name for name in _DECODERS if find_decoder(name) is not None), None)


def close_all(frames: Sequence[Frame]) -> None:
    """Close frames."""
    for frame in frames:
        frame.close()


class SampleDecoder:
    """Decodes samples in any order.

    To go forward it continues where it is. To go backward it has to start at a key frame again, so then it keeps the
    frames that it comes by, as many as a limit on their memory allows.
    """

    def __init__(self, limit: PixelLimit) -> None:
        self._limit = limit
        self._decoder: Decoder | None = None
        self._samples: tuple[Sample, ...] = ()
        self._next = 0
        self._kept: dict[int, Frame] = {}

    def close(self) -> None:
        """Close the decoder, and the frames that are kept."""
        self._close_decoder()
        self._forget()

    def _close_decoder(self) -> None:
        if self._decoder is not None:
            self._decoder.close()
            self._decoder = None

    def _forget(self) -> None:
        close_all(list(self._kept.values()))
        self._kept.clear()

    def frame(self, file: AvifFile, images: CodedImages, index: int, is_aborted: Callable[[], bool]) -> Frame:
        """The frame of a sample. Raises CodecError, FFbindError."""
        samples = images.samples
        if self._samples is not samples:
            self.close()
            self._samples, self._next = samples, 0
        # For speed: it was decoded on the way to a later one.
        if index in self._kept:
            return self._kept[index].ref()
        start = images.first_needed[index]
        goes_backward = self._decoder is not None and index < self._next
        if self._decoder is not None and start <= self._next <= index:
            start = self._next
        else:
            self._close_decoder()
            self._decoder = self._opened(images.properties)
        self._forget()
        # If decoding fails on the way, it begins anew next time.
        self._next = len(samples)
        for number in range(start, index):
            if number > start and is_aborted():
                raise CodecError("the frame is no longer wanted")
            frames = self._decoder.decode(_data(file, samples[number]), number)
            # For speed: the program steps backwards, and may want this frame soon.
            if goes_backward and len(frames) == 1:
                self._keep(number, index, frames[0])
            else:
                close_all(frames)
        if index > start and is_aborted():
            raise CodecError("the frame is no longer wanted")
        frames = self._decoder.decode(_data(file, samples[index]), index)
        if frames:
            self._next = index + 1
        else:
            frames = self._decoder.drain()
        return self._best(frames)

    def _keep(self, number: int, index: int, frame: Frame) -> None:
        """Keep a frame on the way to another, if it is near enough to that."""
        size = sum(plane.stride * plane.height for plane in frame.planes())
        if index - number <= min(_KEPT_FRAMES, _KEPT_BYTES // size):
            self._kept[number] = frame
        else:
            frame.close()

    def _best(self, frames: Sequence[Frame]) -> Frame:
        """An image in layers gives the best of them last."""
        if not frames:
            raise CodecError("there is no frame in the data")
        close_all(frames[:-1])
        frame = frames[-1]
        width, height, is_damaged = frame.width, frame.height, frame.corrupt or frame.decode_error_flags
        if is_damaged or not self._limit.allows(width, height):
            frame.close()
            raise CodecError("the frame is damaged" if is_damaged else self._limit.refusal(width, height))
        return frame

    def _opened(self, properties: ImageProperties) -> Decoder:
        name = av1_decoder()
        assert name is not None, "the type is supported"
        width, height = properties.size or (0, 0)
        self._limit.check(width, height)
        threads = 1 if width * height <= _SMALL else picture_threads()
        header = StreamHeader(extradata=properties.configuration or b"")
        settings = DecoderSettings(threads=threads, thread_type="slice", low_delay=True)
        return Decoder(name, header, settings, options=self._limit.options)


def _data(file: AvifFile, sample: Sample) -> bytes:
    data = file.packet(sample)
    if not data:
        raise CodecError("a frame has no data")
    return data
