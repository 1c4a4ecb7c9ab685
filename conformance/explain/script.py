"""Records a script of JavaScript that runs in the host of web-platform-tests."""

from pathlib import Path

from conformance.explain.programs import ProgramError, recording
from conformance.explain.recorder import Recorder
from conformance.explain.recording import Recording, Sentences, Text, recording_of
from conformance.explain.step_map import step_map
from conformance.targets.node import NodeNotFoundError, find_node
from conformance.wpt.script.node import start_node
from conformance.wpt.script.run import run_script


def explain_script(path: Path, sentences: Sentences | None = None) -> Recording:
    """Run a script on real codecs, as ``conformance run`` does, and record what the model does. Raises ProgramError.

    The script runs in Node, so its lines are shown, and not followed.
    """
    try:
        source = path.read_text(encoding="utf-8")
        node = find_node()
    except OSError as error:
        raise ProgramError(f"{path}: {error.strerror or error}") from error
    except NodeNotFoundError as error:
        raise ProgramError(str(error)) from error
    recorder = Recorder(step_map())
    with recording(recorder), start_node(node, path) as process:
        run_script(path, [], node, process)
    return recording_of(recorder, Text(path.name, source, path.stem), sentences)
