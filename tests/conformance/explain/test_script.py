"""Scripts of JavaScript are explained as well."""

from pathlib import Path

import pytest

from conformance.explain.programs import ProgramError
from conformance.explain.script import explain_script
from conformance.targets.node import NodeNotFoundError, find_node
from tests.conformance.explain.recorded import slots, steps

SCRIPT = """
const encoder = new AudioEncoder({output: () => {}, error: () => {}});
encoder.configure({codec: "pcm-s16", sampleRate: 48000, numberOfChannels: 1});
await encoder.flush();
encoder.close();
"""


def test_a_script_is_recorded_with_both_threads(tmp_path: Path) -> None:
    try:
        find_node()
    except NodeNotFoundError as error:
        pytest.skip(str(error))
    path = tmp_path / "script.mjs"
    path.write_text(SCRIPT)
    recording = explain_script(path)
    recorded = steps(recording)
    assert recording.document["program"] == SCRIPT
    assert [step.number for step in recorded if step.what == "AudioEncoder.flush()"] == ["1", "3", "4", "5", "6"]
    assert [step.lane for step in recorded if step[:2] == ("Control message: configure", "2.4")] == [2]
    assert slots(recording)["AudioEncoder 0 [[state]]"] == "closed"


def test_a_script_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match=r"script\.mjs: No such file"):
        explain_script(tmp_path / "script.mjs")
