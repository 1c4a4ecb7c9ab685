"""A seeded fault is found, minimised to the byte that causes it, kept in a file, and replayed from there."""

import json
from pathlib import Path

import pytest

from conformance.campaigns.campaign import Share, Summary, run_share
from conformance.campaigns.case import Part
from conformance.campaigns.executor import Executor
from conformance.campaigns.kept import keep, kept_case
from conformance.campaigns.kinds import KINDS as IMPLEMENTATION_KINDS
from conformance.campaigns.outcome import Verdict
from tests.conformance.campaigns.faulty import KINDS, has_fault

_FAULTY = f"{__package__}.faulty:KINDS"
#: Seconds after which the child is held to hang. It has to start within them.
_PATIENCE = 4.0


def campaign(kind: str, inputs: int = 2, patience: float = 60.0) -> Summary:
    with Executor(_FAULTY, patience, last_wait=0.1) as executor:
        return run_share(Share(1, [kind], inputs=inputs), KINDS, executor)


@pytest.mark.parametrize(
    ("kind", "verdict", "summary"),
    [
        ("crash", Verdict.CRASH, "SIGSEGV"),
        ("abort", Verdict.CRASH, "SIGABRT"),
        ("wrong_exception", Verdict.WRONG_EXCEPTION, "ZeroDivisionError in wrong_exception"),
        ("exception_in_a_task", Verdict.WRONG_EXCEPTION, "IndexError in <lambda>"),
        ("exception_in_a_thread", Verdict.WRONG_EXCEPTION, "IndexError in <lambda>"),
    ],
)
def test_a_fault_is_minimised_to_one_byte(kind: str, verdict: Verdict, summary: str, tmp_path: Path) -> None:
    found = campaign(kind)
    assert found.executions == {kind: 2}
    [finding] = found.findings
    assert (finding.outcome.verdict, finding.outcome.summary) == (verdict, summary)
    assert finding.case.parts == (Part("data", b"\7"),)
    assert finding.is_repeatable
    path = keep(finding, tmp_path / "new")
    fields = json.loads(path.read_text())
    assert fields["replay"] == f"python -m conformance fuzz --replay {path}"
    assert (fields["verdict"], fields["summary"]) == (verdict, summary)
    assert kept_case(path) == finding.case
    with Executor(_FAULTY) as executor:
        assert executor.execute(kept_case(path)).is_same_finding(finding.outcome)


@pytest.mark.parametrize(
    ("kind", "verdict", "summary"),
    [
        ("descriptor_left", Verdict.LEFT_ALIVE, "descriptors"),
        ("thread_left", Verdict.LEFT_ALIVE, "threads"),
        ("frame_left", Verdict.LEFT_ALIVE, "Frame"),
        ("memory_left", Verdict.GROWING, "memory"),
    ],
)
def test_growth_in_each_execution_is_found(
    kind: str, verdict: Verdict, summary: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The minimiser gets one execution, as each waits until nothing can go any more."""
    monkeypatch.setattr("conformance.campaigns.campaign._MINIMISING", 1)
    [finding] = campaign(kind, inputs=1).findings
    assert (finding.outcome.verdict, finding.outcome.summary) == (verdict, summary)
    assert len(finding.case.parts) == 2
    assert has_fault(finding.case.parts)


def test_a_cache_is_no_growth() -> None:
    assert campaign("cache_filled").findings == []


@pytest.mark.parametrize("kind", ["hang", "wait_for_nothing"])
def test_a_hang_is_found_and_made_smaller(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.campaigns.campaign._MINIMISING_A_HANG", 1)
    [finding] = campaign(kind, inputs=1, patience=_PATIENCE).findings
    assert finding.outcome.verdict is Verdict.HANG
    assert len(finding.case.parts) == 2
    assert has_fault(finding.case.parts)


def test_a_finding_that_a_new_process_does_not_show_is_kept_as_it_is() -> None:
    """The second execution of a process fails, whatever its input is."""
    with Executor(f"{__package__}.forgetful:KINDS") as executor:
        from tests.conformance.campaigns import forgetful

        [finding] = run_share(Share(1, ["second"], inputs=3), forgetful.KINDS, executor).findings
    assert not finding.is_repeatable
    assert len(finding.case.parts) == 4


def test_a_fault_in_the_implementation_is_found() -> None:
    with Executor(f"{__package__}.broken:KINDS") as executor:
        found = run_share(Share(1, ["codec strings"], inputs=20), IMPLEMENTATION_KINDS, executor)
    [finding] = found.findings
    assert (finding.outcome.verdict, finding.outcome.summary) == (
        Verdict.WRONG_EXCEPTION,
        "ValueError in parse_codec_string",
    )
    [part] = finding.case.parts
    assert part.value == "vp09."
