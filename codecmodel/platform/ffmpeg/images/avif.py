"""Decoding AVIF."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from codecmodel.image_files.av1_images import ImageProperties
from codecmodel.image_files.avif import AvifFile, AvifTrack, CodedImages, first_needed
from codecmodel.image_files.avif_tracks import Sample
from codecmodel.image_files.colors import FULL, LIMITED, SRGB, UNSPECIFIED, ImageColors
from codecmodel.image_files.icc import profile_colors
from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.ffmpeg.images.grid import assembled, read_grid
from codecmodel.platform.ffmpeg.images.pixels import image_resource
from codecmodel.platform.image_decoder_implementation import (
    DecodedImage,
    EncodedImageFrame,
    ImageTrackDescription,
    ImageTracks,
)
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS, VideoPixelFormat
from codecmodel.raw_media.plane_copy import copy_planes
from codecmodel.raw_media.plane_layout import ComputedPlaneLayout
from codecmodel.raw_media.resource_protocols import Plane, VideoResource
from ffbind import Decoder, DecoderSettings, Frame, StreamHeader, find_decoder, pixel_format

_DECODERS: Final = ("libdav1d", "libaom-av1")
#: Images of fewer pixels are not worth a second thread.
_SMALL: Final = 320 * 240
_MAXIMUM_THREADS: Final = 16


def av1_decoder() -> str | None:
    """FFmpeg's name of its decoder for AV1, if it has one."""
    return next((name for name in _DECODERS if find_decoder(name) is not None), None)


class AvifImage:
    """An AVIF, decoded. Alpha is an image, or sequence, of its own, which is put beside the planes of the other."""

    def __init__(self, *, ignores_colors: bool) -> None:
        self._file = AvifFile()
        self._ignores_colors = ignores_colors
        self._color = SampleDecoder()
        self._alpha = SampleDecoder()

    def read(self, data: bytes | bytearray | memoryview, *, is_complete: bool) -> None:
        """Read on in all data that has arrived."""
        self._file.read(data, is_complete=is_complete)

    def tracks(self) -> ImageTracks | None:
        tracks = self._file.tracks
        if tracks is None:
            return None
        descriptions = [
            ImageTrackDescription(track.is_sequence, len(track.color.samples), track.repetition_count)
            for track in tracks
        ]
        return ImageTracks(descriptions, self._file.primary)

    def frame(self, track: int, frame_index: int) -> EncodedImageFrame:
        file = self._file
        assert file.tracks, "the track is one of the file's"
        color, alpha = file.tracks[track].color, file.tracks[track].alpha
        if frame_index >= len(color.samples):
            return EncodedImageFrame("incomplete")
        if alpha is not None and frame_index >= len(alpha.samples):
            return EncodedImageFrame("malformed")
        if file.has(color, frame_index) and (alpha is None or file.has(alpha, frame_index)):
            return EncodedImageFrame("complete")
        return EncodedImageFrame("malformed" if file.is_complete else "incomplete")

    def decode(self, track: int, frame_index: int, is_aborted: Callable[[], bool]) -> DecodedImage:
        assert self._file.tracks, "the track is one of the file's"
        chosen = self._file.tracks[track]
        sample = chosen.color.samples[frame_index]
        resource = self._resource(chosen, frame_index, is_aborted)
        rotation, flip = chosen.color.properties.orientation
        if not chosen.is_sequence:
            return DecodedImage(resource, rotation=rotation, flip=flip)
        return DecodedImage(resource, sample.timestamp, sample.duration, rotation=rotation, flip=flip)

    def _resource(self, track: AvifTrack, index: int, is_aborted: Callable[[], bool]) -> VideoResource:
        frame = self._frame(self._color, track.color, index, is_aborted)
        color = image_resource(frame, self._colors(track, frame))
        if track.alpha is None:
            return color
        try:
            return with_alpha(color, self._frame(self._alpha, track.alpha, index, is_aborted))
        except BaseException:
            color.release()
            raise

    def _frame(self, decoder: SampleDecoder, images: CodedImages, index: int, is_aborted: Callable[[], bool]) -> Frame:
        if not images.tiles:
            return decoder.frame(self._file, images.samples, images.properties, index, is_aborted)
        grid = read_grid(self._file.packet(images.samples[index]))
        if len(images.tiles) != grid.rows * grid.columns:
            raise CodecError("there are not as many tiles as the grid has places")
        frames: list[Frame] = []
        try:
            for tile in images.tiles:
                samples = (Sample(tile.parts, 0, 0, True),)
                frames.append(decoder.frame(self._file, samples, tile.properties, 0, is_aborted))
                if is_aborted():
                    raise CodecError("nobody wants the frame any more")
            return assembled(grid, frames)
        finally:
            decoder.close()
            _close(frames)

    def _colors(self, track: AvifTrack, frame: Frame) -> ImageColors:
        """What the file says, else the bitstream, else what images without a description have (MIAF § 7.3.6.4)."""
        nclx = track.color.properties.nclx
        matrix, range = frame.colorspace, frame.color_range or LIMITED
        primaries, transfer = frame.color_primaries, frame.color_trc
        if nclx is not None:
            primaries, transfer = nclx.primaries, nclx.transfer
            matrix, range = nclx.matrix, FULL if nclx.is_full_range else LIMITED
        if matrix == UNSPECIFIED:
            matrix = SRGB.matrix
        if self._ignores_colors:
            primaries, transfer = SRGB.primaries, SRGB.transfer
        elif track.color.properties.profile is not None:
            primaries, transfer, _, _ = profile_colors(track.color.properties.profile)
        else:
            primaries = SRGB.primaries if primaries == UNSPECIFIED else primaries
            transfer = SRGB.transfer if transfer == UNSPECIFIED else transfer
        return ImageColors(primaries, transfer, matrix, range)

    def release(self) -> None:
        self._color.close()
        self._alpha.close()


class SampleDecoder:
    """Decodes samples of an image or a sequence in any order; going forward it goes on where it is."""

    def __init__(self) -> None:
        self._decoder: Decoder | None = None
        self._samples: tuple[Sample, ...] = ()
        self._next = 0

    def close(self) -> None:
        """Close the decoder."""
        if self._decoder is not None:
            self._decoder.close()
            self._decoder = None

    def frame(
        self,
        file: AvifFile,
        samples: tuple[Sample, ...],
        properties: ImageProperties,
        index: int,
        is_aborted: Callable[[], bool],
    ) -> Frame:
        """The frame of a sample. Raises CodecError, FFbindError."""
        start = first_needed(samples, index)
        if self._decoder is not None and self._samples is samples and start <= self._next <= index:
            start = self._next
        else:
            self.close()
            self._decoder = _open(properties)
            self._samples = samples
        decoder = self._decoder
        # If decoding fails on the way, it begins anew next time.
        self._next = len(samples)
        for number in range(start, index + 1):
            if number > start and is_aborted():
                raise CodecError("nobody wants the frame any more")
            data = file.packet(samples[number])
            if not data:
                raise CodecError("a frame without data")
            frames = decoder.decode(data, number)
            if number < index:
                _close(frames)
        if frames:
            self._next = index + 1
        else:
            frames = decoder.drain()
        if not frames:
            raise CodecError("there is no frame in the data")
        # An image in layers gives the best of them last.
        _close(frames[:-1])
        frame = frames[-1]
        if frame.corrupt or frame.decode_error_flags:
            frame.close()
            raise CodecError("the frame is damaged")
        return frame


def _open(properties: ImageProperties) -> Decoder:
    name = av1_decoder()
    assert name is not None, "the type is supported"
    width, height = properties.size or (0, 0)
    threads = 1 if width * height <= _SMALL else min(_MAXIMUM_THREADS, os.cpu_count() or 1)
    header = StreamHeader(extradata=properties.configuration or b"")
    return Decoder(name, header, DecoderSettings(threads=threads, thread_type="slice", low_delay=True))


def _close(frames: Sequence[Frame]) -> None:
    for frame in frames:
        frame.close()


class ResourceWithAlpha:
    """Planes of colour and a further one of alpha, of another frame. Takes over both."""

    def __init__(self, format: VideoPixelFormat, color: VideoResource, alpha: Frame, alpha_plane: Plane) -> None:
        self._color = color
        self._alpha = alpha
        self._alpha_plane: Plane | None = alpha_plane
        self.format = format
        self.coded_size = color.coded_size
        self.visible_rect = color.visible_rect
        self.display_size = color.display_size
        self.color_space = color.color_space
        self.chroma_location = color.chroma_location

    def planes(self) -> Sequence[Plane]:
        assert self._alpha_plane is not None, "not released"
        return [*self._color.planes(), self._alpha_plane]

    def copy_planes(self, layouts: Sequence[ComputedPlaneLayout], destination: memoryview) -> None:
        copy_planes(self.planes(), layouts, destination)

    def release(self) -> None:
        self._alpha_plane = None
        self._color.release()
        self._alpha.close()


def with_alpha(color: VideoResource, alpha: Frame) -> ResourceWithAlpha:
    """The image with its alpha, which is luma. Raises CodecError, and closes ``alpha`` then, if they don't match."""
    format = next(
        name
        for name, description in PIXEL_FORMATS.items()
        if name != color.format and description.equivalent_opaque_format == color.format
    )
    depth = PIXEL_FORMATS[format].bit_depth
    sample_bytes = 1 if depth == 8 else 2
    plane = alpha.planes()[0]
    is_of_size = (alpha.width, alpha.height) == color.coded_size
    if not is_of_size or pixel_format(alpha.format).components[0].depth != depth:
        alpha.close()
        raise CodecError("alpha is of another size or depth than the image")
    if alpha.color_range != LIMITED:
        return ResourceWithAlpha(format, color, alpha, Plane(plane.data, plane.stride))
    kind = "u1" if depth == 8 else "<u2"
    strides = plane.stride, sample_bytes
    samples = np.ndarray((alpha.height, alpha.width), kind, plane.data, 0, strides).astype(np.int32)
    scale, most = 1 << depth - 8, (1 << depth) - 1
    full = np.clip((samples - 16 * scale) * most / (219 * scale) + 0.5, 0, most).astype(kind)
    data = full.view(np.uint8).reshape(-1).data.toreadonly()
    return ResourceWithAlpha(format, color, alpha, Plane(data, alpha.width * sample_bytes))
