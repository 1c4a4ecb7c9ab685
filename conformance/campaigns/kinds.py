"""The kinds of inputs: how one is drawn, and how it is executed."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from conformance.campaigns.case import Case, Part
from conformance.campaigns.drawn_media import draw_chunks, draw_container, draw_description, draw_image
from conformance.campaigns.drawn_values import draw_buffer, draw_codec_string, draw_configuration, draw_program
from conformance.campaigns.executions import (
    ask_and_run,
    ask_for_support,
    copy_buffers,
    decode_image,
    parse_strings,
    read_file,
    run_program,
)


@dataclass(frozen=True)
class Kind:
    """A kind of inputs. ``execute`` raises an exception only if the implementation is at fault."""

    draw: Callable[[Random], Case]
    execute: Callable[[Sequence[Part]], Awaitable[None]]
    meaning: str


KINDS: Final[Mapping[str, Kind]] = {
    "chunks": Kind(draw_chunks, run_program, "damaged chunks of each codec"),
    "descriptions": Kind(draw_description, ask_and_run, "damaged descriptions in decoder configurations"),
    "codec strings": Kind(draw_codec_string, parse_strings, "damaged codec strings"),
    "configurations": Kind(draw_configuration, ask_for_support, "configurations with odd members"),
    "containers": Kind(draw_container, read_file, "damaged media files"),
    "images": Kind(draw_image, decode_image, "damaged image files"),
    "buffers": Kind(draw_buffer, copy_buffers, "buffers and layouts of frames and samples"),
    "programs": Kind(draw_program, run_program, "calls on a codec in any order"),
}


def drawn(kinds: Mapping[str, Kind], name: str, seed: int, number: int) -> Case:
    """The input of that number in a campaign: the same for the same seed."""
    case = kinds[name].draw(Random(f"{seed}/{name}/{number}"))
    return Case(name, case.parts)
