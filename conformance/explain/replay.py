"""Records a schedule of the explorer. Its moves are the lines of the program that is shown."""

from functools import partial

from conformance.explain.programs import ProgramError, recording
from conformance.explain.recorder import Recorder
from conformance.explain.recording import Recording, Sentences, Text, recording_of
from conformance.explain.step_map import step_map
from conformance.explorer.program_run import BadMoveError, ProgramRun
from conformance.explorer.programs import Pattern
from conformance.explorer.subjects import SUBJECTS, Subject

#: A replay may make any number of calls.
_ANY_NUMBER = 1 << 20


def explain_schedule(subject: Subject, schedule: str, sentences: Sentences | None = None) -> Recording:
    """Make the moves of a schedule, separated by semicolons, and record them. Raises ProgramError.

    The same schedule always gives the same recording.
    """
    moves = [move.strip() for move in schedule.split(";") if move.strip()]
    runs: list[ProgramRun] = []
    recorder = Recorder(
        step_map(), has_clock=False, is_parallel=lambda: bool(runs) and runs[0].event_loop.on_parallel_queue
    )
    with recording(recorder):
        run = SUBJECTS[subject].new_run(_ANY_NUMBER, _ANY_NUMBER, Pattern("..."))
        runs.append(run)
        try:
            for number, move in enumerate(moves, start=1):
                recorder.program_line(number, partial(_make, run, move, recorder))
        except BadMoveError as error:
            raise ProgramError(f"That schedule can't be: {error}") from error
    title = f"{subject}: {'; '.join(moves)}"
    return recording_of(recorder, Text("schedule", "\n".join(moves), title), sentences)


def _make(run: ProgramRun, move: str, recorder: Recorder) -> None:
    seen = len(run.log)
    run.make(move)
    for entry in run.log[seen:]:
        recorder.operation("o", f"{entry}\n")
    for violation in run.violations:
        recorder.operation("o", f"violated: {violation}\n")
