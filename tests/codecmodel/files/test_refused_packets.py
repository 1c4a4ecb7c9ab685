"""An error of writing names the track whose chunk is refused, also if that chunk has waited for another track's."""

from io import BytesIO

import pytest

from codecmodel.files import Muxer
from codecmodel.files.errors import MediaFileError
from conformance.media.audio import AUDIO
from conformance.media.material import AudioMaterial, VideoMaterial
from conformance.media.video import VIDEO
from conformance.suite.assertions import OptionalFeatureUnsupportedError


def material(name: str) -> object:
    try:
        return next(variant.make() for variant in (*VIDEO, *AUDIO) if variant.name == name)
    except OptionalFeatureUnsupportedError:
        pytest.skip(f"this FFmpeg makes no {name}")


def write_both(video: VideoMaterial, audio: AudioMaterial, *, video_first: bool) -> None:
    with Muxer(BytesIO(), "avi") as muxer:
        if video_first:
            pictures, sound = muxer.add_video_track(), muxer.add_audio_track()
        else:
            sound, pictures = muxer.add_audio_track(), muxer.add_video_track()
        for number in range(8):
            pictures.write(video.chunk(number), {"decoderConfig": video.config})
            sound.write(audio.chunk(number), {"decoderConfig": audio.config})


@pytest.mark.parametrize("video_first", [True, False])
def test_the_track_of_the_refused_chunk_is_named(video_first: bool) -> None:
    """AVI takes H.264 in Annex B only."""
    video, audio = material("h264_avc"), material("mp3")
    assert isinstance(video, VideoMaterial)
    assert isinstance(audio, AudioMaterial)
    named = f"track {int(not video_first)}, chunk 0.*the container cannot hold this"
    with pytest.raises(MediaFileError, match=named):
        write_both(video, audio, video_first=video_first)
