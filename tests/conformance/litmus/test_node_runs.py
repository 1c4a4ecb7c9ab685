"""Programs on modules of npm."""

from pathlib import Path

import pytest

from conformance.cli import main
from conformance.litmus.browser_runs import TargetFailedError
from conformance.litmus.checker import check
from conformance.litmus.log import CRASH
from conformance.litmus.node_runs import run_in_node
from conformance.litmus.programs import program_of
from tests.processes import kill_once_it_prints, needs_proc, wait_for_the_end_of

#: An implementation in which close() does everything that it should, and reset() nothing.
MODULE = """
export class VideoDecoder {
  state = "unconfigured";
  decodeQueueSize = 0;
  reset() {}
  close() {
    if (this.state === "closed") throw new DOMException("it is closed", "InvalidStateError");
    this.state = "closed";
  }
  flush() { return Promise.reject(new DOMException("it is not configured", "InvalidStateError")); }
}
console.log("This is no log.");
"""


def test_runs_of_a_module_are_judged(node: Path, tmp_path: Path) -> None:
    module = tmp_path / "module.mjs"
    module.write_text(MODULE, encoding="utf-8")
    programs = [program_of("flush micro look; [settled] close close"), program_of("close reset")]
    logs = run_in_node(node, module.as_uri(), "VideoDecoder", programs, quiet=0.1)
    assert ("settled", 1, "InvalidStateError", "unconfigured", 0) in logs[0]
    assert ("micro",) in logs[0]
    assert check("VideoDecoder", logs[0]).allowed
    verdict = check("VideoDecoder", logs[1])
    assert verdict.observed == ("did", "reset", 2, None, "closed", 0)
    assert set(verdict.instead) == {("did", "reset", 2, "InvalidStateError", "closed", 0)}


def test_a_module_that_ends_node_is_told_of(node: Path, tmp_path: Path) -> None:
    module = tmp_path / "module.mjs"
    module.write_text("throw new RangeError('too much');", encoding="utf-8")
    with pytest.raises(TargetFailedError, match="ended with status 1: RangeError: too much"):
        run_in_node(node, module.as_uri(), "VideoDecoder", [program_of("look")])


def test_a_program_that_ends_node_is_found(node: Path, tmp_path: Path) -> None:
    """Others that run beside it, and after it, have their logs."""
    module = tmp_path / "module.mjs"
    module.write_text(MODULE.replace("reset() {}", "reset() { process.abort(); }"), encoding="utf-8")
    texts = ["look; [ms4] look", "look reset", "flush look", *["look; [ms4] look"] * 30, "close; [quiet] reset"]
    logs = run_in_node(node, module.as_uri(), "VideoDecoder", [program_of(text) for text in texts], quiet=0.1)
    for text, log in zip(texts, logs, strict=True):
        if "reset" in text:
            assert log[-2:] == (("do", "reset", 2), CRASH)
            assert check("VideoDecoder", log).observed == CRASH
        else:
            assert check("VideoDecoder", log).allowed


def test_a_module_that_there_is_not_is_refused(node: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["litmus", "--target", "node:no-such-module"]) == 2
    assert "node:no-such-module cannot be imported" in capsys.readouterr().out


#: Says to its parent's reader which process it is, and goes on for ever.
_ENDLESS = """
import { writeFileSync } from "node:fs";
writeFileSync(`/proc/${process.ppid}/fd/1`, `${process.pid}\\n`);
while (true);
"""
_KILLED_RUN = """
import sys
from pathlib import Path
from conformance.litmus.node_runs import run_in_node
from conformance.litmus.programs import program_of
run_in_node(Path(sys.argv[1]), sys.argv[2], "VideoDecoder", [program_of("look")])
"""


@needs_proc
def test_node_ends_with_a_run_that_is_killed(node: Path, tmp_path: Path) -> None:
    module = tmp_path / "module.mjs"
    module.write_text(_ENDLESS, encoding="utf-8")
    wait_for_the_end_of(int(kill_once_it_prints(_KILLED_RUN, str(node), module.as_uri())))
