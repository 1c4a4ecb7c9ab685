"""Parts that a file has lost, by its structure. The command line's tests have the files of each kind."""

import io
import random
from pathlib import Path

import pytest

from codecmodel.files.lost_parts import LostParts, _Cluster, _compare_with_cues, _CuedCluster, lost_parts
from tests.codecmodel.files.media import audio, media_files, video, write, x264


def _lost(data: bytes) -> LostParts:
    return lost_parts(io.BytesIO(data), len(data))


@pytest.mark.parametrize("path", media_files(), ids=lambda path: path.name)
def test_nothing_is_lost_in_whole_files(path: Path) -> None:
    lost = _lost(path.read_bytes())
    assert (list(lost.positions), lost.is_end_lost) == ([], False)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    directory = tmp_path_factory.mktemp("files")
    fragments = {"movflags": "frag_keyframe+empty_moov"}
    return [
        write(directory / "a.webm", video("libvpx", count=60, is_noise=True)).read_bytes(),
        write(directory / "b.webm", video("libvpx", count=60), options={"live": "1"}).read_bytes(),
        write(directory / "a.mkv", x264(count=60, gop_size=5)).read_bytes(),
        write(directory / "a.mp4", x264(count=60, gop_size=5), options=fragments).read_bytes(),
        write(directory / "a.flv", x264(count=60)).read_bytes(),
        write(directory / "a.ogg", audio("libopus", format="flt", count=100)).read_bytes(),
    ]


def test_any_bytes(files: list[bytes]) -> None:
    generator = random.Random(1)
    for data in files:
        lost = _lost(data)
        assert (list(lost.positions), lost.is_end_lost) == ([], False)
        for _ in range(150):
            damaged = bytearray(data[: generator.randrange(16, len(data))])
            for _ in range(generator.randrange(1, 40)):
                damaged[generator.randrange(12, len(damaged))] = generator.choice([0, 1, 0x7F, 0x80, 0xFF])
            lost = _lost(bytes(damaged))
            assert all(0 <= position <= len(damaged) for position in lost.positions)


def test_cues_that_are_wrong_about_most_clusters_tell_nothing() -> None:
    clusters = [_Cluster(1000 * number, 100 * number) for number in range(10)]
    right = [_CuedCluster(1000 * number, 100 * number) for number in range(10)]
    assert _compare_with_cues(clusters, right, 0) == ([], False)
    assert _compare_with_cues(clusters[:4] + clusters[5:], right, 0) == ([5000], False)
    assert _compare_with_cues(clusters[:9], right, 0) == ([], True)
    wrong = [_CuedCluster(position + 7, time + 100_000) for position, time in right]
    assert _compare_with_cues(clusters, wrong, 0) == ((), False)
