"""Containers made by FFmpeg's muxers, and the configurations and chunks that come out of them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import ffbind
from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig, description_of
from codecmodel.files import AudioTrack, Demuxer, VideoTrack
from codecmodel.files.errors import MediaFileError
from codecmodel.registry import parse_codec_string, registration_of
from codecmodel.registry.avc import parse_avcc
from codecmodel.registry.hevc import parse_hvcc
from codecmodel.registry.opus import parse_opus_head
from codecmodel.registry.vorbis import parse_vorbis_description
from tests.codecmodel.files.media import MadeStream, audio, media_files, video, wave, write, x264

_X265 = {"x265-params": "log-level=none"}


def _configs(path: Path) -> list[AudioDecoderConfig | VideoDecoderConfig]:
    with Demuxer(path) as demuxer:
        assert [track.problem for track in demuxer.tracks] == [""] * len(demuxer.tracks)
        return [track.config for track in demuxer.tracks]


def _config(path: Path) -> dict[str, object]:
    (config,) = _configs(path)
    return dict(config)


def _times(path: Path) -> list[tuple[int, int | None]]:
    with Demuxer(path) as demuxer:
        return [(demuxed.chunk.timestamp, demuxed.chunk.duration) for demuxed in demuxer.chunks({0})]


@pytest.fixture(autouse=True)
def _nothing_is_left_open() -> Iterator[None]:
    before = ffbind.live_objects()
    yield
    assert ffbind.live_objects() == before


@pytest.mark.parametrize("extension", ["mp4", "mkv", "flv"])
def test_h264_with_a_configuration_record(tmp_path: Path, extension: str) -> None:
    config = _config(write(tmp_path / f"a.{extension}", x264()))
    description = config.pop("description")
    assert isinstance(description, bytes)
    record = parse_avcc(description)
    assert len(record.sps) == len(record.pps) == 1
    profile = record.sps[0][1:4].hex()
    assert config == {"codec": f"avc1.{profile}", "codedWidth": 64, "codedHeight": 48}


@pytest.mark.parametrize("extension", ["ts", "h264", "avi"])
def test_h264_in_annex_b_format_has_no_description(tmp_path: Path, extension: str) -> None:
    with_record = _config(write(tmp_path / "a.mp4", x264()))
    config = _config(write(tmp_path / f"a.{extension}", x264(global_header=False)))
    assert config == {"codec": with_record["codec"], "codedWidth": 64, "codedHeight": 48}


@pytest.mark.parametrize("tag", ["hvc1", "hev1"])
def test_hevc_is_named_as_the_sample_entry_is(tmp_path: Path, tag: str) -> None:
    stream = video("libx265", options=_X265, description={"codec_tag": tag})
    config = _config(write(tmp_path / "a.mp4", stream))
    description = config["description"]
    assert isinstance(description, bytes)
    assert {unit_type for unit_type, _ in parse_hvcc(description).arrays} >= {32, 33, 34}
    assert config["codec"] == f"{tag}.1.6.L30.90"


def test_hevc_in_annex_b_format_has_no_description(tmp_path: Path) -> None:
    config = _config(write(tmp_path / "a.hevc", video("libx265", options=_X265, global_header=False)))
    assert config["codec"] == "hev1.1.6.L30.90"
    assert "description" not in config


@pytest.mark.parametrize("extension", ["webm", "mp4"])
def test_vp9_string_is_that_of_the_key_frame(tmp_path: Path, extension: str) -> None:
    config = _config(write(tmp_path / f"a.{extension}", video("libvpx-vp9")))
    assert config["codec"] == "vp09.00.10.08"
    assert "description" not in config


def test_vp9_level_counts_the_frame_rate(tmp_path: Path) -> None:
    stream = video("libvpx-vp9", width=320, height=240, count=2, framerate=(60, 1), options={"cpu-used": "8"})
    # 320 · 240 · 60 samples a second are too many for level 1.1, and level 2 has pictures of 122,880 samples.
    assert _config(write(tmp_path / "a.mp4", stream))["codec"] == "vp09.00.20.08"


def test_vp8(tmp_path: Path) -> None:
    config = _config(write(tmp_path / "a.webm", video("libvpx")))
    assert (config["codec"], config["codedWidth"], config["codedHeight"]) == ("vp8", 64, 48)
    assert "description" not in config


@pytest.mark.parametrize("extension", ["mp4", "webm"])
def test_av1(tmp_path: Path, extension: str) -> None:
    stream = video("libaom-av1", "libsvtav1", width=128, height=96, count=3)
    config = _config(write(tmp_path / f"a.{extension}", stream))
    assert config["codec"] == "av01.0.00M.08"
    assert "description" not in config


def test_aac_with_audio_specific_config(tmp_path: Path) -> None:
    config = _config(write(tmp_path / "a.mp4", audio("aac", format="fltp", rate=44_100)))
    description = config.pop("description")
    # LC (2), 44.1 kHz (index 4), two channels; FFmpeg adds that there is no SBR.
    assert isinstance(description, bytes)
    assert description[:2] == bytes([0b00010_010, 0b0_0010_000])
    assert config == {"codec": "mp4a.40.2", "sampleRate": 44_100, "numberOfChannels": 2}


def test_aac_in_adts_format_has_no_description(tmp_path: Path) -> None:
    path = write(tmp_path / "a.aac", audio("aac", format="fltp"), format="adts")
    assert _config(path) == {"codec": "mp4a.40.2", "sampleRate": 48_000, "numberOfChannels": 2}
    # The MPEG-2 flag in the header of each frame.
    data = bytearray(path.read_bytes())
    position = 0
    while position < len(data):
        data[position + 1] |= 0x08
        position += (data[position + 3] & 3) << 11 | data[position + 4] << 3 | data[position + 5] >> 5
    path.write_bytes(data)
    assert _config(path)["codec"] == "mp4a.67"


@pytest.mark.parametrize("extension", ["ogg", "webm", "mp4"])
def test_opus_has_its_identification_header(tmp_path: Path, extension: str) -> None:
    config = _config(write(tmp_path / f"a.{extension}", audio("libopus", format="flt")))
    description = config.pop("description")
    assert isinstance(description, bytes)
    assert (parse_opus_head(description).channels, parse_opus_head(description).pre_skip) == (2, 312)
    assert config == {"codec": "opus", "sampleRate": 48_000, "numberOfChannels": 2}


@pytest.mark.parametrize("extension", ["flac", "ogg", "mkv"])
def test_flac_has_stream_info_after_its_marker(tmp_path: Path, extension: str) -> None:
    config = _config(write(tmp_path / f"a.{extension}", audio("flac", format="s16")))
    description = config.pop("description")
    assert isinstance(description, bytes)
    assert description[:8] == b"fLaC\x80\0\0\x22"
    # Sample rate (20 bits), channels less one (3), bits less one (5).
    assert description[18:22] == (48_000 << 12 | 1 << 9 | 15 << 4).to_bytes(4, "big")
    assert len(description) == 42
    assert config == {"codec": "flac", "sampleRate": 48_000, "numberOfChannels": 2}


@pytest.mark.parametrize("extension", ["ogg", "webm"])
def test_vorbis_has_its_headers_in_xiph_format(tmp_path: Path, extension: str) -> None:
    config = _config(write(tmp_path / f"a.{extension}", audio("libvorbis", format="fltp")))
    description = config.pop("description")
    assert isinstance(description, bytes)
    assert parse_vorbis_description(description).sample_rate == 48_000
    assert config == {"codec": "vorbis", "sampleRate": 48_000, "numberOfChannels": 2}


def test_mp3(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp3", audio("libmp3lame", format="fltp", rate=44_100))
    assert _config(path) == {"codec": "mp3", "sampleRate": 44_100, "numberOfChannels": 2}


@pytest.mark.parametrize(
    ("tag", "bits", "codec"),
    [
        (1, 8, "pcm-u8"),
        (1, 16, "pcm-s16"),
        (1, 24, "pcm-s24"),
        (1, 32, "pcm-s32"),
        (3, 32, "pcm-f32"),
        (6, 8, "alaw"),
        (7, 8, "ulaw"),
    ],
)
def test_wav(tmp_path: Path, tag: int, bits: int, codec: str) -> None:
    path = wave(tmp_path / "a.wav", bytes(6 * bits), tag=tag, bits=bits, channels=3, rate=22_050)
    assert _config(path) == {"codec": codec, "sampleRate": 22_050, "numberOfChannels": 3}


@pytest.mark.parametrize(
    ("name", "codec", "stream"),
    [
        ("a.wav", "pcm_f64le", lambda: audio("pcm_f64le", format="dbl")),
        ("a.aiff", "pcm_s16be", lambda: audio("pcm_s16be", format="s16")),
        ("a.mp4", "mpeg4", lambda: video("mpeg4")),
        ("a.mp4", "ac3", lambda: audio("ac3", format="fltp")),
        ("a.mp2", "mp2", lambda: audio("mp2", format="s16")),
    ],
)
def test_other_codecs_have_no_configuration(
    tmp_path: Path, name: str, codec: str, stream: Callable[[], MadeStream]
) -> None:
    with Demuxer(write(tmp_path / name, stream())) as demuxer:
        (track,) = demuxer.tracks
        assert track.codec_name == codec
        assert track.problem == f"WebCodecs has no registration for {codec}"


@pytest.mark.parametrize(
    ("name", "codec", "stream"),
    [
        ("a.gif", "gif", lambda: video("gif", format="rgb8")),
        ("a.apng", "apng", lambda: video("apng", format="rgb24")),
        ("a.mov", "png", lambda: video("png", format="rgb24")),
    ],
)
def test_images_are_referred_to_the_decoder_of_images(
    tmp_path: Path, name: str, codec: str, stream: Callable[[], MadeStream]
) -> None:
    with Demuxer(write(tmp_path / name, stream())) as demuxer:
        (track,) = demuxer.tracks
        assert track.problem == f"{codec} is a format of images, which ImageDecoder and decoded_image() decode"


def test_what_the_container_says_of_pictures(tmp_path: Path) -> None:
    stream = x264(
        sample_aspect_ratio=(4, 3),
        color_primaries=9,
        color_trc=16,
        colorspace=9,
        color_range=1,
        description={"display_matrix": ffbind.rotation_matrix(270, flip=True)},
    )
    config = _config(write(tmp_path / "a.mp4", stream))
    del config["codec"], config["description"]
    assert config == {
        "codedWidth": 64,
        "codedHeight": 48,
        "displayAspectWidth": 16,
        "displayAspectHeight": 9,
        "colorSpace": {"primaries": "bt2020", "transfer": "pq", "matrix": "bt2020-ncl", "fullRange": False},
        "rotation": 270,
        "flip": True,
    }


def test_attached_pictures_are_no_tracks(tmp_path: Path) -> None:
    cover = video("mjpeg", count=1, format="yuvj420p", description={"disposition": 0x400})
    with Demuxer(write(tmp_path / "a.mp4", audio("aac", format="fltp"), cover)) as demuxer:
        (track,) = demuxer.tracks
        assert isinstance(track, AudioTrack)


def test_timestamps_are_exact(tmp_path: Path) -> None:
    assert _times(write(tmp_path / "a.mp4", x264(framerate=(30_000, 1001)))) == [
        (0, 33_367),
        (33_367, 33_367),
        (66_733, 33_367),
        (100_100, 33_367),
        (133_467, 33_367),
        (166_833, 33_367),
    ]


def test_reordered_pictures_keep_their_timestamps(tmp_path: Path) -> None:
    options = {"x264-params": "b-adapt=0:b-pyramid=none"}
    path = write(tmp_path / "a.mp4", x264(max_b_frames=1, options=options))
    with Demuxer(path) as demuxer:
        chunks = [demuxed.chunk for demuxed in demuxer.chunks({0})]
    assert [chunk.timestamp for chunk in chunks] == [0, 80_000, 40_000, 160_000, 120_000, 200_000]
    assert [chunk.type for chunk in chunks] == ["key"] + ["delta"] * 5


def test_what_an_edit_list_hides_is_there_before_time_zero(tmp_path: Path) -> None:
    times = _times(write(tmp_path / "a.mp4", audio("aac", format="fltp")))
    assert times[:3] == [(-21_333, 21_333), (0, 21_333), (21_333, 21_333)]


def test_a_raw_stream_counts_its_chunks(tmp_path: Path) -> None:
    path = write(tmp_path / "a.h264", x264(global_header=False, framerate=(24, 1)))
    assert _times(path) == [(round(index * 1_000_000 / 24), 41_667) for index in range(6)]


def test_tracks_are_interleaved_as_in_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", x264(), audio("aac", format="fltp"))
    with Demuxer(path) as demuxer:
        first, second = demuxer.tracks
        assert isinstance(first, VideoTrack)
        assert isinstance(second, AudioTrack)
        chunks = list(demuxer.chunks({0, 1}))
    # Matroska counts milliseconds.
    times = [round(demuxed.chunk.timestamp / 1000) for demuxed in chunks]
    assert times == sorted(times)
    assert {demuxed.track.index for demuxed in chunks[:3]} == {0, 1}
    assert [demuxed.chunk.type for demuxed in chunks if demuxed.track is second] == ["key"] * 7


def test_only_the_tracks_asked_for_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", video("libvpx-vp9"), audio("libopus", format="flt"))
    with Demuxer(path) as demuxer:
        # The first packet was read ahead for the VP9 string.
        assert {demuxed.track.index for demuxed in demuxer.chunks({1})} == {1}


def test_what_was_read_ahead_is_not_lost(tmp_path: Path) -> None:
    assert [timestamp for timestamp, _ in _times(write(tmp_path / "a.webm", video("libvpx-vp9")))] == [
        0, 40_000, 80_000, 120_000, 160_000, 200_000
    ]  # fmt: skip


def test_a_new_configuration_in_the_middle(tmp_path: Path) -> None:
    first = write(tmp_path / "1.flv", x264()).read_bytes()
    second = write(tmp_path / "2.flv", x264(width=96, height=64)).read_bytes()
    path = tmp_path / "a.flv"
    # Without the second file header and its fields.
    path.write_bytes(first + second[13:])
    with Demuxer(path) as demuxer:
        (track,) = demuxer.tracks
        changes = []
        descriptions = []
        for demuxed in demuxer.chunks({0}):
            changes.append(demuxed.is_reconfigured)
            assert isinstance(track.config, dict)
            descriptions.append(description_of(track.config))
    assert len(changes) == 12
    assert [index for index, changed in enumerate(changes) if changed and index] == [6]
    assert len(set(descriptions[6:])) == 1
    assert descriptions[6] not in descriptions[:6]


@pytest.mark.parametrize("content", [b"", bytes(range(256)) * 40], ids=["empty", "garbage"])
def test_what_is_no_media_file_is_one_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(MediaFileError, match=r"a\.mp4: (the file is empty|not a media file that FFmpeg can read)"):
        Demuxer(path)


@pytest.mark.parametrize("path", media_files() or [None], ids=lambda path: path.name if path else "none")
def test_real_files_have_valid_configurations(path: Path | None) -> None:
    if path is None:
        pytest.skip("CODECMODEL_MEDIA is not set: no real media")
    expected = {
        "av1.mp4": "av01.0.00M.08",
        "four-colors.mp4": "av01.0.08M.08",
        "h264.annexb": "avc1.64000b",
        "h264.mp4": "avc1.64000b",
        "h264_interlaced.mp4": "avc1.640015",
        "h264_sei.annexb": "avc1.64000c",
        "h264_sei.mp4": "avc1.64000c",
        "h265.annexb": "hev1.1.6.L60.90",
        "h265.mp4": "hvc1.1.6.L60.90",
        "sfx-aac.mp4": "mp4a.40.2",
        "sfx-alaw.wav": "alaw",
        "sfx-opus.ogg": "opus",
        "sfx-pcm-f32.wav": "pcm-f32",
        "sfx-pcm-s16.wav": "pcm-s16",
        "sfx-pcm-s24.wav": "pcm-s24",
        "sfx-pcm-s32.wav": "pcm-s32",
        "sfx-pcm-u8.wav": "pcm-u8",
        "sfx-ulaw.wav": "ulaw",
        "sfx-vorbis.ogg": "vorbis",
        "sfx.adts": "mp4a.40.2",
        "sfx.flac": "flac",
        "sfx.mp3": "mp3",
        "vp8.webm": "vp8",
        "vp9.mp4": "vp09.00.20.08",
    }
    (config,) = _configs(path)
    assert config["codec"] == expected[path.name]
    codec_string = parse_codec_string(config["codec"])
    assert codec_string is not None
    registration_of(codec_string).parse_description(codec_string, description_of(config))
    has_description = path.suffix in (".mp4", ".ogg", ".flac") and codec_string.codec not in ("vp9", "av1")
    assert ("description" in config) == has_description


def test_vp9_without_a_codec_string_says_why(tmp_path: Path) -> None:
    path = write(tmp_path / "a.webm", video("libvpx-vp9", format="yuv440p"))
    with Demuxer(path) as demuxer:
        assert demuxer.video_track.problem == "VP9 4:4:0 has no codec string, and its frames would have no pixel format"
        with pytest.raises(MediaFileError, match=r"track 0 cannot be decoded: VP9 4:4:0 has no codec string"):
            _ = demuxer.video_track.config
