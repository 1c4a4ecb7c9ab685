"""``python -m codecmodel thumbnails``: the pictures that it takes, and their content."""

import io
from pathlib import Path

import numpy as np
import pytest

import ffbind
from codecmodel.command_line.main import main
from codecmodel.command_line.thumbnails_command import chosen
from codecmodel.encoded_chunks import EncodedVideoChunk
from codecmodel.files.png import write_png
from tests.codecmodel.files.media import audio, write, x264

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")

_OPTIONS = {"preset": "ultrafast", "x264-params": "scenecut=0"}


def _movie(path: Path, **description: object) -> Path:
    """Twenty pictures, each brighter than the one before. Each fifth is a key frame."""
    return write(
        path, x264(count=20, gop_size=5, options=_OPTIONS, description=description), audio("aac", format="fltp")
    )


def test_key_frames_that_are_spread_over_the_video(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = _movie(tmp_path / "a.mp4"), tmp_path / "out"
    assert main(["thumbnails", str(path), "--out", str(out), "--count", "2", "--width", "32"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"{out}/a.mp4.thumbnail1.png: at 0.200 s", f"{out}/a.mp4.thumbnail2.png: at 0.400 s"]
    levels = []
    for number in (1, 2):
        with Image.open(out / f"a.mp4.thumbnail{number}.png") as image:
            assert (image.size, image.mode) == ((32, 24), "RGB")
            levels.append(round(np.asarray(image).mean()))
    # Luma and chroma are 70 and 120. BT.709 makes (0, 106, 0) and (107, 127, 104) of them.
    assert levels == pytest.approx([106 / 3, (107 + 127 + 104) / 3], abs=2)


def test_no_more_pictures_than_there_are_key_frames(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main(["thumbnails", str(_movie(tmp_path / "a.mp4")), "--out", str(out), "--count", "50", "--quiet"]) == 0
    assert sorted(path.name for path in out.iterdir()) == [f"a.mp4.thumbnail{number}.png" for number in range(1, 5)]


def test_pictures_are_upright(tmp_path: Path) -> None:
    path = _movie(tmp_path / "a.mp4", display_matrix=ffbind.rotation_matrix(90))
    assert main(["thumbnails", str(path), "--out", str(tmp_path), "--count", "1", "--width", "48", "--quiet"]) == 0
    with Image.open(tmp_path / "a.mp4.thumbnail1.png") as image:
        assert image.size == (48, 64)


def test_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sound = write(tmp_path / "a.mka", audio("flac", format="s16"))
    assert main(["thumbnails", str(sound), "--out", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"error: {sound}: it has no video track, only audio (flac)\n"
    path = _movie(tmp_path / "a.mp4")
    (tmp_path / "a.mp4.thumbnail2.png").write_text("precious")
    assert main(["thumbnails", str(path), "--out", str(tmp_path)]) == 1
    assert "file exists; --overwrite replaces it" in capsys.readouterr().err
    assert main(["thumbnails", str(path), "--out", str(path)]) == 1
    assert capsys.readouterr().err == f"error: {path}: File exists\n"
    with pytest.raises(SystemExit):
        main(["thumbnails", str(path), "--out", str(tmp_path), "--count", "0"])


def _keys(*timestamps: int) -> list[EncodedVideoChunk]:
    return [EncodedVideoChunk({"type": "key", "timestamp": timestamp, "data": b"-"}) for timestamp in timestamps]


@pytest.mark.parametrize(
    ("timestamps", "count", "expected"),
    [
        ((), 3, []),
        ((7,), 3, [7]),
        ((0, 10, 20, 30, 40), 1, [20]),
        ((0, 10, 20, 30, 40), 2, [10, 30]),
        ((0, 100), 4, [0, 100]),
    ],
)
def test_chosen_key_frames(timestamps: tuple[int, ...], count: int, expected: list[int]) -> None:
    assert [key.timestamp for key in chosen(_keys(*timestamps), count)] == expected


def test_png_holds_every_pixel() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (7, 5, 3), np.uint8)
    file = io.BytesIO()
    write_png(file, pixels)
    with Image.open(file) as image:
        assert (np.asarray(image) == pixels).all()
