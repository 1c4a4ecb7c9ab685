"""Makes chunks of the packets of a container."""

from typing import Final

from codecmodel.encoded_chunks import (
    EncodedAudioChunkInit,
    EncodedVideoChunkInit,
    EncodedVideoChunkType,
    new_encoded_audio_chunk,
    new_encoded_video_chunk,
)
from codecmodel.files.errors import MediaFileError
from codecmodel.files.timing import ChunkTiming
from codecmodel.files.tracks import AudioTrack, Damage, DemuxedAudioChunk, DemuxedChunk, DemuxedVideoChunk, VideoTrack
from ffbind import StreamPacket
from ffbind.named_tuples import new_named_tuple

#: FFmpeg's AV_PKT_DATA_SKIP_SAMPLES: samples to remove at the start and at the end of a packet, 32 bits each.
_SKIP_SAMPLES: Final = 11
#: FFmpeg's AV_PKT_DATA_MATROSKA_BLOCKADDITIONAL: a number of 64 bits, which is 1 for alpha, and data.
_BLOCK_ADDITIONAL: Final = 15
_ALPHA_ID: Final = (1).to_bytes(8, "big")
#: The largest number that Web IDL's conversions let pass as a timestamp or a duration.
_LARGEST_TIME: Final = 2**53 - 1


def samples_to_remove(packet: StreamPacket) -> tuple[int, int]:
    """The number of samples to remove at the start and at the end of the packet's decoded samples."""
    data = packet.side_data.get(_SKIP_SAMPLES)
    if data is None:
        return 0, 0
    return int.from_bytes(data[:4], "little"), int.from_bytes(data[4:8], "little")


def demuxed_chunk(
    track: AudioTrack | VideoTrack, packet: StreamPacket, timing: ChunkTiming, is_reconfigured: bool, damage: Damage
) -> DemuxedChunk:
    """The chunk of a packet. Raises MediaFileError if WebCodecs has no such timestamp or duration."""
    timestamp, duration = timing
    if not (-_LARGEST_TIME <= timestamp <= _LARGEST_TIME and 0 <= (duration or 0) <= _LARGEST_TIME):
        raise MediaFileError(f"track {track.index}: a time is outside of the range of WebCodecs: {timing}")
    if isinstance(track, AudioTrack):
        # Every registered audio codec has key chunks only.
        audio_init: EncodedAudioChunkInit = {"type": "key", "timestamp": timestamp, "data": packet.data}
        if duration is not None:
            audio_init["duration"] = duration
        # FFmpeg counts too many samples as padding at the end of Vorbis, but the length of the track is right.
        padding = samples_to_remove(packet)[1] if packet.side_data and track.length is None else 0
        values = track, new_encoded_audio_chunk(audio_init), is_reconfigured, damage, padding
        return new_named_tuple(DemuxedAudioChunk, values)
    chunk_type: EncodedVideoChunkType = "key" if packet.key else "delta"
    video_init: EncodedVideoChunkInit = {"type": chunk_type, "timestamp": timestamp, "data": packet.data}
    if duration is not None:
        video_init["duration"] = duration
    alpha = _alpha_of(packet) if track.has_alpha else None
    return DemuxedVideoChunk(track, new_encoded_video_chunk(video_init), is_reconfigured, damage, alpha)


def _alpha_of(packet: StreamPacket) -> bytes | None:
    data = packet.side_data.get(_BLOCK_ADDITIONAL)
    return data.removeprefix(_ALPHA_ID) if data is not None and data.startswith(_ALPHA_ID) else None
