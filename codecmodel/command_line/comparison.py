"""Compares a transcoded file with its source: a line for each property that the target cannot hold."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Final

from codecmodel.files.demuxer import Demuxer
from codecmodel.files.errors import MediaFileError
from codecmodel.files.hdr10_side_data import CONTENT_LIGHT, MASTERING_DISPLAY
from codecmodel.files.tracks import AudioTrack, VideoTrack

_SQUARE = Fraction(1)
_HDR10: Final[Mapping[int, str]] = {MASTERING_DISPLAY: "mastering display", CONTENT_LIGHT: "content light level"}


def losses(tracks: Sequence[AudioTrack | VideoTrack], target: str) -> Sequence[str]:
    """The properties of ``tracks``, in words, that ``target`` has not kept. It has the same tracks, in order."""
    try:
        with Demuxer(target) as demuxer:
            written = list(demuxer.tracks)
    except MediaFileError:
        # A pipe cannot be read again.
        return ()
    return [
        f"track {before.index}: {loss}"
        for before, after in zip(tracks, written, strict=False)
        if isinstance(before, VideoTrack) and isinstance(after, VideoTrack) and not after.problem
        for loss in _losses(before, after)
    ]


def _losses(before: VideoTrack, after: VideoTrack) -> Iterator[str]:
    if before.has_alpha and not after.has_alpha:
        yield "the alpha plane is left out"
    aspect, new_aspect = _pixel_aspect(before), _pixel_aspect(after)
    if (before.config.get("rotation", 0) - after.config.get("rotation", 0)) % 180:
        # The pixels were turned.
        aspect = 1 / aspect
    if aspect != new_aspect:
        yield f"the pixel aspect {_in_words(aspect)} becomes {_in_words(new_aspect)}"
    new_colors = _colors(after)
    changed = [f"{name} {value}" for name, value in _colors(before).items() if new_colors.get(name) != value]
    if changed:
        yield f"the colour space is not kept ({', '.join(changed)})"
    lost = [name for kind, name in _HDR10.items() if kind in _side_data(before) and kind not in _side_data(after)]
    if lost:
        yield f"the metadata of HDR10 is left out ({', '.join(lost)})"


def _side_data(track: VideoTrack) -> Mapping[int, bytes]:
    return track.description.side_data or {}


def _pixel_aspect(track: VideoTrack) -> Fraction:
    width, height = track.config.get("codedWidth"), track.config.get("codedHeight")
    if track.display_aspect is None or not width or not height:
        return _SQUARE
    return track.display_aspect * height / width


def _in_words(aspect: Fraction) -> str:
    return f"{aspect.numerator}:{aspect.denominator}"


def _colors(track: VideoTrack) -> dict[str, object]:
    """The members of the colour space that are known. Players assume the limited range anyway."""
    return {name: value for name, value in track.config.get("colorSpace", {}).items() if value not in (None, False)}
