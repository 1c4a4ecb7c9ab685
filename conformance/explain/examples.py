"""The explained examples of the documentation: programs, codecs that follow a script, pages and pictures."""

from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Final, NamedTuple

from conformance.explain.page import page_of, write_page
from conformance.explain.picture import picture_of
from conformance.explain.programs import explain_scripted
from conformance.explain.recording import Recording
from conformance.scripted.scheduler import Policy, tasks_first, work_first
from conformance.scripted.scripted_codec import Chunks, Fails, Outputs, ScriptedPlatform

#: The programs, in a checkout.
PROGRAMS: Final = Path(__file__).parents[2] / "examples" / "explained"


def _nothing(platform: ScriptedPlatform) -> None:
    """The codecs answer as usual: one output for each request, at once."""


def _holds_back(platform: ScriptedPlatform) -> None:
    """The decoder holds two outputs back until it is flushed."""
    platform.decode_answers.update({40_000: Outputs(delay=9), 80_000: Outputs(delay=9)})


def _third_is_broken(platform: ScriptedPlatform) -> None:
    platform.decode_answers[80_000] = Fails("the chunk is broken")


def _describes(platform: ScriptedPlatform) -> None:
    """The chunks of the encoder are decoded with a description."""
    platform.encode_answers.update({timestamp: Chunks(description=b"\x01") for timestamp in (0, 40_000)})


class Example(NamedTuple):
    """The needs of an example beside its program: the order of tasks and work, and the answers of the codecs."""

    policy: Policy = tasks_first
    prepare: Callable[[ScriptedPlatform], None] = _nothing


#: The examples by the names of their programs, in the order of the documentation.
EXAMPLES: Final[Mapping[str, Example]] = {
    "configure_and_decode": Example(),
    "saturation_and_dequeue": Example(),
    "flush": Example(prepare=_holds_back),
    "reset_during_flush": Example(work_first),
    "error_in_the_middle": Example(prepare=_third_is_broken),
    "reconfigure": Example(),
    "close_with_work_in_flight": Example(),
    "first_output_of_an_encoder": Example(prepare=_describes),
    "image_in_pieces": Example(),
    "reclamation": Example(),
}


def record_example(name: str) -> Recording:
    """The recording of an example, which is always the same."""
    example = EXAMPLES[name]
    with redirect_stdout(StringIO()):
        return explain_scripted(PROGRAMS / f"{name}.py", example.policy, example.prepare)


def write_examples(directory: Path) -> None:
    """Write the page and the picture of each example. Raises OSError, ProgramError and JinjaMissingError."""
    directory.mkdir(parents=True, exist_ok=True)
    for name in EXAMPLES:
        recording = record_example(name)
        write_page(directory / f"{name}.html", page_of(recording))
        (directory / f"{name}.svg").write_text(picture_of(recording), encoding="utf-8")
