"""Files that end before their container does."""

from pathlib import Path

import pytest

from codecmodel.files.truncation import missing_bytes
from tests.codecmodel.files.media import audio, media_files, video, wave, write, x264


def _missing_bytes(path: Path) -> int:
    with path.open("rb") as file:
        return missing_bytes(file, path.stat().st_size)


_CONTAINERS = ["mp4", "webm", "wav", "ogg", "mp3", "flv"]


@pytest.fixture(scope="module", params=_CONTAINERS)
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / f"a.{request.param}"
    match request.param:
        case "mp4":
            return write(path, x264())
        case "webm":
            return write(path, video("libvpx"))
        case "flv":
            return write(path, x264())
        case "wav":
            return wave(path, bytes(4001), bits=8)
        case "ogg":
            return write(path, audio("libopus", format="flt", count=60))
        case _:
            return write(path, audio("libmp3lame", format="fltp"))


def test_a_whole_file_misses_nothing(whole: Path) -> None:
    assert _missing_bytes(whole) == 0


@pytest.mark.parametrize("cut", [2, 10, 100])
def test_what_is_cut_off_is_counted(whole: Path, tmp_path: Path, cut: int) -> None:
    path = tmp_path / whole.name
    path.write_bytes(whole.read_bytes()[:-cut])
    # MP4's last box and Ogg's last page are short, so a long cut reaches the part before them.
    missing = _missing_bytes(path)
    assert missing == cut if whole.suffix in (".webm", ".wav", ".mp3", ".flv") else 0 < missing <= cut


def test_bytes_after_the_container_do_no_harm(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / whole.name
    path.write_bytes(whole.read_bytes() + bytes(5))
    assert _missing_bytes(path) == 0


def test_unknown_sizes_are_not_held_against_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    data = bytearray(wave(path, bytes(100)).read_bytes())
    data[4:8] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    assert _missing_bytes(path) == 0
    live = tmp_path / "a.webm"
    live.write_bytes(bytes.fromhex("1a45dfa3 80 18538067 01ffffffffffffff") + bytes(10))
    assert _missing_bytes(live) == 0
    # The header of the last box says that it extends to the end of the file.
    boxes = tmp_path / "a.mp4"
    boxes.write_bytes(b"\0\0\0\x08ftyp" + b"\0\0\0\0mdat" + bytes(3))
    assert _missing_bytes(boxes) == 0


def test_sizes_of_64_bits_count(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"\0\0\0\x08ftyp" + b"\0\0\0\x01mdat" + (2**40).to_bytes(8, "big") + bytes(3))
    assert _missing_bytes(path) == 2**40 - 16 - 3


@pytest.mark.parametrize(
    ("head", "missing"),
    [
        (b"", 0),
        (b"text", 0),
        (b"\0\0\0\x18ftyp", 16),
        (b"\0\0\0\x18ftyp" + b"isom" * 4 + b"\0\0\0\x10m", 3),
        (b"\x1a\x45\xdf\xa3", 0),
        (b"RIFF", 0),
        (b"OggS", 23),
        (b"ID3", 0),
    ],
)
def test_a_head_alone_is_read_as_far_as_it_goes(tmp_path: Path, head: bytes, missing: int) -> None:
    path = tmp_path / "head"
    path.write_bytes(head)
    assert _missing_bytes(path) == missing


@pytest.mark.parametrize("path", media_files() or [None], ids=lambda path: path.name if path else "none")
def test_real_files_miss_nothing(path: Path | None) -> None:
    if path is None:
        pytest.skip("CODECMODEL_MEDIA is not set: no real media")
    assert _missing_bytes(path) == 0
