"""The tracks that can be decoded, according to isConfigSupported."""

from codecmodel.codecs.audio_decoder import AudioDecoder
from codecmodel.codecs.video_decoder import VideoDecoder
from codecmodel.files.tracks import AudioTrack, VideoTrack


async def is_supported(track: AudioTrack | VideoTrack) -> bool:
    """Whether the track has a configuration that is supported."""
    if track.problem:
        return False
    if isinstance(track, AudioTrack):
        return (await AudioDecoder.isConfigSupported(track.config))["supported"]
    return (await VideoDecoder.isConfigSupported(track.config))["supported"]


def why_unsupported(track: AudioTrack | VideoTrack) -> str:
    """The reason why ``is_supported`` returns False."""
    return track.problem or f"{track.config['codec']} is not supported"
