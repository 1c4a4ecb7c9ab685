"""Which tracks can be decoded: what isConfigSupported says."""

from codecmodel.codecs.audio_decoder import AudioDecoder
from codecmodel.codecs.video_decoder import VideoDecoder
from codecmodel.files.demuxer import AudioTrack, VideoTrack


async def is_supported(track: AudioTrack | VideoTrack) -> bool:
    """Whether the track has a configuration, and that is supported."""
    if track.config is None:
        return False
    if isinstance(track, AudioTrack):
        return (await AudioDecoder.isConfigSupported(track.config))["supported"]
    return (await VideoDecoder.isConfigSupported(track.config))["supported"]


def why_unsupported(track: AudioTrack | VideoTrack) -> str:
    """Why ``is_supported`` says no."""
    if track.config is None:
        return track.problem
    return f"{track.config['codec']} is not supported"
