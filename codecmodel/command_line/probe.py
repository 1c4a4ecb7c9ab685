"""``python -m codecmodel probe``: shows each track of a file as the WebCodecs configuration that decodes it."""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias, cast

from codecmodel.command_line.support import is_supported, why_unsupported
from codecmodel.files.demuxer import Demuxer
from codecmodel.files.tracks import AudioTrack, VideoTrack
from codecmodel.web.buffers import BufferSource, copy_of_bytes

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | dict[str, Json] | None"


class ProbedTrack(NamedTuple):
    """A track, and whether its configuration is supported."""

    track: AudioTrack | VideoTrack
    is_supported: bool


class ProbedFile(NamedTuple):
    """A file and its tracks. ``duration`` is in µs, or None if the container does not say."""

    path: str
    format_name: str
    duration: int | None
    tracks: Sequence[ProbedTrack]
    #: A problem of the file as a whole, whose tracks are known all the same. Empty if there is none.
    problem: str


async def probe_file(path: str) -> ProbedFile:
    """Find out about a file. Raises MediaFileError if it cannot be read, or has neither audio nor video."""
    with Demuxer(path) as demuxer:
        tracks = [ProbedTrack(track, await is_supported(track)) for track in demuxer.tracks]
        problem = demuxer.cut_off() if demuxer.missing_bytes else ""
        return ProbedFile(demuxer.name, demuxer.format_name, demuxer.duration, tracks, problem)


def as_json(probed: ProbedFile) -> Json:
    """The file as a JSON object, in which a description is a string of hexadecimal digits."""
    return {
        "file": probed.path,
        "format": probed.format_name,
        "duration": probed.duration,
        "tracks": [_track_as_json(track, supported) for track, supported in probed.tracks],
    }


def _track_as_json(track: AudioTrack | VideoTrack, supported: bool) -> Json:
    document: dict[str, Json] = {
        "index": track.index,
        "type": kind_of(track),
        "codecName": track.codec_name,
        "duration": track.duration,
        "supported": supported,
        "config": config_as_json(track),
    }
    if isinstance(track, VideoTrack) and track.has_alpha:
        document["alpha"] = True
    if not supported:
        document["reason"] = why_unsupported(track)
    return document


def config_as_json(track: AudioTrack | VideoTrack) -> dict[str, Json] | None:
    """The configuration of a track as a JSON object; None if it has none."""
    if track.problem:
        return None
    document = cast("dict[str, Json]", dict(track.config))
    if "description" in document:
        document["description"] = copy_of_bytes(cast("BufferSource", document["description"])).hex()
    return document


def title(probed: ProbedFile) -> str:
    """The path, format and duration, on one line."""
    return f"{probed.path} ({probed.format_name}{_seconds(probed.duration)})"


def kind_of(track: AudioTrack | VideoTrack) -> str:
    """``audio`` or ``video``."""
    return "audio" if isinstance(track, AudioTrack) else "video"


def _seconds(duration: int | None) -> str:
    return "" if duration is None else f", {duration / 1_000_000:.3f} s"
