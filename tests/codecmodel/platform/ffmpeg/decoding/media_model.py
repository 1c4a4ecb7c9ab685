"""The content of a file as the tests of real media compare it, and the content by the model."""

import asyncio
import hashlib
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from codecmodel import AudioData, AudioDecoder, DOMException, VideoDecoder, VideoFrame
from codecmodel.encoded_chunks import EncodedAudioChunk, EncodedVideoChunk
from codecmodel.files import AudioTrack, Demuxer, VideoTrack
from codecmodel.files.picture import packed_planes
from codecmodel.files.wav import interleaved_bytes


class Encoded(NamedTuple):
    """A packet or chunk. Times in µs, None if there is none; ``md5`` of the data."""

    timestamp: int | None
    duration: int | None
    is_key: bool
    md5: str


class Decoded(NamedTuple):
    """A picture, or a run of samples. ``md5`` of its planes, or of the interleaved samples, tightly packed."""

    timestamp: int | None
    duration: int | None
    md5: str


class TrackContent(NamedTuple):
    """A track as encoded and as decoded."""

    kind: str
    codec: str
    #: Hz; 0 for pictures.
    sample_rate: int
    #: Frames in each Decoded: 1, or the number of samples of each channel.
    sizes: list[int]
    encoded: list[Encoded]
    decoded: list[Decoded]


def microseconds(ticks: int | None, time_base: Fraction) -> int | None:
    """Rounds as FFmpeg's av_rescale_q does: to the nearest, and halves away from zero."""
    if ticks is None:
        return None
    exact = abs(ticks * time_base * 1_000_000)
    rounded = int(exact + Fraction(1, 2))
    return rounded if ticks >= 0 else -rounded


def md5(*data: bytes) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    for part in data:
        digest.update(part)
    return digest.hexdigest()


def decode_with_model(path: Path) -> list[TrackContent]:
    """Every track of the file through VideoDecoder or AudioDecoder."""
    return asyncio.run(_decode(path))


async def _decode(path: Path) -> list[TrackContent]:
    with Demuxer(path) as demuxer:
        chunks: dict[int, list[EncodedAudioChunk | EncodedVideoChunk]] = {track.index: [] for track in demuxer.tracks}
        for demuxed in demuxer.chunks(chunks.keys()):
            chunks[demuxed.track.index].append(demuxed.chunk)
        return [await _decode_track(track, chunks[track.index]) for track in demuxer.tracks]


async def _decode_track(
    track: AudioTrack | VideoTrack, chunks: list[EncodedAudioChunk | EncodedVideoChunk]
) -> TrackContent:
    decoded: list[Decoded] = []
    sizes: list[int] = []
    errors: list[DOMException] = []

    def picture(frame: VideoFrame) -> None:
        decoded.append(Decoded(frame.timestamp, frame.duration, md5(*packed_planes(frame))))
        sizes.append(1)
        frame.close()

    def sound(data: AudioData) -> None:
        decoded.append(Decoded(data.timestamp, data.duration, md5(interleaved_bytes(data))))
        sizes.append(data.numberOfFrames)
        data.close()

    assert track.config is not None, track.problem
    if isinstance(track, VideoTrack):
        video_decoder = VideoDecoder({"output": picture, "error": errors.append})
        video_decoder.configure(track.config)
        for chunk in chunks:
            assert isinstance(chunk, EncodedVideoChunk)
            video_decoder.decode(chunk)
        await video_decoder.flush()
        video_decoder.close()
    else:
        audio_decoder = AudioDecoder({"output": sound, "error": errors.append})
        audio_decoder.configure(track.config)
        for chunk in chunks:
            assert isinstance(chunk, EncodedAudioChunk)
            audio_decoder.decode(chunk)
        await audio_decoder.flush()
        audio_decoder.close()
    assert not errors
    encoded = [Encoded(chunk.timestamp, chunk.duration, chunk.type == "key", md5(_bytes_of(chunk))) for chunk in chunks]
    if isinstance(track, VideoTrack):
        return TrackContent("video", track.config["codec"], 0, sizes, encoded, decoded)
    return TrackContent("audio", track.config["codec"], track.config["sampleRate"], sizes, encoded, decoded)


def _bytes_of(chunk: EncodedAudioChunk | EncodedVideoChunk) -> bytes:
    data = bytearray(chunk.byteLength)
    chunk.copyTo(data)
    return bytes(data)
