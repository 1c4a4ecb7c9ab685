"""Words and numbers that a container tells about a file and its tracks, beside the media itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final, NamedTuple

from codecmodel.files.hdr10_side_data import CONTENT_LIGHT, MASTERING_DISPLAY
from ffbind import Chapter as FFmpegChapter
from ffbind import Stream

_SECOND: Final = 1_000_000
#: FFmpeg's AV_DISPOSITION_DEFAULT.
_DEFAULT: Final = 1
#: The kinds of side data that are the metadata of HDR10.
_HDR_KINDS: Final = (MASTERING_DISPLAY, CONTENT_LIGHT)
#: Tags that describe the bytes of one file and are wrong in another, in lower case.
_TAGS_OF_ONE_FILE: Final = frozenset(
    {"major_brand", "minor_version", "compatible_brands", "encoder", "itunsmpb", "duration", "creation_time"}
)
#: ISO 639-2 for a language that is not known.
_UNDETERMINED: Final = "und"


class Chapter(NamedTuple):
    """A stretch of a file's time with a title. ``start`` and ``end`` in µs."""

    start: int
    end: int
    title: str


@dataclass(frozen=True, kw_only=True)
class TrackDescription:
    """The description of a track for people and players. Formats leave out properties that they cannot hold.

    ``language`` is an ISO 639-2 code such as "fra". ``is_default`` says whether players select the track by themselves;
    with None the format decides. ``side_data`` is FFmpeg's side data of a stream, by its kind, such as the metadata of
    HDR10.
    """

    language: str | None = None
    title: str | None = None
    is_default: bool | None = None
    side_data: Mapping[int, bytes] | None = None

    @property
    def tags(self) -> dict[str, str]:
        """The tags as FFmpeg has them."""
        entries = {"language": self.language, "title": self.title}
        return {name: value for name, value in entries.items() if value}

    @property
    def disposition(self) -> int | None:
        """The flags as FFmpeg has them."""
        return None if self.is_default is None else _DEFAULT * self.is_default

    def with_side_data(self, side_data: Mapping[int, bytes]) -> TrackDescription:
        """The description with more side data. The description's own comes first."""
        return replace(self, side_data={**side_data, **(self.side_data or {})}) if side_data else self


NO_DESCRIPTION: Final = TrackDescription()


def description_of_stream(stream: Stream) -> TrackDescription:
    """The description of a stream in a container that is read."""
    metadata = {name.lower(): value for name, value in stream.metadata.items()}
    language = metadata.get("language")
    side_data = {kind: stream.side_data(kind) for kind in _HDR_KINDS}
    return TrackDescription(
        language=None if language == _UNDETERMINED else language,
        # FFmpeg calls the title of a track in MP4 its name.
        title=metadata.get("title", metadata.get("name")),
        is_default=bool(stream.disposition & _DEFAULT),
        side_data={kind: data for kind, data in side_data.items() if data is not None},
    )


def with_default(descriptions: Sequence[TrackDescription]) -> Sequence[TrackDescription]:
    """The descriptions of all tracks of a kind. If nothing is said about defaults, the first track is the default."""
    if not descriptions or any(description.is_default is not None for description in descriptions):
        return descriptions
    return [replace(descriptions[0], is_default=True), *descriptions[1:]]


def lasting_tags(metadata: Mapping[str, str]) -> dict[str, str]:
    """The tags of a file that are true of its media in any other file as well."""
    return {name: value for name, value in metadata.items() if name.lower() not in _TAGS_OF_ONE_FILE}


def chapter_from_ffmpeg(chapter: FFmpegChapter) -> Chapter:
    """A chapter of a container that is read."""
    tick = Fraction(*chapter.time_base) * _SECOND
    return Chapter(round(chapter.start * tick), round(chapter.end * tick), chapter.metadata.get("title", ""))
