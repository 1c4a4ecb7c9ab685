"""Image files in a format that is easy to write, and the codec implementation that decodes them.

A file begins with a letter for each track: ``s`` still, ``a`` animated, ``A`` animated for ever. ``*`` after a letter
makes that track the primary one, ``P`` before all letters makes the image a progressive one, and ``;`` ends them. Then
come frames: the number of their track, ``+`` for each level of detail, and ``.`` at the end. ``!`` is broken data.

    s;0.            a still image
    As*;0.0.1.      an animation of two frames and a still image, which is the primary track
    Ps;0++.         a progressive image that is seen twice before it is complete
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.image_decoder_implementation import (
    DecodedImage,
    EncodedImageFrame,
    ImageConfig,
    ImageTrackDescription,
    ImageTracks,
)
from conformance.scripted.scripted_media import ResourceLedger, ScriptedVideoResource

#: The one type of image that a scripted platform supports.
IMAGE_TYPE: Final = "image/x-scripted"


@dataclass(frozen=True)
class Image:
    """The image that a frame is decoded to, see DecodedImage. With ``fails``, it cannot be decoded, though it is
    complete.
    """

    timestamp: int | None = None
    duration: int | None = None
    derived_timestamp: int | None = None
    is_constant_rate: bool = False
    rotation: float = 0
    flip: bool = False
    fails: bool = False


class Frame(NamedTuple):
    """The data of a frame, so far: levels of detail, whether it is all there, whether it is broken."""

    details: int = 0
    is_complete: bool = False
    is_broken: bool = False


class _ImagePlatform(Protocol):
    """The part of ScriptedPlatform that an image decoder needs."""

    @property
    def resources(self) -> ResourceLedger: ...

    @property
    def image_answers(self) -> Mapping[tuple[int, int], Image]: ...

    @property
    def on_work_queue(self) -> Callable[[], bool]: ...


class ScriptedImageDecoder:
    """A [[codec implementation]] of ImageDecoder. ``calls`` are the requests that matter, in order."""

    def __init__(self, platform: _ImagePlatform) -> None:
        self.calls: list[str] = []
        #: Called by decode() before it looks whether it was aborted, to have something happen meanwhile.
        self.while_decoding: Callable[[], None] | None = None
        self.config: ImageConfig | None = None
        self._platform = platform
        self._data = ""
        self._is_finished = False
        self._released = False

    def configure(self, config: ImageConfig) -> None:
        self._called("configure")
        self.config = config

    def append(self, data: bytes | memoryview) -> None:
        self._called(f"append {bytes(data).decode()}")
        self._data += bytes(data).decode()

    def finish(self) -> None:
        self._called("finish")
        self._is_finished = True

    def tracks(self) -> ImageTracks | None:
        self._check()
        if ";" not in self._data:
            return None
        letters = self._header.replace("P", "")
        primary = letters.index("*") - 1 if "*" in letters else None
        return ImageTracks(
            [
                ImageTrackDescription(letter != "s", len(self._frames(track)), math.inf if letter == "A" else 0)
                for track, letter in enumerate(letters.replace("*", ""))
            ],
            primary,
        )

    def is_progressive(self) -> bool:
        self._check()
        return self._header.startswith("P")

    def frame(self, track: int, frame_index: int) -> EncodedImageFrame:
        self._check()
        frames = self._frames(track)
        if frame_index >= len(frames):
            return EncodedImageFrame("incomplete")
        frame = frames[frame_index]
        if frame.is_broken or (self._is_finished and not frame.is_complete):
            return EncodedImageFrame("malformed")
        return EncodedImageFrame("complete" if frame.is_complete else "incomplete", frame.details or None)

    def decode(self, track: int, frame_index: int, is_aborted: Callable[[], bool]) -> DecodedImage:
        self._called(f"decode {track} {frame_index}")
        if self.while_decoding is not None:
            self.while_decoding()
        answer = self._platform.image_answers.get((track, frame_index), Image())
        if answer.fails or is_aborted():
            raise CodecError("as scripted")
        frame = self._frames(track)[frame_index]
        return DecodedImage(
            ScriptedVideoResource(self._platform.resources, frame_index),
            answer.timestamp,
            answer.duration,
            answer.derived_timestamp,
            answer.is_constant_rate,
            answer.rotation,
            answer.flip,
            frame.is_complete,
            frame.details,
        )

    def release(self) -> None:
        self._called("release")
        self._released = True

    @property
    def _header(self) -> str:
        return self._data.partition(";")[0]

    def _frames(self, track: int) -> list[Frame]:
        frames: list[Frame] = []
        is_mine = False
        for character in self._data.partition(";")[2]:
            if character.isdigit():
                is_mine = int(character) == track
                frames += [Frame()] * is_mine
            elif is_mine:
                last = frames.pop()
                frames.append(
                    Frame(last.details + (character == "+"), character == ".", last.is_broken or character == "!")
                )
        return frames

    def _called(self, what: str) -> None:
        self._check()
        self.calls.append(what)

    def _check(self) -> None:
        assert self._platform.on_work_queue(), "the codec implementation belongs to the work queue"
        assert not self._released, "nothing is asked of a codec that was released"
