"""A file takes its place when it is whole, and an existing file is not touched before."""

import os
import stat
from pathlib import Path

import pytest

from codecmodel.files.new_file import NewFile, new_text_file


def write(file: NewFile, text: str) -> None:
    Path(file.temporary_path).write_text(text)


def test_a_file_appears_when_it_is_committed(tmp_path: Path) -> None:
    place = tmp_path / "film.mkv"
    file = NewFile(place)
    write(file, "new")
    assert not place.exists()
    assert Path(file.temporary_path).suffix == ".mkv"
    file.commit()
    file.discard()
    assert [path.name for path in tmp_path.iterdir()] == ["film.mkv"]
    assert place.read_text() == "new"


def test_a_file_that_was_there_stays_until_then(tmp_path: Path) -> None:
    place = tmp_path / "film.mkv"
    place.write_text("old")
    place.chmod(0o640)
    file = NewFile(place)
    write(file, "new")
    assert place.read_text() == "old"
    file.discard()
    file.discard()
    assert [path.name for path in tmp_path.iterdir()] == ["film.mkv"]
    assert place.read_text() == "old"
    file = NewFile(place)
    write(file, "new")
    file.commit()
    assert place.read_text() == "new"
    assert stat.S_IMODE(place.stat().st_mode) == 0o640


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    usual, place = tmp_path / "usual", tmp_path / "new"
    usual.write_text("")
    file = NewFile(place)
    file.commit()
    assert place.stat().st_mode == usual.stat().st_mode


def test_a_symbolic_link_stays(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "film.mkv", tmp_path / "link.mkv"
    target.write_text("old")
    link.symlink_to(target)
    file = NewFile(link)
    write(file, "new")
    file.commit()
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_long_name_has_room(tmp_path: Path) -> None:
    place = tmp_path / ("n" * 251 + ".mkv")
    NewFile(place).commit()
    assert place.exists()


def test_a_device_is_written_in_place() -> None:
    file = NewFile(os.devnull)
    assert file.temporary_path == os.devnull
    file.discard()
    file.commit()
    assert Path(os.devnull).is_char_device()


def test_a_place_where_there_can_be_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        NewFile(tmp_path / "missing" / "film.mkv")
    assert caught.value.filename == str(tmp_path / "missing" / "film.mkv")
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError):
        NewFile(tmp_path / "file" / "film.mkv")


def test_a_text_file_gets_its_name_at_the_end(tmp_path: Path) -> None:
    place = tmp_path / "a.svg"
    with new_text_file(place) as file:
        file.write("é")
        assert not place.exists()
    assert place.read_bytes() == "é".encode()
    with pytest.raises(ZeroDivisionError), new_text_file(place):
        raise ZeroDivisionError
    assert place.read_bytes() == "é".encode()
    assert [path.name for path in tmp_path.iterdir()] == ["a.svg"]
