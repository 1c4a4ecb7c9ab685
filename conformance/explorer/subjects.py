"""The subjects of the explorer: interfaces, each with the calls of its programs, and its invariants."""

from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

from conformance.explorer.codec_run import DecoderRun, EncoderRun
from conformance.explorer.image_run import IMAGE_CALLS, ImageRun
from conformance.explorer.image_watch import IMAGE_INVARIANTS
from conformance.explorer.invariants import INVARIANTS
from conformance.explorer.metadata_watch import ENCODER_INVARIANTS
from conformance.explorer.program_run import ProgramRun
from conformance.explorer.programs import CALLS, ENCODER_CALLS, Pattern

Subject: TypeAlias = Literal[
    "AudioDecoder",
    "VideoDecoder",
    "AudioEncoder",
    "VideoEncoder",
    "ImageDecoder",
    "ImageDecoder of a stream",
]
#: Makes a run of a program of so many calls, so many of them in callbacks, that matches a pattern.
_NewRun: TypeAlias = Callable[[int, int, Pattern], ProgramRun]


class Description(NamedTuple):
    """The calls in a subject's programs, the invariants that are checked, and the function that makes a run."""

    calls: tuple[str, ...]
    invariants: Mapping[str, str]
    new_run: _NewRun


_OF_ENCODERS: Final = {**INVARIANTS, **ENCODER_INVARIANTS}

SUBJECTS: Final[Mapping[Subject, Description]] = {
    "AudioDecoder": Description(CALLS, INVARIANTS, lambda *limits: DecoderRun("audio", *limits)),
    "VideoDecoder": Description(CALLS, INVARIANTS, lambda *limits: DecoderRun("video", *limits)),
    "AudioEncoder": Description(ENCODER_CALLS["audio"], _OF_ENCODERS, lambda *limits: EncoderRun("audio", *limits)),
    "VideoEncoder": Description(ENCODER_CALLS["video"], _OF_ENCODERS, lambda *limits: EncoderRun("video", *limits)),
    "ImageDecoder": Description(IMAGE_CALLS["image"], IMAGE_INVARIANTS, lambda *limits: ImageRun("image", *limits)),
    "ImageDecoder of a stream": Description(
        IMAGE_CALLS["image stream"], IMAGE_INVARIANTS, lambda *limits: ImageRun("image stream", *limits)
    ),
}
