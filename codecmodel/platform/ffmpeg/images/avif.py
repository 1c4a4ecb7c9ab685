"""Decoding AVIF."""

from collections.abc import Callable
from typing import Final

from codecmodel.image_files.avif import AvifFile, AvifTrack, CodedImages
from codecmodel.image_files.avif_tracks import Sample
from codecmodel.image_files.colors import FULL, LIMITED, SRGB, UNSPECIFIED, ImageColors
from codecmodel.image_files.icc import profile_colors
from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.ffmpeg.images.avif_alpha import unpremultiplied, with_alpha
from codecmodel.platform.ffmpeg.images.avif_samples import SampleDecoder, close_all
from codecmodel.platform.ffmpeg.images.grid import assembled, read_grid
from codecmodel.platform.ffmpeg.images.pixels import image_resource
from codecmodel.platform.ffmpeg.pixel_limit import PixelLimit
from codecmodel.platform.image_decoder_implementation import (
    DecodedImage,
    EncodedImageFrame,
    ImageTrackDescription,
    ImageTracks,
)
from codecmodel.raw_media.chroma import ChromaLocation
from codecmodel.raw_media.resource_protocols import VideoResource
from codecmodel.registry.av1 import first_sequence_header
from ffbind import Frame

#: By chroma_sample_position (AV1 § 6.4.2). Where it is unknown, libavif and browsers take chroma to be amid luma.
_CHROMA_LOCATIONS: Final[dict[int, ChromaLocation]] = {1: "left", 2: "topleft"}


class AvifImage:
    """An AVIF, decoded. Alpha is an image, or a sequence, of its own."""

    def __init__(self, limit: PixelLimit, *, ignores_colors: bool) -> None:
        self.file = AvifFile()
        self._limit = limit
        self._ignores_colors = ignores_colors
        self._color = SampleDecoder(limit)
        self._alpha = SampleDecoder(limit)

    def tracks(self) -> ImageTracks | None:
        tracks = self.file.tracks
        if tracks is None:
            return None
        descriptions = [
            ImageTrackDescription(track.is_sequence, len(track.color.samples), track.repetition_count)
            for track in tracks
        ]
        return ImageTracks(descriptions, self.file.primary)

    def frame(self, track: int, frame_index: int) -> EncodedImageFrame:
        file = self.file
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
        assert self.file.tracks, "the track is one of the file's"
        chosen = self.file.tracks[track]
        sample = chosen.color.samples[frame_index]
        resource = self._resource(chosen, frame_index, is_aborted)
        rotation, flip = chosen.color.properties.orientation
        if not chosen.is_sequence:
            return DecodedImage(resource, rotation=rotation, flip=flip)
        return DecodedImage(resource, sample.timestamp, sample.duration, rotation=rotation, flip=flip)

    def _resource(self, track: AvifTrack, index: int, is_aborted: Callable[[], bool]) -> VideoResource:
        frame = self._frame(self._color, track.color, index, is_aborted)
        colors = self._colors(track.color, frame)
        color = image_resource(frame, colors, "YCbCr", is_opaque=False)
        if track.alpha is None:
            return color
        try:
            result = with_alpha(color, self._frame(self._alpha, track.alpha, index, is_aborted))
        except BaseException:
            color.release()
            raise
        return unpremultiplied(result, colors) if track.is_premultiplied else result

    def _frame(self, decoder: SampleDecoder, images: CodedImages, index: int, is_aborted: Callable[[], bool]) -> Frame:
        if not images.tiles:
            return decoder.frame(self.file, images, index, is_aborted)
        grid = read_grid(self.file.packet(images.samples[index]))
        self._limit.check(grid.width, grid.height)
        if len(images.tiles) != grid.rows * grid.columns:
            raise CodecError("the grid has not as many tiles as places")
        frames: list[Frame] = []
        try:
            for tile in images.tiles:
                if frames and is_aborted():
                    raise CodecError("the frame is no longer wanted")
                sample = Sample(tile.parts, 0, 0, True)
                frames.append(
                    decoder.frame(self.file, CodedImages((sample,), tile.properties, (0,), (0,)), 0, is_aborted)
                )
            return assembled(grid, frames)
        finally:
            decoder.close()
            close_all(frames)

    def _colors(self, images: CodedImages, frame: Frame) -> ImageColors:
        """The colours that the file describes, else the bitstream, else those of MIAF § 7.3.6.4."""
        properties = images.properties
        nclx = properties.nclx
        matrix, range = frame.colorspace, frame.color_range or LIMITED
        primaries, transfer = frame.color_primaries, frame.color_trc
        if nclx is not None:
            primaries, transfer = nclx.primaries, nclx.transfer
            matrix, range = nclx.matrix, FULL if nclx.is_full_range else LIMITED
        if matrix == UNSPECIFIED:
            matrix = SRGB.matrix
        if self._ignores_colors:
            primaries, transfer = SRGB.primaries, SRGB.transfer
        elif properties.profile is not None:
            primaries, transfer, *_ = profile_colors(properties.profile)
        else:
            primaries = SRGB.primaries if primaries == UNSPECIFIED else primaries
            transfer = SRGB.transfer if transfer == UNSPECIFIED else transfer
        return ImageColors(primaries, transfer, matrix, range, self._chroma_location(images))

    def _chroma_location(self, images: CodedImages) -> ChromaLocation:
        """Where chroma samples are, as the bitstream says."""
        first = images.tiles[0].parts if images.tiles else images.samples[0].parts
        header = first_sequence_header(self.file.packet(Sample(first, 0, 0, True)))
        return _CHROMA_LOCATIONS.get(header.chroma_sample_position if header is not None else 0, "center")

    def release(self) -> None:
        self._color.close()
        self._alpha.close()
