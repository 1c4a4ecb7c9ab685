"""A container gives back the data, timestamps and descriptions that were written to it."""

import io
import struct
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from ffbind import Chapter, Container, ContainerWriter, FFmpegError, Packet, StreamParameters, rotation_matrix
from tests.ffbind.container_media import Unseekable, contents, encoded_audio, encoded_video, unseekable, written

# Format, encoder, whether it has a global header, and the time base that the format chooses for 25 pictures or 48,000
# samples a second.
VIDEO = [
    ("mp4", "libx264", True, (1, 12_800)),
    ("mp4", "libx265", True, (1, 12_800)),
    ("mp4", "libvpx-vp9", False, (1, 12_800)),
    ("mov", "mpeg4", True, (1, 12_800)),
    ("webm", "libvpx", False, (1, 1000)),
    ("webm", "libvpx-vp9", False, (1, 1000)),
    ("matroska", "libx264", True, (1, 1000)),
    ("ivf", "libvpx", False, (1, 25)),
]
AUDIO = [
    ("mp4", "aac", "fltp", True, (1, 48_000)),
    ("ogg", "libopus", "flt", False, (1, 48_000)),
    ("ogg", "flac", "s16", False, (1, 48_000)),
    ("flac", "flac", "s16", False, (1, 48_000)),
    ("mp3", "libmp3lame", "fltp", False, (1, 14_112_000)),
    ("mov", "pcm_s16le", "s16", False, (1, 48_000)),
]


def names(value: object) -> str | None:
    return value if isinstance(value, str) else ""


def without_start_codes(data: bytes) -> list[bytes]:
    """The NAL units of a packet in Annex B form."""
    return [unit for unit in data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if unit]


def without_lengths(data: bytes) -> list[bytes]:
    """The NAL units of a packet as MP4 and Matroska have them."""
    units, position = [], 0
    while position < len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        units.append(data[position + 4 : position + 4 + size])
        position += 4 + size
    return units


@pytest.mark.parametrize(("format", "codec", "global_header", "time_base"), VIDEO, ids=names)
def test_pictures(format: str, codec: str, global_header: bool, time_base: tuple[int, int]) -> None:
    made, packets = encoded_video(codec, global_header=global_header)
    with Container.open(io.BytesIO(written(format, made, packets))) as container:
        (stream,) = container.streams
        read = list(container.packets())
        assert (stream.type, stream.codec_name) == ("video", made.codec.codec_name)
        assert (stream.width, stream.height, stream.format) == (64, 48, "yuv420p")
        assert stream.time_base == time_base
        assert len(stream.extradata) > 0 or not global_header
    if made.codec.codec_name in ("h264", "hevc"):
        units = [without_start_codes(data) for data in contents(packets)]
        assert [without_lengths(data) for data in contents(read)] == units
    else:
        assert contents(read) == contents(packets)
    ticks = time_base[1] // 25
    offset = (read[0].pts or 0) - (packets[0].pts or 0) * ticks
    assert [packet.pts for packet in read] == [(packet.pts or 0) * ticks + offset for packet in packets]
    assert [packet.key for packet in read] == [packet.key for packet in packets]
    assert [packet.pts for packet in packets] == [packet.pts for packet in packets]


@pytest.mark.parametrize(("format", "codec", "samples", "global_header", "time_base"), AUDIO, ids=names)
def test_samples(format: str, codec: str, samples: str, global_header: bool, time_base: tuple[int, int]) -> None:
    made, packets = encoded_audio(codec, samples, global_header=global_header)
    with Container.open(io.BytesIO(written(format, made, packets))) as container:
        (stream,) = container.streams
        read = list(container.packets())
        assert (stream.type, stream.codec_name) == ("audio", made.codec.codec_name)
        assert (stream.sample_rate, stream.channels) == (48_000, 2)
        assert stream.time_base == time_base
    assert b"".join(contents(read)) == b"".join(contents(packets))


def test_timestamps_and_initial_padding_of_opus() -> None:
    made, packets = encoded_audio("libopus", "flt")
    with Container.open(io.BytesIO(written("ogg", made, packets))) as container:
        (stream,) = container.streams
        assert stream.extradata == made.extradata
        assert stream.extradata.startswith(b"OpusHead")
        assert stream.initial_padding == 312
        assert [packet.pts for packet in container.packets()] == [-312 + 960 * index for index in range(len(packets))]


def test_timestamps_of_aac_in_mp4() -> None:
    made, packets = encoded_audio("aac", "fltp", global_header=True)
    with Container.open(io.BytesIO(written("mp4", made, packets))) as container:
        (stream,) = container.streams
        # An AudioSpecificConfig: AAC LC, 48 kHz, two channels.
        assert stream.extradata[:2] == b"\x11\x90"
        assert stream.extradata == made.extradata
        assert (stream.codec_tag, stream.frame_rate, stream.nb_frames) == ("mp4a", (0, 0), len(packets))
        read = list(container.packets())
    assert [packet.pts for packet in read] == [-1024 + 1024 * index for index in range(len(packets))]
    assert {packet.duration for packet in read} == {1024}


def test_aac_in_adts_gains_headers() -> None:
    made, packets = encoded_audio("aac", "fltp", global_header=True)
    with Container.open(io.BytesIO(written("adts", made, packets))) as container:
        read = contents(list(container.packets()))
    assert [data[7:] for data in read] == contents(packets)
    assert {data[:2] for data in read} == {b"\xff\xf1"}


def test_h264_in_no_container() -> None:
    made, packets = encoded_video("libx264")
    assert written("h264", made, packets) == b"".join(contents(packets))


def test_samples_in_wave() -> None:
    made, packets = encoded_audio("pcm_s16le", "s16")
    data = written("wav", made, packets)
    assert data[:4] == b"RIFF"
    assert data.endswith(b"".join(contents(packets)))


def test_flac_header_is_completed_at_the_end() -> None:
    made, packets = encoded_audio("flac", "s16")
    assert packets[-1].size == 0
    data = written("flac", made, packets)
    # STREAMINFO follows "fLaC" and its block header, and ends with the MD5 of the samples.
    streaminfo = packets[-1].side_data(1)
    assert streaminfo is not None
    assert data[8 : 8 + 34] == streaminfo
    assert streaminfo[-16:] != bytes(16)


def test_description_of_h264_in_mp4() -> None:
    made, packets = encoded_video("libx264", global_header=True, options={"x264-params": "level=31"})
    data = written("mp4", made, packets, sample_aspect_ratio=(4, 3), metadata={"language": "fra"})
    with Container.open(io.BytesIO(data)) as container:
        assert container.format_name == "mov,mp4,m4a,3gp,3g2,mj2"
        assert (container.start_time, container.duration) == (0, 480_000)
        (stream,) = container.streams
        assert stream.codec_tag == "avc1"
        # An AVCDecoderConfigurationRecord, version 1, of profile 100 (High) and level 31.
        assert (stream.extradata[0], stream.extradata[1], stream.extradata[3]) == (1, 100, 31)
        assert (stream.profile, stream.level) == (100, 31)
        assert (stream.color_range, stream.color_primaries, stream.color_trc, stream.colorspace) == (1, 1, 1, 1)
        assert stream.sample_aspect_ratio == (4, 3)
        assert stream.frame_rate == (25, 1)
        assert (stream.nb_frames, stream.duration, stream.start_time) == (12, 6144, 0)
        assert stream.disposition == 1
        assert stream.metadata["language"] == "fra"
        assert stream.display_matrix is None


def test_codec_tag_can_be_chosen() -> None:
    made, packets = encoded_video("libx265", global_header=True)
    for tag in ("hvc1", "hev1"):
        with Container.open(io.BytesIO(written("mp4", made, packets, codec_tag=tag))) as container:
            assert container.streams[0].codec_tag == tag


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("clockwise", [90, 180, 270])
def test_rotation(clockwise: int, flip: bool) -> None:
    made, packets = encoded_video("mpeg4", global_header=True)
    matrix = rotation_matrix(clockwise, flip=flip)
    data = written("mp4", made, packets, display_matrix=matrix)
    with Container.open(io.BytesIO(data)) as container:
        assert container.streams[0].display_matrix == matrix


def test_rotation_matrices() -> None:
    one = 1 << 16
    assert rotation_matrix(0) == (one, 0, 0, 0, one, 0, 0, 0, 1 << 30)
    assert rotation_matrix(90) == (0, one, 0, -one, 0, 0, 0, 0, 1 << 30)
    assert rotation_matrix(180) == (-one, 0, 0, 0, -one, 0, 0, 0, 1 << 30)
    assert rotation_matrix(-90) == rotation_matrix(270) == (0, -one, 0, one, 0, 0, 0, 0, 1 << 30)
    assert rotation_matrix(90, flip=True) == (0, one, 0, one, 0, 0, 0, 0, 1 << 30)
    with pytest.raises(ValueError, match="multiples of 90"):
        rotation_matrix(45)


def test_path_and_file_object_get_the_same(tmp_path: Path) -> None:
    made, packets = encoded_video("mpeg4", global_header=True)
    path = tmp_path / "a:b.mp4"
    with ContainerWriter.open(path, options={"fflags": "+bitexact"}) as writer:
        stream = writer.add_stream(made)
        for packet in packets:
            writer.write(packet, stream)
    assert path.read_bytes() == written("mp4", made, packets)


def test_file_object_is_written_from_its_position_on() -> None:
    made, packets = encoded_video("mpeg4", global_header=True)
    target = io.BytesIO(b"something else")
    target.seek(0, io.SEEK_END)
    with ContainerWriter.open(cast("BinaryIO", target), "mp4", options={"fflags": "+bitexact"}) as writer:
        stream = writer.add_stream(made)
        for packet in packets:
            writer.write(packet, stream)
    assert target.getvalue() == b"something else" + written("mp4", made, packets)


@pytest.mark.parametrize("most", [10, 1 << 20])
def test_unseekable_file_object(most: int) -> None:
    made, packets = encoded_video("mpeg4", global_header=True)
    target = Unseekable(most=most)
    with ContainerWriter.open(cast("BinaryIO", target), "matroska") as writer:
        stream = writer.add_stream(made)
        for packet in packets:
            writer.write(packet, stream)
    with Container.open(io.BytesIO(target.getvalue())) as container:
        assert contents(list(container.packets())) == contents(packets)
    with pytest.raises(FFmpegError, match="avformat_write_header"), ContainerWriter.open(unseekable(), "mp4") as writer:
        writer.add_stream(made)


@pytest.mark.parametrize("format", ["mp4", "matroska"])
def test_remuxing(format: str) -> None:
    made, packets = encoded_video("libx264", global_header=True)
    matrix = rotation_matrix(90)
    first = written("mp4", made, packets, display_matrix=matrix, sample_aspect_ratio=(4, 3))
    target = io.BytesIO()
    with Container.open(io.BytesIO(first)) as source, ContainerWriter.open(cast("BinaryIO", target), format) as writer:
        stream = writer.add_stream(source.streams[0])
        originals = list(source.packets())
        for packet in originals:
            writer.write(packet, stream)
        with Container.open(io.BytesIO(first)) as again:
            untouched = [(packet.pts, packet.dts, packet.stream_index) for packet in again.packets()]
        assert [(packet.pts, packet.dts, packet.stream_index) for packet in originals] == untouched
        extradata = source.streams[0].extradata
    target.seek(0)
    with Container.open(target) as container:
        (stream_again,) = container.streams
        copies = list(container.packets())
        assert stream_again.extradata == extradata
        assert stream_again.sample_aspect_ratio == (4, 3)
        if format == "mp4":
            assert stream_again.display_matrix == matrix
            assert [(p.pts, p.dts, p.duration) for p in copies] == [(p.pts, p.dts, p.duration) for p in originals]
    assert contents(copies) == contents(originals)


def test_streams_are_interleaved() -> None:
    video, pictures = encoded_video("mpeg4", global_header=True)
    audio, samples = encoded_audio("pcm_s16le", "s16", count=24)
    target = io.BytesIO()
    with ContainerWriter.open(cast("BinaryIO", target), "matroska", metadata={"title": "Both"}) as writer:
        first, second = writer.add_stream(video), writer.add_stream(audio, disposition=1)
        for packet in pictures:
            writer.write(packet, first)
        for packet in samples:
            writer.write(packet, second)
    target.seek(0)
    with Container.open(target) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]
        assert container.metadata["title"] == "Both"
        order = [(packet.dts, packet.stream_index) for packet in container.packets()]
    assert len(order) == 36
    assert [dts for dts, _ in order] == sorted(dts or 0 for dts, _ in order)


def test_needs_global_header() -> None:
    for format, needed in (("mp4", True), ("mpegts", False)):
        writer = ContainerWriter.open(io.BytesIO(), format)
        assert writer.needs_global_header == needed
        writer.discard()


@pytest.mark.parametrize("format", ["mp4", "matroska"])
def test_chapters(format: str) -> None:
    made, packets = encoded_video("mpeg4", global_header=True)
    chapters = [Chapter((1, 1000), 0, 200, {"title": "One"}), Chapter((1, 25), 5, 12, {"title": "Two"})]
    target = io.BytesIO()
    with ContainerWriter.open(target, format) as writer:
        assert writer.format_name == format
        writer.set_chapters(chapters)
        with pytest.raises(ValueError, match="chapters can be set once"):
            writer.set_chapters(chapters)
        stream = writer.add_stream(made)
        for packet in packets:
            writer.write(packet, stream)
    target.seek(0)
    with Container.open(target) as container:
        read = container.chapters
    assert [chapter.metadata["title"] for chapter in read] == ["One", "Two"]
    times = [[Fraction(time * c.time_base[0], c.time_base[1]) for time in (c.start, c.end)] for c in read]
    assert times == [[0, Fraction(1, 5)], [Fraction(1, 5), Fraction(12, 25)]]


def test_side_data_of_a_stream() -> None:
    made, packets = encoded_video("libx264", global_header=True)
    # AVContentLightMetadata: MaxCLL and MaxFALL, in cd/m².
    content_light = struct.pack("=II", 1000, 400)
    target = io.BytesIO()
    with ContainerWriter.open(target, "matroska") as writer:
        stream = writer.add_stream(made, side_data={22: content_light})
        for packet in packets:
            writer.write(packet, stream)
    target.seek(0)
    with Container.open(target) as container:
        assert container.streams[0].side_data(22) == content_light
        assert container.streams[0].side_data(20) is None


def test_channels_that_are_not_the_default_ones() -> None:
    # Left, right and centre; FFmpeg's default of three channels is left, right and low frequencies.
    parameters = StreamParameters(
        codec_name="pcm_s16le", time_base=(1, 48_000), sample_rate=48_000, channels=3, channel_mask=0b111
    )
    target = io.BytesIO()
    with ContainerWriter.open(target, "wav") as writer:
        stream = writer.add_stream(parameters)
        writer.write(Packet(bytes(600), pts=0, duration=100), stream)
    target.seek(0)
    with Container.open(target) as container:
        assert (container.streams[0].channels, container.streams[0].channel_mask) == (3, 0b111)
