"""The bench runs to its end and reports. No test asserts a measured value."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

from codecmodel.files import Demuxer
from conformance import cli
from conformance.bench import (
    audio,
    busy,
    codecs,
    command,
    decoding,
    encoding,
    files,
    libraries,
    memory,
    pixels,
    recording,
    start_up,
    transcoding,
)
from conformance.bench.comparison import Comparisons, Quantity, Settings, compared, interleaved
from conformance.bench.libraries import has_program, has_pyav
from conformance.bench.media import make_benchmark_video
from conformance.suite.assertions import OptionalFeatureUnsupportedError
from conformance.targets.node import NodeNotFoundError, find_node
from tests.conformance.browsers import installed_browser

SMALLEST: Final = Settings(seconds=0.1, rounds=1, packets=20)
CPU, WALL = Quantity.CPU, Quantity.WALL
TIMES: Final = (CPU, WALL)
AUDIO: Final = ("demux", "decode", "decode, to NumPy", "demux, decode, to NumPy")
NUMBERS: Final = ("1 decoder", "10 decoders", "100 decoders", "1,000 decoders")
#: The works of each case by the peer that they need.
WORKS: Final[Mapping[ModuleType, Mapping[str, Mapping[str, tuple[str, ...]]]]] = {
    decoding: {
        **{case: {"PyAV": ("a frame, PyAV",)} for case in ("h264", "hevc", "vp9", "av1")},
        "opus": {"PyAV": ("a packet, PyAV",), "ffmpeg": ("the whole file, a process, ffmpeg",)},
        "resolution": {
            "PyAV": tuple(f"a frame of {size}, PyAV" for size in ("320×180", "640×360", "1280×720", "1920×1080"))
        },
    },
    encoding: {
        **{case: {"PyAV": ("a frame, PyAV",)} for case in ("encode-vp8", "encode-h264", "encode-av1")},
        **{case: {"PyAV": ("20 ms, PyAV",)} for case in ("encode-opus", "encode-aac", "encode-flac")},
    },
    audio: {case: {"PyAV": AUDIO} for case in audio.CASES},
    codecs: {
        "codecs": {
            "": tuple(f"{number} at once, 10 at once" for number in NUMBERS if number != "10 decoders"),
            "PyAV": (
                *(f"PyAV: {number} in turn, 10 in turn" for number in ("1 decoder", "100 decoders", "1,000 decoders")),
                *(
                    f"{number}, PyAV in turn"
                    for number in ("1 decoder", "10 decoders", "100 decoders", "1,000 decoders")
                ),
                "configure, one chunk, close, PyAV",
                "from decode() to the callback, a call of PyAV",
            ),
        },
        "batch": {
            "PyAV": ("1 chunk a flush, PyAV", *(f"{size} chunks a flush, PyAV" for size in (2, 4, 8, 16, 32, 64)))
        },
    },
    files: {
        "seek": {"PyAV": ("one of ten frames, PyAV",)},
        "pipeline": {"PyAV": ("a frame, as RGB, worked on, PyAV in a loop",)},
    },
    pixels: {
        "copy": {"": ("copyTo(), one memcpy",), "PyAV": ("copyTo(), PyAV, to_ndarray()",)},
        "life": {"PyAV": ("VideoFrame, PyAV, from_ndarray()",)},
    },
    start_up: {
        "start-up": {"PyAV": ("import codecmodel, import av",), "ffprobe": ("probe, ffprobe",)},
    },
    recording: {"recording": {"": ("after a recording, before one", "during a recording, before one")}},
    transcoding: {"transcode": {"ffmpeg": ("to VP9, ffmpeg", "to H.264, ffmpeg")}},
}
CASES: Final = [(module, case) for module, cases in WORKS.items() for case in cases]


def is_installed(peer: str) -> bool:
    """Whether there is the peer. Works without one have no name of it."""
    return peer == "" or (has_pyav() if peer == "PyAV" else has_program(peer))


def has_node() -> bool:
    try:
        find_node()
    except NodeNotFoundError:
        return False
    return True


def measured(module: ModuleType, case: str) -> Comparisons:
    try:
        comparisons: Comparisons = module.measure(case, SMALLEST)
    except OptionalFeatureUnsupportedError as error:
        pytest.skip(str(error))
    for comparison in comparisons.values():
        for each in comparison.quantities.values():
            assert each.ours > 0
            assert each.peer > 0
            assert each.ratio.lowest <= each.ratio.median <= each.ratio.highest
    return comparisons


@pytest.mark.parametrize(("module", "case"), CASES, ids=[case for _, case in CASES])
def test_a_case(module: ModuleType, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = WORKS[module][case]
    if module is decoding and "ffmpeg" not in expected:
        # One case shows whole files, which need two processes a turn.
        monkeypatch.setattr(decoding, "has_program", lambda name: False)
    comparisons = measured(module, case)
    if case == "encode-av1" and not comparisons:
        pytest.skip("PyAV lacks the encoder of AV1 that the libraries here have")
    works = {work for peer, of_peer in expected.items() if is_installed(peer) for work in of_peer}
    assert set(comparisons) == works
    assert {tuple(comparison.quantities) for comparison in comparisons.values()} <= {TIMES}


def test_a_busy_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(busy._COMBINATIONS, "busy", (busy.Strangers(2, 20),))
    # The work is finished, however slow the machine is.
    monkeypatch.setattr(busy, "_PATIENCE", 1000.0)
    comparisons = measured(busy, "busy")
    loops = ["asyncio", *(["uvloop"] if find_spec("uvloop") else [])]
    assert list(comparisons) == [
        f"{work}, {loop}, 2 × 20 µs, idle"
        for work in ("decoding Opus", "decoding VP8", "encoding VP8", "copyTo()", "decoding PNG")
        for loop in loops
    ]
    for comparison in comparisons.values():
        assert list(comparison.quantities) == [WALL, Quantity.WALL_IN_ALL]
        beyond, in_all = comparison.quantities.values()
        assert beyond.ours <= in_all.ours
        assert beyond.peer == in_all.peer


def test_a_work_that_is_not_finished_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(busy._COMBINATIONS, "busy", (busy.Strangers(1, 20),))
    monkeypatch.setattr(busy, "_PATIENCE", 0.0)
    assert all(work.endswith("1 × 20 µs, idle (not finished)") for work in measured(busy, "busy"))


def test_strangers_have_equal_parts_of_the_thread_and_two_turns_for_each_result() -> None:
    one, ten = busy.Strangers(1, 100), busy.Strangers(10, 1000)
    assert busy.fair_share(one, own=0.5, results=0, taken=1.0, turns=10_000) == pytest.approx(0.5)
    in_equal_parts = pytest.approx(10 * (0.5 + 3 * 2 * 0.001))
    assert busy.fair_share(ten, own=0.5, results=3, taken=10.0, turns=10_000) == in_equal_parts


def test_strangers_have_no_larger_share_than_they_took() -> None:
    assert busy.fair_share(busy.Strangers(1, 100), own=0.5, results=0, taken=0.1, turns=1000) == 0.1
    assert busy.fair_share(busy.Strangers(1, 100), own=0.5, results=0, taken=0.0, turns=0) == 0.0


def test_a_busy_machine_makes_the_share_of_strangers_longer() -> None:
    # Each turn has taken three times as long as it should.
    assert busy.fair_share(busy.Strangers(1, 100), own=0.5, results=0, taken=3.0, turns=10_000) == pytest.approx(1.5)


@pytest.mark.skipif(not has_pyav(), reason="memory is compared with PyAV, which is not installed")
def test_memory() -> None:
    peak, idle = measured(memory, "memory").values()
    assert list(peak.quantities) == [Quantity.MEMORY]
    assert set(idle.quantities) <= {Quantity.MEMORY, Quantity.THREADS}


@pytest.mark.skipif(not has_program("ffmpeg"), reason="transcoding is compared with ffmpeg, which is not installed")
@pytest.mark.parametrize("environment", [libraries.of_pyav, libraries.of_the_system])
def test_processes_keep_their_bytecode(
    environment: Callable[[], dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise they compile the modules in each turn, as no installed program does."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    (tmp_path / "module_of_a_test.py").touch()
    variables = environment() | {"PYTHONPATH": str(tmp_path)}
    subprocess.run([sys.executable, "-c", "import module_of_a_test"], env=variables, check=True)
    assert list(tmp_path.glob("__pycache__/module_of_a_test.*"))


def test_the_options_of_ffmpeg_are_those_of_transcode(tmp_path: Path) -> None:
    source = tmp_path / "source.mkv"
    make_benchmark_video("h264", 0.1, source, (64, 64))
    _, ffmpeg = transcoding.commands(source, "avc")
    options = dict(zip(ffmpeg[7::2], ffmpeg[8::2], strict=True))
    assert options["-c:v"] == "libx264"
    assert options["-preset"] == "medium"
    assert options["-x264-params"] == "rc-lookahead=20"
    # The lowest bit rate that transcode chooses.
    assert (options["-b:v"], options["-g"], options["-threads"]) == ("100000", "250", "1")


def test_the_command_writes_all_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report, page = tmp_path / "report.json", tmp_path / "report.html"
    arguments = ["bench", "--case", "batch", "--case", "copy", "--rounds", "1", "--packets", "20"]
    arguments += ["--json", str(report)]
    if find_spec("jinja2"):
        arguments += ["--html", str(page)]
    assert cli.main(arguments) == 0
    told = json.loads(report.read_text(encoding="utf-8"))
    assert list(told) == ["machine", "python", "settings", "cases"]
    assert list(told["cases"]) == ["batch", "copy"]
    assert set(told["cases"]["copy"]) == {"title", "share of other programs", "works"}
    works = told["cases"]["copy"]["works"]
    assert set(works["copyTo(), one memcpy"]) == {"CPU", "wall"}
    figures = works["copyTo(), one memcpy"]["CPU"]
    assert set(figures) == {"codecmodel", "peer", "ratio"}
    assert set(figures["ratio"]) == {"median", "lowest", "highest"}
    output = capsys.readouterr().out
    assert "batch: Chunks of Opus decoded before each flush" in output
    assert "copy: copy of an I420 frame" in output
    if find_spec("jinja2"):
        html = page.read_text(encoding="utf-8")
        assert ('<svg class="plot"' in html) is has_pyav()
        assert '<section id="copy">' in html


def test_a_peer_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    if not has_node():
        pytest.skip("there is no Node, so no module can be missing")
    assert cli.main(["bench", "--case", "opus", "--peer", "node:./no-such-module.mjs"]) == 1
    assert "node:./no-such-module.mjs cannot be imported" in capsys.readouterr().out


#: A module that decodes nothing, but says that it does.
MODULE: Final = """
class Chunk { constructor(init) { Object.assign(this, init); } }
class Decoder {
  static async isConfigSupported(config) { return { supported: config.codec === 'opus', config }; }
  constructor(init) { this.init = init; }
  configure(config) {}
  decode(chunk) { if (chunk.data.length === 0) throw new Error('no data'); this.init.output({ close() {} }); }
  async flush() {}
  close() {}
}
export { Chunk as EncodedAudioChunk, Chunk as EncodedVideoChunk, Decoder as AudioDecoder, Decoder as VideoDecoder };
"""


def test_a_module_of_node_as_a_peer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not has_node():
        pytest.skip("there is no Node for the module")
    module = tmp_path / "index.mjs"
    module.write_text(MODULE, encoding="utf-8")
    monkeypatch.setattr(decoding, "has_program", lambda name: False)
    monkeypatch.setattr(decoding, "has_pyav", lambda: False)
    settings = Settings(0.1, 1, 20, (f"node:{module.as_uri()}",))
    (work,) = (comparisons := decoding.measure("opus", settings))
    assert work.startswith(f"a packet, {module.as_uri()} ")
    # The CPU time of other processes is not known.
    assert list(comparisons[work].quantities) == [WALL]
    with pytest.raises(RuntimeError, match=r"vp09.* is not supported"):
        decoding.measure("vp9", settings)


def test_chromium_as_a_peer(monkeypatch: pytest.MonkeyPatch) -> None:
    browser = installed_browser("chromium")
    monkeypatch.setattr(decoding, "has_program", lambda name: False)
    monkeypatch.setattr(decoding, "has_pyav", lambda: False)
    comparisons = decoding.measure("opus", Settings(0.1, 1, 20, ("chromium",)))
    assert list(comparisons) == [f"a packet, {browser.description}"]
    assert list(comparisons[f"a packet, {browser.description}"].quantities) == [WALL]


def test_programs_take_turns_and_the_first_does_not_count() -> None:
    order: list[str] = []

    def turn(name: str) -> Mapping[Quantity, float]:
        order.append(name)
        return {CPU: len(order), WALL: 1.0}

    costs = interleaved({"a": lambda: turn("a"), "b": lambda: turn("b")}, rounds=2)
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert [each[CPU] for each in costs["a"]] == [4, 5]
    comparison = compared(costs["a"], costs["b"])
    assert comparison.quantities[CPU] == (4.5, 4.5, (0.975, 0.75, 1.2))
    # Only quantities that both have are compared.
    assert list(compared(costs["a"], [{WALL: 2.0}, {WALL: 4.0}]).quantities) == [WALL]


@pytest.mark.parametrize(
    ("quantity", "amount", "words"),
    [
        (CPU, 0.0000123, "12.3 µs"),
        (WALL, 0.0123, "12.3 ms"),
        (WALL, 12.3, "12,300.0 ms"),
        (Quantity.MEMORY, 20 * 1024, "20.0 KiB"),
        (Quantity.MEMORY, 3 * 1024 * 1024, "3.0 MiB"),
        (Quantity.THREADS, 2, "2"),
    ],
)
def test_amounts_have_units(quantity: Quantity, amount: float, words: str) -> None:
    assert quantity.in_words(amount) == words


def test_cases_that_take_long_run_only_when_they_are_asked_for() -> None:
    assert {"busy-all"} == command._ON_REQUEST
    assert set(command._CASES) >= {case for _, case in CASES} | {"busy", "busy-all", "memory"}


def test_a_camera_that_pans_forth_and_back(tmp_path: Path) -> None:
    path = tmp_path / "long.mkv"
    # The rows are narrower than the strides.
    make_benchmark_video("vp8", 17, path, (16, 16))
    with Demuxer(path) as demuxer:
        assert len(list(demuxer.chunks_of(demuxer.video_track))) == 17 * 30
