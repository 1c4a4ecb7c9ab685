"""``python -m codecmodel transcode``: decodes and encodes the tracks of a file with WebCodecs, to another file."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple, TypeAlias

from rich.table import Table
from rich.text import Text

from codecmodel.command_line.audio_track_decoder import AudioTrackDecoder
from codecmodel.command_line.comparison import losses
from codecmodel.command_line.damage import DamageError
from codecmodel.command_line.decode import (
    AnyTrackCopier,
    AnyTrackDecoder,
    UnsupportedTrack,
    decode_all,
    problem,
    speed,
)
from codecmodel.command_line.encoder_choice import AUDIO_CODECS, COPY, NONE, VIDEO_CODECS, AudioChoice, VideoChoice
from codecmodel.command_line.extract import EVERYTHING, Extract, Selection, TimeRange
from codecmodel.command_line.progress import ProgressListener
from codecmodel.command_line.support import is_supported, why_unsupported
from codecmodel.command_line.track_copier import AudioTrackCopier, VideoTrackCopier
from codecmodel.command_line.track_encoder import AudioTrackEncoder, VideoTrackEncoder
from codecmodel.command_line.usage_error import UsageError
from codecmodel.command_line.video_track_decoder import VideoTrackDecoder
from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, description_of
from codecmodel.files.demuxer import Demuxer
from codecmodel.files.errors import MediaFileError
from codecmodel.files.muxer import Muxer
from codecmodel.files.printable import printable
from codecmodel.files.tracks import AudioTrack, VideoTrack
from codecmodel.platform.current import current_platform, use_platform
from codecmodel.platform.ffmpeg import FFmpegPlatform, ffmpeg_platform
from codecmodel.registry import parse_codec_string
from codecmodel.registry.codec_string import InvalidDescription
from codecmodel.registry.flac import parse_flac_description

#: The registered codecs of the names that the command line has for codecs.
_REGISTERED: Final = {
    VIDEO_CODECS: frozenset({"avc", "hevc", "vp8", "vp9", "av1"}),
    AUDIO_CODECS: frozenset({"aac", "mp3", "opus", "flac", "vorbis", "pcm", "ulaw", "alaw"}),
}

AnyTrackEncoder: TypeAlias = AudioTrackEncoder | VideoTrackEncoder
_SECOND: Final = 1_000_000
#: The target that is standard output.
STANDARD_OUTPUT: Final = "-"


class Transcoding(NamedTuple):
    """The wishes of the user: codecs as encoder_choice has them, and bits per second.

    ``format`` is FFmpeg's name of the format, None if the target's extension tells it. ``keeps_start`` and
    ``moov_first`` are as for Muxer. ``selection`` is the media that is wanted.
    """

    video: str
    audio: str
    video_bitrate: int | None = None
    audio_bitrate: int | None = None
    format: str | None = None
    keeps_start: bool = False
    moov_first: bool = False
    selection: Selection = EVERYTHING


class TranscodedTrack(NamedTuple):
    """The decoder and the encoder of a track. A copier is both."""

    decoder: AnyTrackDecoder | AnyTrackCopier
    encoder: AnyTrackEncoder | AnyTrackCopier


class Transcoded(NamedTuple):
    """The result for each track, and the size of the file in bytes."""

    path: str
    size: int
    tracks: Sequence[TranscodedTrack]
    unsupported: Sequence[UnsupportedTrack]
    #: Lines about damage that nothing is left out for, and about properties that the target cannot hold.
    warnings: Sequence[str]


def check(source: str, target: str, transcoding: Transcoding) -> None:
    """Raise MediaFileError if the target is the source, UsageError if no source can be transcoded like this."""
    if os.path.exists(target) and os.path.exists(source) and os.path.samefile(source, target):
        raise MediaFileError(f"{target}: cannot be read and written at once")
    check_wishes(transcoding.video, transcoding.audio, transcoding.selection)


def check_wishes(video: str | None, audio: str | None, selection: Selection) -> None:
    """Raise UsageError if no source can be transcoded like this. A codec that is None is the usual one of a format."""
    if video == COPY and (selection.size is not None or selection.rate is not None):
        raise UsageError("a copy of video keeps its size and its frame rate")
    for name, names in ((video, VIDEO_CODECS), (audio, AUDIO_CODECS)):
        if name is None:
            continue
        codec_string = parse_codec_string(name)
        if name not in (NONE, COPY, *names) and (codec_string is None or codec_string.codec not in _REGISTERED[names]):
            kind = "video" if names is VIDEO_CODECS else "audio"
            choices = ", ".join(names)
            raise UsageError(f"{name} cannot be encoded here: {kind} is {choices}, a whole codec string, copy, or none")


async def transcode_file(
    source: str, target: str, transcoding: Transcoding, report_progress: ProgressListener, *, is_strict: bool = False
) -> Transcoded:
    """Transcode all tracks that are wanted and can be decoded.

    Raises DamageError if something is lost because the source is damaged or cut off: the target is there then. Raises
    MediaFileError if the source cannot be decoded or the target cannot be written, with ``is_strict`` also at the first
    damage: the target is as before then.
    """
    with _lookahead(target, transcoding.format), Demuxer(source) as demuxer:
        wanted, unsupported = await _choose(demuxer, transcoding)
        muxer = Muxer(
            target,
            transcoding.format,
            metadata=demuxer.tags,
            chapters=demuxer.chapters,
            keeps_start=transcoding.keeps_start,
            moov_first=transcoding.moov_first,
        )
        tracks: list[TranscodedTrack] = []
        earlier = ""
        try:
            selection, extract = transcoding.selection, None
            if not selection.range.is_all:
                copied = [track.index for track in wanted if _codec_of(track, transcoding) == COPY]
                extract = Extract(demuxer, wanted, selection.range, copied)
                earlier = _earlier_start(selection.range.start, extract.start)
                transcoding = transcoding._replace(
                    selection=selection._replace(range=TimeRange(extract.start, selection.range.end))
                )
            for track in wanted:
                tracks.append(_begin(track, muxer, transcoding, is_strict))
            problems = await decode_all(demuxer, [decoder for decoder, _ in tracks], report_progress, extract)
            if problems and is_strict:
                raise MediaFileError(f"{demuxer.name}: {problems[0]}")
            muxer.close()
        except BaseException as error:
            for decoder, _ in tracks:
                decoder.stop()
            muxer.discard()
            match error:
                case MediaFileError():
                    raise MediaFileError(problem(demuxer, error)) from error
                case OSError():
                    raise MediaFileError(f"{error.filename or target}: {error.strerror or error}") from error
                case _:
                    raise
        damage = [*problems, *filter(None, (decoder.damage_in_words() for decoder, _ in tracks))]
        if problems or any(decoder.damage.is_loss for decoder, _ in tracks):
            raise DamageError([f"{demuxer.name}: {each}; the rest is in {target}" for each in damage])
        lost = losses(wanted, target) if target != STANDARD_OUTPUT else ()
        warnings = [f"{demuxer.name}: {each}" for each in (*damage, *lost, *filter(None, [earlier]))]
        size = sum(encoder.size for _, encoder in tracks) if target == STANDARD_OUTPUT else os.path.getsize(target)
        return Transcoded(target, size, tracks, unsupported, warnings)


def _earlier_start(wanted: int | None, start: int | None) -> str:
    """A line of text if a part begins earlier than it was to. Empty if it does not."""
    if wanted == start or wanted is None:
        return ""
    place = "the beginning" if start is None else f"{start / _SECOND:.3f} s, at the key frame"
    return f"the copy begins at {place} before {wanted / _SECOND:.3f} s"


@contextmanager
def _lookahead(target: str, format: str | None) -> Iterator[None]:
    """Encoders that are constructed within the block look ahead and reorder frames, if the target can hold that.

    AVI has no presentation timestamps. A platform that a host has chosen stays.
    """
    is_avi = format == "avi" or (format is None and target.lower().endswith(".avi"))
    if is_avi or current_platform() is not ffmpeg_platform():
        yield
        return
    with use_platform(FFmpegPlatform(looks_ahead=True)):
        yield


async def _choose(
    demuxer: Demuxer, transcoding: Transcoding
) -> tuple[list[AudioTrack | VideoTrack], list[UnsupportedTrack]]:
    """The tracks that are wanted, and those that cannot be decoded. Raises MediaFileError if none is wanted."""
    wanted: list[AudioTrack | VideoTrack] = []
    unsupported: list[UnsupportedTrack] = []
    for track in demuxer.tracks:
        codec = _codec_of(track, transcoding)
        is_copied = codec == COPY and not track.problem
        if is_copied or await is_supported(track):
            wanted += [track] if codec != NONE else []
        else:
            unsupported.append(UnsupportedTrack(track, why_unsupported(track)))
    if not wanted:
        reasons = "; ".join(f"track {track.index}: {reason}" for track, reason in unsupported)
        is_none_supported = len(unsupported) == len(demuxer.tracks)
        problem = f"no supported track ({reasons})" if is_none_supported else "it has no track that is wanted"
        raise MediaFileError(f"{demuxer.name}: {problem}")
    return wanted, unsupported


def _codec_of(track: AudioTrack | VideoTrack, transcoding: Transcoding) -> str:
    return transcoding.audio if isinstance(track, AudioTrack) else transcoding.video


def _begin(track: AudioTrack | VideoTrack, muxer: Muxer, transcoding: Transcoding, is_strict: bool) -> TranscodedTrack:
    name, description = f"track {track.index}", track.description
    if isinstance(track, AudioTrack):
        audio_choice = AudioChoice(transcoding.audio, transcoding.audio_bitrate)
        audio_writer = muxer.add_audio_track(channel_mask=track.channel_mask, description=description)
        if transcoding.audio == COPY:
            audio_copier = AudioTrackCopier(track, audio_writer, is_strict=is_strict)
            return TranscodedTrack(audio_copier, audio_copier)
        audio_encoder = AudioTrackEncoder(
            name, audio_writer, audio_choice, channel_mask=track.channel_mask, bits=_significant_bits(track.config)
        )
        window = transcoding.selection.of_sound(track)
        audio_decoder = AudioTrackDecoder(track, audio_encoder, is_strict=is_strict, window=window)
        return TranscodedTrack(audio_decoder, audio_encoder)
    selection = transcoding.selection
    frame_rate = selection.rate or track.frame_rate
    time_base = None if selection.rate is not None else track.time_base
    video_writer = muxer.add_video_track(frame_rate=frame_rate, time_base=time_base, description=description)
    if transcoding.video == COPY:
        video_copier = VideoTrackCopier(track, video_writer, is_strict=is_strict)
        return TranscodedTrack(video_copier, video_copier)
    rotation, flip = track.config.get("rotation", 0), track.config.get("flip", False)
    turns_pixels = not muxer.can_tell_orientation(rotation, flip=flip)
    aspect = track.display_aspect
    if aspect is not None and turns_pixels and rotation in (90, 270):
        aspect = 1 / aspect
    video_choice = VideoChoice(
        transcoding.video, transcoding.video_bitrate, frame_rate, aspect, muxer.can_hold_alpha, selection.size
    )
    video_encoder = VideoTrackEncoder(name, video_writer, video_choice, turns_pixels=turns_pixels)
    video_decoder = VideoTrackDecoder(track, video_encoder, is_strict=is_strict, selection=selection.of_frames())
    return TranscodedTrack(video_decoder, video_encoder)


def _significant_bits(config: AudioDecoderConfig) -> int:
    """The bits of a sample that the codec keeps."""
    if config["codec"] == "flac":
        try:
            return parse_flac_description(description_of(config) or b"").bits_per_sample
        except InvalidDescription:
            return 32
    return 24 if config["codec"] == "pcm-s24" else 32


def summary(transcoded: Transcoded) -> Table:
    """The table that is printed at the end."""
    table = Table(caption=Text(f"{printable(transcoded.path)}: {transcoded.size:,} bytes"), caption_justify="left")
    for heading in ("track", "from", "to"):
        table.add_column(heading)
    for heading in ("frames", "chunks", "bit rate", "duration", "speed"):
        table.add_column(heading, justify="right")
    for decoder, encoder in transcoded.tracks:
        seconds = decoder.duration
        table.add_row(
            str(decoder.track.index),
            decoder.track.config["codec"],
            encoder.codec,
            f"{decoder.frames:,}",
            f"{encoder.chunks:,}",
            f"{encoder.size * 8 / seconds / 1000:,.0f} kbit/s" if seconds > 0 else "",
            f"{seconds:.3f} s",
            speed(decoder) if decoder.elapsed else "",
        )
    for track, reason in transcoded.unsupported:
        table.add_row(str(track.index), track.codec_name, "", "", "", "", "", f"left out: {printable(reason)}")
    return table
