"""If a request fails, the chunks of all earlier requests are output before the codec is closed."""

import numpy as np
import pytest

import ffbind
from codecmodel.platform.codec_implementation import AudioInput, CodecError, EncodedAudioOutput
from codecmodel.platform.ffmpeg.decoding.audio_decoder import FFmpegAudioDecoder
from codecmodel.platform.ffmpeg.encoding.audio_encoder import FFmpegAudioEncoder
from codecmodel.platform.ffmpeg.encoding.audio_settings import supports_audio_encoder
from codecmodel.platform.ffmpeg.encoding.video_encoder import FFmpegVideoEncoder
from codecmodel.raw_media.media_resource import BufferVideoResource
from tests.codecmodel.platform.ffmpeg.encoding.encoding import encoded as encoded_audio
from tests.codecmodel.platform.ffmpeg.encoding.encoding import resource_of, tones
from tests.codecmodel.platform.ffmpeg.encoding.pictures import config_of, encoded, frame, require


@pytest.mark.parametrize("latency", ["quality", "realtime"])
@pytest.mark.parametrize("codec", ["avc1.64001e", "hvc1.1.6.L93.B0", "vp8", "vp09.00.10.08", "av01.0.04M.08"])
def test_video_encoders(codec: str, latency: str) -> None:
    config = config_of(codec, latencyMode=latency)
    require(config)
    frames = [frame(index) for index in range(10)]
    expected = encoded(config, frames)
    encoder = FFmpegVideoEncoder()
    encoder.configure(config)
    outputs = [output for each in frames for output in encoder.encode(each)]
    with pytest.raises(CodecError, match="unknown pixel format"):
        encoder.encode(frame(10)._replace(format=None))
    outputs += encoder.outputs_before_failure()
    encoder.release()
    assert [output.timestamp for output in outputs] == [output.timestamp for output in expected]
    assert "Encoder" not in ffbind.live_objects()


def test_outputs_that_a_new_encoder_for_other_colours_has_pushed_out() -> None:
    """The encoder is opened anew for the frame that fails."""
    config = config_of("hvc1.1.6.L93.B0", bitrateMode="quantizer")
    require(config)
    encoder = FFmpegVideoEncoder()
    encoder.configure(config)
    frames = [frame(index) for index in range(5)]
    outputs = [output for each in frames for output in encoder.encode(each)]
    other = frame(5, color_space={"primaries": "bt2020", "transfer": "bt709", "matrix": "bt2020-ncl"})
    with pytest.raises(CodecError, match="quantizer 52 is above 51"):
        encoder.encode(other._replace(options={"hevc": {"quantizer": 52}}))
    outputs += encoder.outputs_before_failure()
    encoder.release()
    assert sorted(output.timestamp for output in outputs) == [each.timestamp for each in frames]


@pytest.mark.parametrize("codec", ["opus", "mp4a.40.2", "mp3", "flac", "vorbis", "pcm-s16"])
def test_audio_encoders(codec: str) -> None:
    config = {"codec": codec, "sampleRate": 48_000, "numberOfChannels": 2}
    if not supports_audio_encoder(config):  # type: ignore[arg-type]
        pytest.skip(f"this FFmpeg does not encode {codec}")
    source = tones(10_000, 2, 48_000)
    expected = encoded_audio(config, source, step=1000)  # type: ignore[arg-type]
    encoder = FFmpegAudioEncoder()
    encoder.configure(config)  # type: ignore[arg-type]
    outputs: list[EncodedAudioOutput] = []
    for start in range(0, 10_000, 1000):
        samples = resource_of(source[:, start : start + 1000], 48_000, "f32-planar")
        outputs += encoder.encode(AudioInput(samples, start * 1_000_000 // 48_000))
    with pytest.raises(CodecError, match="44100 Hz, not 48000"):
        encoder.encode(AudioInput(resource_of(source, 44_100, "f32"), 0))
    outputs += encoder.outputs_before_failure()
    encoder.release()
    assert [(output.data, output.timestamp) for output in outputs] == [
        (output.data, output.timestamp) for output in expected
    ]


@pytest.mark.parametrize("codec", ["opus", "mp4a.40.2", "mp3", "flac", "vorbis"])
def test_audio_decoders(codec: str) -> None:
    config = {"codec": codec, "sampleRate": 48_000, "numberOfChannels": 2}
    if not supports_audio_encoder(config):  # type: ignore[arg-type]
        pytest.skip(f"this FFmpeg does not encode {codec}")
    chunks = encoded_audio(config, tones(24_000, 2, 48_000))[:5]  # type: ignore[arg-type]
    for damaged in (b"", bytes(50), b"\xff" * 50, np.random.default_rng(1).bytes(50)):
        decoder = FFmpegAudioDecoder()
        if chunks[0].description is not None:
            config["description"] = chunks[0].description
        decoder.configure(config)  # type: ignore[arg-type]
        timestamps = []
        for chunk in chunks:
            timestamps += [output.timestamp for output in decoder.decode(chunk.data, chunk.timestamp, None)]
        # Vorbis needs two chunks for its first output.
        assert timestamps == [chunk.timestamp for chunk in chunks if codec != "vorbis" or chunk is not chunks[1]]
        try:
            decoder.decode(damaged, 1_000_000, None)
        except CodecError:
            assert decoder.outputs_before_failure() == ()
        decoder.release()


def test_a_closed_resource_is_no_reason_to_lose_chunks() -> None:
    config = config_of("avc1.64001e")
    require(config)
    encoder = FFmpegVideoEncoder()
    encoder.configure(config)
    outputs = list(encoder.encode(frame(0)))
    bad = frame(1)
    assert isinstance(bad.resource, BufferVideoResource)
    bad.resource.release()
    with pytest.raises((CodecError, ValueError)):
        encoder.encode(bad)
    outputs += encoder.outputs_before_failure()
    encoder.release()
    assert [output.timestamp for output in outputs] == [0]
