"""The rest of a damaged file is decoded, and a line reports the losses."""

import os
import re
import struct
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

import pytest

import ffbind
from codecmodel.command_line.damage import ChunksInFlight, TrackDamage
from codecmodel.command_line.main import main
from codecmodel.encoded_chunks import EncodedVideoChunk
from codecmodel.files import DemuxedVideoChunk, Demuxer
from codecmodel.files.continuity import Continuity
from tests.codecmodel.files.media import audio, noise, video, write, x264

_PACKET = 188
_VIDEO, _AUDIO = 0x100, 0x101


def _run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, list[str]]:
    """The exit status, and the lines on standard error."""
    status = main([*map(str, arguments), "--quiet"])
    output = capsys.readouterr()
    assert output.out == ""
    return status, output.err.splitlines()


def _pictures(path: Path) -> list[bytes]:
    return path.read_bytes().split(b"FRAME\n")[1:]


def _samples(path: Path) -> int:
    """The number of frames in a WAV file of ours."""
    data = path.read_bytes()
    (block,) = struct.unpack_from("<H", data, 68)
    (size,) = struct.unpack_from("<I", data, data.index(b"data", 60) + 4)
    return int(size // block)


def _timestamps(path: Path) -> list[int]:
    with Demuxer(path) as demuxer:
        return sorted(demuxed.chunk.timestamp for demuxed in demuxer.chunks([0]))


def _replace(packets: list[ffbind.Packet], index: int) -> None:
    """Replace the data of a packet by nonsense."""
    replaced = packets[index]
    nonsense = b"\xff" * replaced.size
    packets[index] = ffbind.Packet(nonsense, pts=replaced.pts, dts=replaced.dts, duration=replaced.duration)
    replaced.close()


# Chunks that cannot be decoded.


def test_decoding_goes_on_at_the_next_key_frame(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # There is a key frame after the two frames that are lost.
    stream = video("libvpx", count=12)
    _replace(stream.packets, 8)
    path = write(tmp_path / "a.webm", stream)
    status, (line,) = _run(capsys, "decode", path, "--out", tmp_path / "out")
    out = tmp_path / "out" / "a.webm.track0.y4m"
    assert status == 1
    assert line.startswith(f"error: {path}: track 0 (vp8): EncodingError: ")
    assert line.endswith(f", 2 of 12 chunks are left out; decoded to {out}")
    assert out.read_bytes().startswith(b"YUV4MPEG2 W64 H48 F25:1 ")
    pictures = _pictures(out)
    # Y4M has no timestamps: the frame before the gap fills it.
    assert len(pictures) == 12
    assert pictures[7] == pictures[8] == pictures[9] != pictures[10]


def test_broken_data_at_the_end_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stream = video("libvpx", count=12)
    _replace(stream.packets, 10)
    _replace(stream.packets, 11)
    path = write(tmp_path / "a.webm", stream)
    status, (line,) = _run(capsys, "decode", path, "--out", tmp_path / "out")
    out = tmp_path / "out" / "a.webm.track0.y4m"
    assert status == 1
    assert line.endswith(f", 2 of 12 chunks are left out; decoded until then: {out}")
    assert len(_pictures(out)) == 10


def test_lost_sound_is_silence_in_a_wav_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stream = audio("flac", format="s16", count=12)
    _replace(stream.packets, 5)
    path = write(tmp_path / "a.mkv", stream)
    status, (line,) = _run(capsys, "decode", path, "--out", tmp_path / "out")
    assert status == 1
    assert ", 1 of 12 chunks is left out; decoded to " in line
    # Matroska counts milliseconds.
    assert abs(_samples(tmp_path / "out" / "a.mkv.track0.wav") - 12 * 4608) <= 48


def _with_a_hole(path: Path) -> Path:
    """An Ogg file from which a page in the middle is taken."""
    content = path.read_bytes()
    pages = [b"OggS" + page for page in content.split(b"OggS")[1:]]
    assert len(pages) > 5
    del pages[len(pages) // 2]
    path.write_bytes(b"".join(pages))
    return path


@pytest.mark.parametrize(("encoder", "format", "samples"), [("flac", "s16", 4608), ("libopus", "flt", 960)])
def test_a_page_of_ogg_is_missing(
    encoder: str, format: str, samples: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "a.ogg", audio(encoder, format=format, count=400 if encoder == "libopus" else 40))
    status, _ = _run(capsys, "decode", path, "--out", tmp_path / "whole")
    whole = _samples(tmp_path / "whole" / "a.ogg.track0.wav")
    assert (status, whole % samples) == (0, 0)
    _with_a_hole(path)
    status, (line,) = _run(capsys, "decode", path, "--out", tmp_path / "out")
    target = tmp_path / "out" / "a.ogg.track0.wav"
    assert status == 1
    assert line.endswith(f": chunks are missing at 1 place; decoded to {target}")
    # Silence stands for them.
    assert abs(_samples(target) - whole) <= 1
    status, (line,) = _run(capsys, "decode", path, "--out", tmp_path / "strict", "--strict")
    assert status == 1
    assert ": chunks are missing before chunk " in line
    status, (line,) = _run(capsys, "transcode", path, tmp_path / "b.ogg", "--audio", "copy")
    assert status == 1
    assert ": chunks are missing at 1 place" in line


def test_strict_stops_at_the_first_damage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stream = video("libvpx", count=12)
    _replace(stream.packets, 8)
    path = write(tmp_path / "a.webm", stream)
    status, (line,) = _run(capsys, "decode", path, "--out", tmp_path / "out", "--strict")
    out = tmp_path / "out" / "a.webm.track0.y4m"
    assert status == 1
    assert line.endswith(f"; decoded until then: {out}")
    assert len(_pictures(out)) == 8
    status, _ = _run(capsys, "transcode", path, tmp_path / "b.webm", "--strict")
    assert (status, (tmp_path / "b.webm").exists()) == (1, False)


def test_transcode_keeps_what_could_be_decoded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stream = video("libvpx", count=12)
    _replace(stream.packets, 8)
    path, target = write(tmp_path / "a.webm", stream), tmp_path / "b.webm"
    status, (line,) = _run(capsys, "transcode", path, target)
    assert status == 1
    assert line.endswith(f", 2 of 12 chunks are left out; the rest is in {target}")
    assert [timestamp // 40_000 for timestamp in _timestamps(target)] == [0, 1, 2, 3, 4, 5, 6, 7, 10, 11]


def test_a_track_of_nothing_but_nonsense_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stream = audio("flac", format="s16", count=80)
    for index in range(len(stream.packets)):
        _replace(stream.packets, index)
    path = write(tmp_path / "a.mkv", stream)
    status, (line,) = _run(capsys, "decode", path, "--out", tmp_path / "out")
    assert status == 1
    assert line.startswith(f"error: {path}: track 0 (flac): EncodingError: ")
    assert list((tmp_path / "out").iterdir()) == []


# Transport streams.


def _recording(path: Path) -> bytes:
    """Two seconds of pictures with a key frame every ten and two B-frames, and of sound."""
    options = {"preset": "ultrafast", "x264-params": "scenecut=0:b-adapt=0"}
    pictures = x264(count=50, gop_size=10, max_b_frames=2, global_header=False, is_noise=True, options=options)
    return write(path, pictures, audio("aac", format="fltp", count=94, fill=noise)).read_bytes()


def _packets(data: bytes | bytearray, pid: int) -> list[int]:
    """The positions of the packets of an elementary stream."""
    return [
        position
        for position in range(0, len(data), _PACKET)
        if int.from_bytes(data[position + 1 : position + 3], "big") & 0x1FFF == pid
    ]


def _without_a_packet(data: bytes, pid: int) -> bytes:
    """The recording without a packet in its middle that does not begin a chunk."""
    position = _packets(data, pid)[_inner(data, pid)]
    return data[:position] + data[position + _PACKET :]


def _inner(data: bytes | bytearray, pid: int) -> int:
    """The number of a packet of the elementary stream, in its middle, that does not begin a chunk."""
    positions = _packets(data, pid)
    return next(
        number for number in range(len(positions) // 2, len(positions)) if not data[positions[number] + 1] & 0x40
    )


@pytest.mark.parametrize(("pid", "track"), [(_VIDEO, "track 0 (h264): "), (_AUDIO, "track 1 (aac): ")])
def test_a_packet_is_missing(pid: int, track: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.ts"
    path.write_bytes(_without_a_packet(_recording(path), pid))
    status, lines = _run(capsys, "decode", path, "--out", tmp_path / "out")
    assert len(lines) == 1
    assert lines[0].split(f"{path}: ")[1].startswith(track)
    # A chunk may be decoded in spite of its damage.
    assert status == (0 if lines[0].endswith("nothing is left out") else 1)
    assert len(_pictures(tmp_path / "out" / "a.ts.track0.y4m")) == 50
    assert 93 * 1024 <= _samples(tmp_path / "out" / "a.ts.track1.wav") <= 96 * 1024


def test_a_jump_of_the_counter_loses_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.ts"
    data = bytearray(_recording(path))
    for position in _packets(data, _VIDEO)[_inner(data, _VIDEO) :]:
        counter = data[position + 3]
        data[position + 3] = counter & 0xF0 | (counter + 5) & 0xF
    path.write_bytes(data)
    status, (line,) = _run(capsys, "decode", path, "--out", tmp_path / "out")
    assert status == 0
    assert line == f"warning: {path}: track 0 (h264): 1 of 50 chunks is damaged, nothing is left out"
    assert len(_pictures(tmp_path / "out" / "a.ts.track0.y4m")) == 50


def test_two_recordings_are_joined(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.ts"
    path.write_bytes(_recording(path) * 2)
    status, _ = _run(capsys, "transcode", path, tmp_path / "b.mkv")
    assert status == 0
    timestamps = _timestamps(tmp_path / "b.mkv")
    assert len(timestamps) == 100
    steps = [later - earlier for earlier, later in pairwise(timestamps)]
    assert [number for number, step in enumerate(steps) if abs(step - 40_000) > 1000] in ([49], [])
    assert 40_000 <= steps[49] <= 140_000


# Parts of files that are missing.


def _vint(data: bytes, position: int) -> tuple[int, int]:
    """The number at a position as EBML codes sizes, and the position after it."""
    octets = 9 - data[position].bit_length()
    return int.from_bytes(data[position : position + octets], "big") & ((1 << 7 * octets) - 1), position + octets


def _clusters(data: bytes) -> list[tuple[int, int]]:
    """The beginning and the end of each cluster of a Matroska file, to the next one if its size is unknown."""
    starts = [match.start() for match in re.finditer(b"\x1f\x43\xb6\x75", data)]
    clusters = []
    for number, start in enumerate(starts):
        size, content = _vint(data, start + 4)
        is_unknown = data[start + 4 : content] == b"\x01" + b"\xff" * 7
        following = starts[number + 1] if number + 1 < len(starts) else len(data)
        clusters.append((start, following if is_unknown else content + size))
    return clusters


def _without_cluster(data: bytes, way: str) -> bytes:
    """A Matroska file without a cluster in its middle."""
    clusters = _clusters(data)
    begin, end = clusters[len(clusters) // 2]
    match way:
        case "zeros":
            return data[:begin] + bytes(end - begin) + data[end:]
        case "noise":
            return data[:begin] + b"\xa5" * (end - begin) + data[end:]
        case "void":
            void = b"\xec\x01" + (end - begin - 9).to_bytes(7, "big")
            return data[:begin] + void + bytes(end - begin - 9) + data[end:]
        case _:
            place = data.index(b"\x18\x53\x80\x67") + 4
            size, content = _vint(data, place)
            width = content - place
            new_size = (size - (end - begin) | 1 << 7 * width).to_bytes(width, "big")
            return (
                data[:place]
                + (new_size if way == "cut out" else data[place:content])
                + data[content:begin]
                + data[end:]
            )


def _movie(path: Path, *, options: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """Four seconds of pictures with a key frame a second, and of sound."""
    if path.suffix == ".webm":
        pictures, sound = video("libvpx", count=100, gop_size=25), audio("libopus", format="flt", count=200)
    else:
        pictures = x264(count=100, gop_size=25, max_b_frames=2, is_noise=True)
        sound = audio("aac", format="fltp", count=187, fill=noise)
    if path.suffix == ".webm":
        options = {"cluster_time_limit": "900", **options}
    return write(path, pictures, sound, options=options).read_bytes()


def _holes(capsys: pytest.CaptureFixture[str], path: Path, out: Path) -> list[str]:
    """The lines about a damaged file, without its name and those of outputs."""
    status, lines = _run(capsys, "decode", path, "--out", out)
    assert status == (1 if lines else 0)
    if lines:
        strict_status, (line,) = _run(capsys, "transcode", path, out / "strict.mkv", "--strict")
        assert (strict_status, (out / "strict.mkv").exists()) == (1, False)
        assert "missing" in line or "damaged" in line
        status, copied = _run(capsys, "transcode", path, out / "copy.mkv", "--video", "copy", "--audio", "copy")
        assert status == 1
        assert copied
    return [line.removeprefix(f"error: {path}: ").split("; decoded")[0] for line in lines]


_BOTH = {
    ".mkv": ["track 0 (h264): chunks are missing at 1 place", "track 1 (aac): chunks are missing at 1 place"],
    ".webm": ["track 0 (vp8): chunks are missing at 1 place", "track 1 (opus): chunks are missing at 1 place"],
    ".mp4": ["track 0 (h264): chunks are missing at 1 place", "track 1 (aac): chunks are missing at 1 place"],
}


@pytest.mark.parametrize("way", ["zeros", "noise", "void", "cut out"])
@pytest.mark.parametrize("name", ["a.mkv", "a.webm"])
def test_a_cluster_is_missing(name: str, way: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / name
    data = _movie(path)
    assert _holes(capsys, path, tmp_path / "whole") == []
    path.write_bytes(_without_cluster(data, way))
    assert _holes(capsys, path, tmp_path / "out") == _BOTH[path.suffix]


def test_a_cluster_is_missing_and_the_file_too_short(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.mkv"
    data = _movie(path)
    cut = _without_cluster(data, "cut")
    path.write_bytes(cut)
    missing = f"at least {len(data) - len(cut):,} bytes are missing in it"
    assert _holes(capsys, path, tmp_path / "out") == ["; ".join([missing, *_BOTH[".mkv"]])]


@pytest.mark.parametrize("way", ["zeros", "noise", "void"])
def test_a_cluster_of_a_live_stream_is_missing(way: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It has neither Cues nor sizes."""
    path = tmp_path / "a.webm"
    path.write_bytes(_without_cluster(_movie(path, options={"live": "1"}), way))
    assert _holes(capsys, path, tmp_path / "out") == _BOTH[".webm"]


def test_the_last_cluster_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.mkv"
    data = _movie(path)
    begin, end = _clusters(data)[-1]
    path.write_bytes(data[:begin] + bytes(end - begin) + data[end:])
    assert _holes(capsys, path, tmp_path / "out") == ["chunks are missing at its end"]


def test_a_pause_is_no_hole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.mkv", "a.mp4", "a.flv", "a.ts"):
        pictures, sound = (
            x264(count=60, gop_size=10, global_header=name != "a.ts"),
            audio("aac", format="fltp", count=90),
        )
        for stream, tick in ((pictures, 25), (sound, 48_000)):
            for packet in stream.packets:
                if (packet.pts or 0) >= tick:
                    packet.pts, packet.dts = (packet.pts or 0) + 3 * tick, (packet.dts or 0) + 3 * tick
        options = {"movflags": "frag_keyframe+empty_moov"} if name == "a.mp4" else {}
        path = write(tmp_path / name, pictures, sound, options=options)
        assert _holes(capsys, path, tmp_path / f"out {name}") == []
    if "CODECMODEL_MEDIA" in os.environ:
        assert _holes(capsys, _fault("writing/pause_300s.mkv"), tmp_path / "out") == []


def _boxes(data: bytes) -> list[tuple[bytes, int, int]]:
    """The type, the beginning and the end of each top-level box of an MP4 file."""
    boxes, position = [], 0
    while position < len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        boxes.append((data[position + 4 : position + 8], position, position + size))
        position += size
    return boxes


@pytest.mark.parametrize("place", ["middle", "end"])
def test_a_fragment_is_missing(place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.mp4"
    data = _movie(path, options={"movflags": "frag_keyframe+empty_moov+default_base_moof"})
    assert _holes(capsys, path, tmp_path / "whole") == []
    boxes = _boxes(data)
    fragments = [number for number, box in enumerate(boxes) if box[0] == b"moof"]
    number = fragments[len(fragments) // 2 if place == "middle" else -1]
    path.write_bytes(data[: boxes[number][1]] + data[boxes[number + 1][2] :])
    expected = _BOTH[".mp4"] if place == "middle" else ["chunks are missing at its end"]
    assert _holes(capsys, path, tmp_path / "out") == expected


def test_fragments_after_zeros_are_not_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.mp4"
    data = _movie(path, options={"movflags": "frag_keyframe+empty_moov+default_base_moof"})
    boxes = _boxes(data)
    number = [number for number, box in enumerate(boxes) if box[0] == b"moof"][2]
    begin, end = boxes[number][1], boxes[number + 1][2]
    path.write_bytes(data[:begin] + bytes(end - begin) + data[end:])
    assert _holes(capsys, path, tmp_path / "out") == ["chunks are missing at its end"]


def _tags(data: bytes, kind: int) -> list[tuple[int, int]]:
    """The beginning and the end of each tag of a kind in an FLV file."""
    tags, position = [], 13
    while position + 11 < len(data):
        end = position + 11 + int.from_bytes(data[position + 1 : position + 4], "big")
        if data[position] == kind:
            tags.append((position, end))
        position = end + 4
    return tags


@pytest.mark.parametrize("kind", [8, 9])
def test_a_tag_of_flv_is_missing(kind: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.flv"
    data = _movie(path)
    assert _holes(capsys, path, tmp_path / "whole") == []
    tags = _tags(data, kind)
    begin, end = tags[len(tags) // 2]
    # With the size of the tag before it, which the next tag's size follows then.
    path.write_bytes(data[: begin - 4] + data[end:])
    (line,) = _holes(capsys, path, tmp_path / "out")
    track = "track 1 (aac)" if kind == 8 else "track 0 (h264)"
    assert f"{track}: chunks are missing at 1 place" in line
    # With its own size.
    path.write_bytes(data[:begin] + data[end + 4 :])
    (line,) = _holes(capsys, path, tmp_path / "other")
    assert line.startswith(f"at least {end - begin + 4:,} bytes are missing in it")


@pytest.mark.parametrize(
    ("pid", "count"), [(_VIDEO, 1), (_VIDEO, 2), (_VIDEO, 12), (_AUDIO, 1), (_AUDIO, 2), (_AUDIO, 5)]
)
def test_whole_chunks_of_a_transport_stream_are_missing(
    pid: int, count: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.ts"
    data = _recording(path)
    positions = _packets(data, pid)
    starts = [position for position in positions if data[position + 1] & 0x40]
    first = len(starts) // 3
    lost = {position for position in positions if starts[first] <= position < starts[first + count]}
    kept = [data[at : at + _PACKET] for at in range(0, len(data), _PACKET) if at not in lost]
    path.write_bytes(b"".join(kept))
    # An H.264 stream has sixteen packets or more for a frame of noise, and the counter has four bits.
    if pid == _VIDEO and len(lost) % 16 == 0:
        pytest.skip("the counter cannot tell")
    (line,) = _holes(capsys, path, tmp_path / "out")
    assert line.startswith("track 1 (aac): " if pid == _AUDIO else "track 0 (h264): ")
    assert "chunks are missing at 1 place" in line


# The faulty files beside the test media.


def _fault(name: str) -> Path:
    media = os.environ.get("CODECMODEL_MEDIA")
    path = Path(media or "", "..", "faults", name)
    if media is None or not path.exists():
        pytest.skip(f"CODECMODEL_MEDIA names no directory with faults/{name} beside it")
    return path


@pytest.mark.parametrize("name", ["lost1a.ts", "lost1v.ts"])
def test_a_recording_with_a_hole(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, (line,) = _run(capsys, "decode", _fault(name), "--out", tmp_path / "out")
    assert status == 1
    assert "chunks are left out; decoded to " in line
    assert len(_pictures(tmp_path / "out" / f"{name}.track0.y4m")) == 100
    # As samples of 16 bits, 352 to 357 kB.
    assert 352_000 <= 2 * _samples(tmp_path / "out" / f"{name}.track1.wav") <= 357_000


# The parts.


def _demuxed(timestamp: int, key: bool = False) -> DemuxedVideoChunk:
    chunk = EncodedVideoChunk({"type": "key" if key else "delta", "timestamp": timestamp, "data": b"-"})
    return DemuxedVideoChunk(None, chunk, False)  # type: ignore[arg-type]  # the track does not matter


def _split(chunks: Sequence[DemuxedVideoChunk], *output: int) -> tuple[list[int], list[int]]:
    """The timestamps of the lost chunks, and of the others, after output from some."""
    in_flight: ChunksInFlight[DemuxedVideoChunk] = ChunksInFlight()
    for chunk in chunks:
        in_flight.add(chunk)
    for timestamp in output:
        in_flight.remove(timestamp)
    lost, rest = in_flight.split()
    assert in_flight.split() == ([], ())
    return [each.chunk.timestamp for each in lost], [each.chunk.timestamp for each in rest]


def test_the_first_chunk_in_flight_is_the_broken_one() -> None:
    assert _split([_demuxed(1, True), _demuxed(2), _demuxed(3, True), _demuxed(4)]) == ([1, 2], [3, 4])
    assert _split([_demuxed(1, True), _demuxed(2, True)]) == ([1], [2])
    assert _split([_demuxed(1, True), _demuxed(2), _demuxed(3)]) == ([1, 2, 3], [])


def test_chunks_with_output_are_not_in_flight() -> None:
    assert _split([_demuxed(1, True), _demuxed(3), _demuxed(2), _demuxed(4, True)], 1, 2) == ([3], [4])


def test_chunks_that_nothing_comes_from_are_forgotten() -> None:
    assert _split([_demuxed(number) for number in range(100)]) == (list(range(36, 100)), [])


def test_damage_in_words() -> None:
    assert TrackDamage().in_words(9) == ""
    assert TrackDamage(damaged_chunks=1).in_words(9) == "1 of 9 chunks is damaged, nothing is left out"
    assert TrackDamage(2, 3, "EncodingError").in_words(9) == (
        "EncodingError, 2 of 9 chunks are damaged, 3 of 9 chunks are left out"
    )
    assert TrackDamage(error="EncodingError", holes=2).in_words(9) == "EncodingError, chunks are missing at 2 places"


def test_continuity_of_one_recording() -> None:
    continuity = Continuity()
    assert [continuity.shift_of(0, time, 40) for time in (7_000_000, 7_000_040, 9_000_000, 8_950_000)] == [0] * 4


def test_a_jump_back_begins_where_the_longest_track_ends() -> None:
    continuity = Continuity()
    continuity.shift_of(0, 5_000_000, 40_000)
    continuity.shift_of(1, 5_020_000, 40_000)
    assert continuity.shift_of(0, 1_000_000, 40_000) == 4_060_000
    # The other track still ends the recording. It follows by the same shift.
    assert continuity.shift_of(1, 5_060_000, 40_000) == 0
    assert continuity.shift_of(1, 990_000, 40_000) == 4_060_000


def test_a_jump_ahead() -> None:
    continuity = Continuity()
    continuity.shift_of(0, 0, 40_000)
    assert continuity.shift_of(0, 60_000_000, 40_000) == -59_960_000
    assert continuity.shift_of(0, 60_040_000, 40_000) == -59_960_000
