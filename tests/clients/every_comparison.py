"""The same jobs in Chromium: both read the same, and write files with the same pictures at the same times."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from tests.clients import measured
from tests.clients.cases import CASES, Case
from tests.clients.chromium import run_in_chromium
from tests.clients.workspace import MEDIA, Job, Result, Workspace
from tests.conformance.browsers import installed_browser

#: dB by which our pictures and sound may be worse than Chromium's.
_LOSS = 1.5
#: FFmpeg mirrors the samples of each plane, and so moves chroma by half a sample of luma. A canvas that takes the place
#: of chroma into account does not.
_LOSS_OF_FLIPPED = 5.0
_READ = [f"read-{name}" for name in MEDIA]
#: The conversions whose codecs Chromium has, in one of each kind.
_CONVERTED = [
    *("mp4-avc-opus", "mp4-vp9-opus", "mp4-vp8-flac", "webm-vp8-opus", "webm-vp9-opus", "webm-av1-opus", "wav-pcm-s16"),
    *(
        "ogg-opus",
        "trimmed",
        "resized",
        "cropped",
        "rotated",
        "rotated_by_metadata",
        "flipped",
        "drawn_upon",
        "resampled",
    ),
    *("at_another_frame_rate", "from_blob", "from_stream", "to_stream", "alpha"),
]


def _jobs() -> dict[str, Job]:
    reading: dict[str, Job] = {f"read-{name}": {"kind": "read", "from": name} for name in MEDIA}
    return {**reading, **{name: CASES[name].job for name in _CONVERTED}}


@pytest.fixture(scope="module")
def theirs(workspace: Workspace) -> Mapping[str, Result]:
    """The results of Chromium."""
    browser = installed_browser("chromium")
    jobs = _jobs()
    return dict(zip(jobs, run_in_chromium(browser, workspace, list(jobs.values())), strict=True))


@pytest.fixture(scope="module")
def ours(workspace: Workspace, theirs: Mapping[str, Result]) -> Mapping[str, Result]:
    """The results of this implementation, for the jobs that Chromium has done."""
    jobs = {name: job for name, job in _jobs().items() if theirs[name].error is None}
    return dict(zip(jobs, workspace.run(list(jobs.values())), strict=True))


@pytest.mark.parametrize("name", _READ)
def test_reading(name: str, ours: Mapping[str, Result], theirs: Mapping[str, Result]) -> None:
    assert ours[name].told() == theirs[name].told()


@pytest.mark.parametrize("name", _CONVERTED)
def test_converting(name: str, workspace: Workspace, ours: Mapping[str, Result], theirs: Mapping[str, Result]) -> None:
    error = theirs[name].error
    if error is not None:
        pytest.skip(f"Chromium cannot: {error.splitlines()[0]}")
    discarded = cast("list[list[str]]", theirs[name].told()["discarded"])
    missing = [kind for kind, reason in discarded if reason != "discarded_by_user"]
    if missing:
        pytest.skip(f"Chromium has no encoder for {missing}")
    our_file, their_file = ours[name].written(), theirs[name].written()
    our_streams, their_streams = measured.probe(our_file).streams, measured.probe(their_file).streams
    assert our_streams.keys() == their_streams.keys()
    case = CASES[name]
    for kind, stream in our_streams.items():
        other = their_streams[kind]
        assert (stream.codec, stream.width, stream.height, stream.rotation) == (
            other.codec,
            other.width,
            other.height,
            other.rotation,
        )
        if kind == "video":
            assert stream.times == pytest.approx(other.times, abs=0.0011)
            assert _quality_of_pictures(case, workspace, our_file) >= (
                _quality_of_pictures(case, workspace, their_file) - (_LOSS_OF_FLIPPED if name == "flipped" else _LOSS)
            )
        else:
            assert _quality_of_sound(case, workspace, our_file) >= (
                _quality_of_sound(case, workspace, their_file) - _LOSS
            )


def _quality_of_pictures(case: Case, workspace: Workspace, file: Path) -> float:
    upright = case.size if case.rotation % 180 == 0 else case.size[::-1]
    pixels = "yuva420p" if case.has_alpha else "yuv420p"
    source = measured.pictures(workspace.medium(case.source), filters=case.filters, size=upright, format=pixels)
    return measured.psnr(measured.pictures(file, size=upright, format=pixels), source)


def _quality_of_sound(case: Case, workspace: Workspace, file: Path) -> float:
    source = measured.sound(workspace.medium(case.source), filters=case.sound_filters)
    return measured.signal_to_noise(measured.sound(file), source)
