"""mp4-muxer, webm-muxer, Remotion, and mediabunny's pictures at given times; each file is checked with FFmpeg."""

from collections.abc import Mapping

import numpy as np
import pytest

from tests.clients import measured
from tests.clients.cases import ALL_TIMES, MATCHING_PICTURES
from tests.clients.workspace import FRAME_RATE, FRAMES, HEIGHT, WIDTH, Job, Json, Result, Workspace

_MUXED_FRAMES = 25
_VIDEO: Mapping[str, tuple[str, str]] = {
    "avc": ("avc", "avc1.42001f"),
    "avc-high": ("avc", "avc1.64001f"),
    "vp9": ("vp9", "vp09.00.10.08"),
    "av1": ("av1", "av01.0.00M.08"),
    "V_VP8": ("V_VP8", "vp8"),
    "V_VP9": ("V_VP9", "vp09.00.10.08"),
}
_AUDIO: Mapping[str, tuple[str, str]] = {
    "aac": ("aac", "mp4a.40.2"),
    "opus": ("opus", "opus"),
    "A_OPUS": ("A_OPUS", "opus"),
}
_MUXED = [("mp4", "avc", "aac"), ("mp4", "avc-high", "opus"), ("mp4", "vp9", "opus"), ("mp4", "av1", "opus")]
_MUXED += [("webm", "V_VP8", "A_OPUS"), ("webm", "V_VP9", "A_OPUS")]
_FFMPEG_NAMES = {"avc": "h264", "avc-high": "h264", "V_VP8": "vp8", "V_VP9": "vp9", "A_OPUS": "opus"}
_REMOTION = [
    ("avc_aac_plain.mp4", "webm", "vp8", "opus"),
    ("avc_aac_plain.mp4", "webm", "vp9", "opus"),
    ("vp9_opus.webm", "mp4", "h264", "aac"),
]
_TIMES = (0.0, 0.5, 1.1)
#: Seconds: twice half of a tick of a millisecond.
_CLOCK_ERROR = 0.00101


def _mux_job(muxer: str, video: str, audio: str) -> Job:
    (video_name, video_codec), (audio_name, audio_codec) = _VIDEO[video], _AUDIO[audio]
    options: Mapping[str, Json] = {
        "muxer": muxer,
        "width": WIDTH,
        "height": HEIGHT,
        "frames": _MUXED_FRAMES,
        "framerate": FRAME_RATE,
        "video": {"name": video_name, "config": {"codec": video_codec, "bitrate": 1_000_000}},
        "audio": {"name": audio_name, "config": {"codec": audio_codec, "bitrate": 64_000}},
    }
    return {"kind": "mux", "options": options}


def _remotion_job(source: str, container: str, video: str, audio: str) -> Job:
    options = {"container": container, "videoCodec": video, "audioCodec": audio}
    return {"kind": "remotion", "from": source, "options": options}


def _thumbnails_job(**options: Json) -> Job:
    return {"kind": "thumbnails", "from": "avc_aac.mp4", "options": {"times": _TIMES, **options}}


@pytest.fixture(scope="module")
def results(workspace: Workspace) -> Mapping[tuple[str, ...], Result]:
    """The results of all jobs."""
    jobs: dict[tuple[str, ...], Job] = {names: _mux_job(*names) for names in _MUXED}
    jobs.update({names: _remotion_job(*names) for names in _REMOTION})
    jobs["thumbnails",] = _thumbnails_job()
    jobs["small",] = _thumbnails_job(width=80, height=60, fit="fill")
    jobs["png",] = {
        "kind": "thumbnails",
        "from": "avc_aac.mp4",
        "options": {"times": [0.5], "png": True},
    }
    return dict(zip(jobs, workspace.run(list(jobs.values())), strict=True))


@pytest.mark.parametrize("names", _MUXED, ids="-".join)
def test_a_muxer(names: tuple[str, str, str], results: Mapping[tuple[str, ...], Result]) -> None:
    file = results[names].written()
    probed = measured.probe(file)
    _, video, audio = names
    assert {kind: stream.codec for kind, stream in probed.streams.items()} == {
        "video": _FFMPEG_NAMES.get(video, video),
        "audio": _FFMPEG_NAMES.get(audio, audio),
    }
    times = [index / FRAME_RATE for index in range(_MUXED_FRAMES)]
    assert probed.streams["video"].times == pytest.approx(times, abs=_CLOCK_ERROR)
    shown = measured.pictures(file, size=(WIDTH, HEIGHT), format="rgba").astype(int).reshape(-1, HEIGHT, WIDTH, 4)
    for index, picture in enumerate(shown):
        # The middle of the rectangle that moves, and a place beside it.
        left = 4 * index
        assert picture[48, min(left + 16, WIDTH - 1), :3] == pytest.approx([8 * index, 128, 64], abs=24)
        assert picture[110, 10, :3] == pytest.approx([0, 0, 0], abs=16)
    heard = measured.sound(file)[:, 0]
    spectrum = np.abs(np.fft.rfft(heard[: measured.SAMPLE_RATE]))
    assert abs(int(np.argmax(spectrum)) - 440) <= 2


@pytest.mark.parametrize("names", _REMOTION, ids="-".join)
def test_remotion(
    names: tuple[str, str, str, str], workspace: Workspace, results: Mapping[tuple[str, ...], Result]
) -> None:
    source, _, video, audio = names
    file = results[names].written()
    probed = measured.probe(file)
    assert {kind: stream.codec for kind, stream in probed.streams.items()} == {"video": video, "audio": audio}
    stream, original = probed.streams["video"], measured.probe(workspace.medium(source)).streams["video"]
    assert (len(stream.times), stream.width, stream.height) == (FRAMES, WIDTH, HEIGHT)
    assert np.diff(stream.times) == pytest.approx(np.diff(original.times), abs=_CLOCK_ERROR)
    written = measured.pictures(file, size=(WIDTH, HEIGHT))
    assert measured.psnr(written, measured.pictures(workspace.medium(source), size=(WIDTH, HEIGHT))) > 25


@pytest.mark.parametrize(
    ("name", "size"), [("thumbnails", (WIDTH, HEIGHT)), ("small", (80, 60)), ("png", (WIDTH, HEIGHT))]
)
def test_pictures_at_given_times(
    name: str, size: tuple[int, int], workspace: Workspace, results: Mapping[tuple[str, ...], Result]
) -> None:
    result = results[name,]
    times = [0.5] if name == "png" else _TIMES
    numbers = [max(index for index, start in enumerate(ALL_TIMES) if start <= time) for time in times]
    assert result.told()["timestamps"] == pytest.approx([ALL_TIMES[number] for number in numbers])
    if name == "png":
        shown = measured.pictures(result.written(), size=size, format="rgba")
    else:
        shown = np.frombuffer(result.written().read_bytes(), np.uint8).reshape(len(times), -1)
    chosen = "+".join(f"eq(n,{number})" for number in numbers)
    filters = f"select='{chosen}',scale={size[0]}:{size[1]}:flags=area+accurate_rnd+full_chroma_int"
    source = measured.pictures(workspace.medium("avc_aac.mp4"), filters=filters, size=size, format="rgba")
    assert measured.psnr(shown, source) > MATCHING_PICTURES
