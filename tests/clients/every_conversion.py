"""mediabunny's conversions: each file is checked with FFmpeg."""

from collections.abc import Mapping
from typing import cast

import pytest

from tests.clients import measured
from tests.clients.cases import CASES, MATCHING_SOUND, Case, ffmpeg_name
from tests.clients.workspace import Result, Workspace

#: Seconds: half of the tick of a clock of milliseconds, as WebM has it; and the longest packet of sound, twice.
_CLOCK_ERROR = 0.00051
_PADDING = 0.055


@pytest.fixture(scope="session")
def encodable(workspace: Workspace) -> frozenset[str]:
    """The codecs that mediabunny finds that it can encode here."""
    told = workspace.run([{"kind": "encodable"}])[0].told()
    return frozenset(cast("list[str]", told["video"])) | frozenset(cast("list[str]", told["audio"]))


@pytest.fixture(scope="session")
def results(workspace: Workspace, encodable: frozenset[str]) -> Mapping[str, Result]:
    """The results of all cases, by name."""
    possible = [case for case in CASES.values() if encodable.issuperset(case.encoded)]
    return dict(zip((case.name for case in possible), workspace.run([case.job for case in possible]), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_a_conversion(
    name: str, workspace: Workspace, encodable: frozenset[str], results: Mapping[str, Result]
) -> None:
    case = CASES[name]
    if name not in results:
        pytest.skip(f"this FFmpeg does not encode {', '.join(sorted(set(case.encoded) - encodable))}")
    file = results[name].written()
    probed = measured.probe(file)
    expected = {"video": case.video, "audio": case.audio}
    assert {kind: stream.codec for kind, stream in probed.streams.items()} == {
        kind: ffmpeg_name(codec) for kind, codec in expected.items() if codec is not None
    }
    if case.video is not None:
        _check_pictures(case, workspace, results[name], probed)
    if case.audio is not None:
        heard = measured.sound(file)
        reference = measured.sound(workspace.medium(case.reference or case.source), filters=case.sound_filters)
        assert abs(len(heard) - len(reference)) / measured.SAMPLE_RATE < _PADDING
        assert measured.signal_to_noise(heard[case.delay :], reference) > MATCHING_SOUND


def _check_pictures(case: Case, workspace: Workspace, result: Result, probed: measured.Probed) -> None:
    stream = probed.streams["video"]
    assert (stream.width, stream.height, stream.rotation) == (*case.size, case.rotation)
    assert stream.has_alpha == case.has_alpha
    # FFmpeg begins a WebM file with the delay of Opus, so that the first picture is a little later.
    start = (
        0.0
        if "trim" in case.options
        else measured.probe(workspace.medium(case.reference or case.source)).streams["video"].times[0]
    )
    assert stream.times == pytest.approx([start + time for time in case.times], abs=2 * _CLOCK_ERROR)
    step = case.times[1]
    durations = [duration for duration in stream.durations if duration is not None]
    # The last picture ends with the source's last packet.
    assert durations[:-1] == pytest.approx([step] * (len(durations) - 1), abs=2 * _CLOCK_ERROR)
    if case.audio is None:
        assert probed.duration == pytest.approx(case.times[-1] + step, abs=2 * _CLOCK_ERROR)
    upright = case.size if case.rotation % 180 == 0 else case.size[::-1]
    pixels = "yuva420p" if case.has_alpha else "yuv420p"
    written = measured.pictures(result.written(), size=upright, format=pixels)
    source = measured.pictures(
        workspace.medium(case.reference or case.source), filters=case.filters, size=upright, format=pixels
    )
    assert measured.psnr(written, source) > case.psnr
