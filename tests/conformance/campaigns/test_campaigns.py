"""Short campaigns over this implementation find nothing, and the same seed draws the same inputs."""

import operator
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from codecmodel.extras import install_command
from conformance import cli
from conformance.campaigns import drawn_media, soak
from conformance.campaigns.campaign import Finding, Share, Summary, run_share
from conformance.campaigns.case import Case, Part, case_of, fields_of, size_of
from conformance.campaigns.executions import read_file, run_program
from conformance.campaigns.executor import Executor
from conformance.campaigns.judge import execution_failure
from conformance.campaigns.kinds import KINDS, Kind, drawn
from conformance.campaigns.minimiser import minimised, smaller_cases
from conformance.campaigns.mutations import damaged
from conformance.campaigns.outcome import Outcome, Verdict
from conformance.campaigns.refusals import is_accident, refusals

_INPUTS = 12


@pytest.mark.parametrize("kind", KINDS)
def test_a_short_campaign_finds_nothing(kind: str) -> None:
    with Executor() as executor:
        found = run_share(Share(20, [kind], inputs=_INPUTS), KINDS, executor)
    assert [(finding.outcome, finding.case) for finding in found.findings] == []
    assert found.executions == {kind: _INPUTS}


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_draws_the_same_inputs(kind: str) -> None:
    inputs = [repr(drawn(KINDS, kind, 3, number)) for number in range(4)]
    assert inputs == [repr(drawn(KINDS, kind, 3, number)) for number in range(4)]
    assert inputs != [repr(drawn(KINDS, kind, 4, number)) for number in range(4)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_case_is_the_same_after_it_was_written_and_read(kind: str) -> None:
    for number in range(4):
        case = drawn(KINDS, kind, 5, number)
        assert repr(case_of(fields_of(case))) == repr(case)


def test_shares_draw_different_inputs_that_are_those_of_the_whole() -> None:
    seen: list[bytes] = []

    def draw(random: Random) -> Case:
        seen.append(random.randbytes(4))
        return Case("any", ())

    async def execute(parts: object) -> None: ...

    kinds = {"any": Kind(draw, execute, "nothing")}

    class Fine(Executor):
        def execute(self, case: Case) -> Outcome:
            return Outcome(Verdict.FINE)

    with Fine() as executor:
        run_share(Share(1, ["any"], inputs=6), kinds, executor)
        whole, seen[:] = list(seen), []
        for index in range(2):
            run_share(Share(1, ["any"], inputs=3, index=index, shares=2), kinds, executor)
    assert seen == whole[0::2] + whole[1::2]


def test_inputs_reach_what_they_are_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Undamaged, chunks are decoded and files are read."""
    from codecmodel import VideoFrame
    from codecmodel.files import Demuxer

    closed: list[object] = []
    read: list[object] = []
    monkeypatch.setattr("conformance.campaigns.executions._closed_output", lambda output: closed.append(output))
    kind = Kind(lambda random: Case("any", ()), run_program, "")
    made = drawn_media.material("vp8")
    assert made is not None
    assert execution_failure(kind, drawn_media.calls_of(made, 5)) is None
    frames = [output for output in closed if isinstance(output, VideoFrame)]
    assert len(frames) == 5
    for frame in frames:
        frame.close()
    chunks = Demuxer.chunks

    def counted(demuxer: Demuxer, indexes: list[int]) -> object:
        for chunk in chunks(demuxer, indexes):
            read.append(chunk)
            yield chunk

    monkeypatch.setattr(Demuxer, "chunks", counted)
    file = drawn_media._file("webm", "vp8")
    assert file is not None
    assert execution_failure(Kind(lambda random: Case("any", ()), read_file, ""), [Part("read", file)]) is None
    assert len(read) == 24


def test_the_minimiser_finds_the_smallest_case() -> None:
    case = Case("any", (Part("a", {"x": b"....!...", "y": [1, 2]}), Part("b", "text"), Part("a", {"x": b""})))

    def shows_it(candidate: Case) -> bool:
        return any(isinstance(p.value, dict) and b"!" in bytes(str(p.value), "ascii") for p in candidate.parts)

    smallest = minimised(case, shows_it, executions=1000)
    assert smallest == Case("any", (Part("a", {"x": b"!"}),))
    assert size_of(smallest) < size_of(case)
    assert minimised(case, shows_it, executions=0) == case
    assert all(size_of(smaller) < size_of(case) for smaller in smaller_cases(case))


def test_damage_changes_bytes_and_accepts_none() -> None:
    damages = {damaged(Random(seed), b"0123456789", b"abc") for seed in range(200)}
    assert len(damages) > 100
    assert all(isinstance(damaged(Random(seed), b"", b""), bytes) for seed in range(50))


def test_an_accidental_type_error_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.campaigns.refusals._SOURCES", (str(Path(__file__).parent),))

    def fail_with(error: Exception) -> None:
        raise error

    with refusals():
        fail_with(TypeError("refused"))
    numbers = operator.methodcaller("__getitem__", "key")
    with pytest.raises(TypeError, match="must be integers"), refusals():
        numbers([])
    with pytest.raises(ValueError, match="wrong"), refusals():
        fail_with(ValueError("wrong"))
    assert not is_accident(TypeError("never raised"))


def test_the_command_runs_a_campaign(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    arguments = ["fuzz", "--seed", "5", "--inputs", "2", "--kind", "codec strings", "--out", str(tmp_path / "out")]
    assert cli.main(arguments) == 0
    printed = capsys.readouterr().out
    assert "Seed: 5\n" in printed
    assert "2 executions in " in printed
    assert not (tmp_path / "out").exists()


def test_the_command_keeps_findings_and_replays_them(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case("codec strings", (Part("VideoDecoder", "vp8"),))
    finding = Finding(case, Outcome(Verdict.CRASH, "SIGSEGV", "a stack"), 5, 1, is_repeatable=True)
    meetings = Counter({("codec strings", str(Verdict.CRASH), "SIGSEGV"): 3})
    summary = Summary(Counter({"codec strings": 9}), [finding], meetings)
    monkeypatch.setattr("conformance.campaigns.fuzz.run_share", lambda share, kinds, executor: summary)
    assert cli.main(["fuzz", "--seed", "5", "--out", str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    path = tmp_path / "codec-strings-crash-5-1.json"
    assert "codec strings: crash, SIGSEGV (met 3 times)\n" in printed
    assert f"python -m conformance fuzz --replay {path}\n" in printed
    # The fault was made up, so that its replay is fine.
    assert cli.main(["fuzz", "--replay", str(path)]) == 0
    assert capsys.readouterr().out == "fine\n"


def test_a_replay_of_another_file_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    for text in ("{}", "[]", "no JSON", '{"case": {"kind": "unknown", "parts": []}}'):
        file.write_text(text)
        assert cli.main(["fuzz", "--replay", str(file)]) == 2
    assert cli.main(["fuzz", "--replay", str(tmp_path / "missing.json")]) == 2
    assert "unknown" in capsys.readouterr().out


def test_without_distributed_the_command_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert cli.main(["fuzz", "--seed", "1", "--scheduler", "tcp://localhost:1"]) == 2
    expected = f"a campaign on several machines needs dask.distributed: {install_command('cluster')}"
    assert capsys.readouterr().out.splitlines() == ["Seed: 1", expected]


def test_a_soak_of_a_decoder_and_an_encoder_leaves_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["soak", "--executions", "12", "--codec", "pcm_s16", "--codec", "flac encoder"]) == 0
    assert "pcm_s16" in capsys.readouterr().out


def test_a_soak_finds_what_is_left() -> None:
    with Executor(f"{__package__}.faulty:KINDS") as executor:
        left = soak.soak("x", Case("descriptor_left", (Part("data", b"\7"),)), executor, seconds=0.0, executions=10)
        crashed = soak.soak("x", Case("abort", (Part("data", b"\7"),)), executor, seconds=0.0, executions=10)
        raised = soak.soak("x", Case("wrong_exception", (Part("a", b"\7"),)), executor, seconds=0.0, executions=10)
    assert (left.executions, left.failure) == (10, None)
    assert left.after["descriptors"] - left.before["descriptors"] == 6
    assert crashed.failure is not None
    assert crashed.failure.startswith("crash: SIGABRT")
    assert raised.failure is not None
    assert raised.failure.startswith("ZeroDivisionError in wrong_exception")
