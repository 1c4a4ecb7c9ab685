"""The subjects of programs: objects of the interfaces that are tested, and the calls on them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeAlias, get_args

from codecmodel import AudioDecoder, AudioEncoder, DOMException, VideoDecoder, VideoEncoder
from codecmodel.web.event_loop import Promise
from codecmodel.web.events import Event
from conformance.explorer.heap import Surroundings
from conformance.explorer.snapshot import Unchanging
from conformance.litmus.log import Entry
from conformance.scripted.observed_codec import name_of

if TYPE_CHECKING:
    from typing_extensions import TypeIs

DecoderInterface: TypeAlias = Literal["VideoDecoder", "AudioDecoder"]
EncoderInterface: TypeAlias = Literal["VideoEncoder", "AudioEncoder"]
ImageInterface: TypeAlias = Literal[
    "ImageDecoder",
    "ImageDecoder of a stream",
    "ImageDecoder of several tracks",
    "ImageDecoder of a progressive stream",
]
Interface: TypeAlias = Literal[DecoderInterface, EncoderInterface, ImageInterface]
INTERFACES: Final[tuple[Interface, ...]] = get_args(Interface)
#: Interfaces with the same algorithms.
Family: TypeAlias = Literal["decoder", "encoder", "image"]


def is_image_interface(interface: Interface) -> "TypeIs[ImageInterface]":
    """Whether it is an ImageDecoder."""
    return interface.startswith("Image")


def family_of(interface: Interface) -> Family:
    """The family that an interface belongs to."""
    if interface.startswith("Image"):
        return "image"
    return "encoder" if interface.endswith("Encoder") else "decoder"


@dataclass(frozen=True)
class Numbering(Unchanging):
    """How the numbers of calls are carried by timestamps and configurations.

    ``base`` is added to a number, and ``step`` is between two timestamps (µs). A codec that answers as it likes knows a
    configuration by the number in it; a real one needs a valid one.
    """

    base: int = 0
    step: int = 1
    in_configurations: bool = False


class Reports(Protocol):
    """The program, which is told of callbacks."""

    def __call__(self, *entry: str | int | None) -> None:
        """Run the program's code in a callback, or in a reaction to a promise. ``entry`` lacks what a look gives."""


class Subject(Surroundings, ABC):
    """An object whose calls carry numbers, which its callbacks and its promises tell again."""

    def __init__(self, reports: Reports) -> None:
        self._reports = reports
        #: Promises that calls have made and that have not settled.
        self._unsettled = 0

    @property
    @abstractmethod
    def target(self) -> object:
        """The object itself."""

    @property
    @abstractmethod
    def look(self) -> Entry:
        """The attributes that the program can read."""

    @property
    @abstractmethod
    def is_due(self) -> bool:
        """Whether something must come yet."""

    @abstractmethod
    def call(self, name: str, number: int) -> str | None:
        """Make a call. Returns the name of the exception that it throws."""

    @abstractmethod
    def end(self) -> None:
        """Close the object, if it is open."""


class CodecSubject(Subject):
    """A decoder or an encoder."""

    @property
    @abstractmethod
    def target(self) -> AudioDecoder | VideoDecoder | AudioEncoder | VideoEncoder: ...

    @property
    @abstractmethod
    def _queue_size(self) -> int:
        """decodeQueueSize or encodeQueueSize."""

    @property
    def look(self) -> Entry:
        return self.target.state, self._queue_size

    @property
    def is_due(self) -> bool:
        return self._unsettled > 0 or (self.target.state == "configured" and self._queue_size > 0)

    def call(self, name: str, number: int) -> str | None:
        codec = self.target
        try:
            if name == "flush":
                promise = codec.flush()
                self._unsettled += 1
                promise.add_done_callback(lambda settled: self._settled(number, settled))
            elif name == "reset":
                codec.reset()
            elif name == "close":
                codec.close()
            elif name != "look":
                self._call(name, number)
        except (DOMException, TypeError) as exception:
            return name_of(exception)
        return None

    def end(self) -> None:
        if self.target.state != "closed":
            self.target.close()

    @abstractmethod
    def _call(self, name: str, number: int) -> None:
        """Make a call that not all codecs have."""

    def _settled(self, number: int, promise: Promise[None]) -> None:
        self._unsettled -= 1
        reason = promise.exception()
        self._reports("settled", number, "resolved" if reason is None else name_of(reason))

    def _error(self, error: DOMException) -> None:
        self._reports("error", error.name)

    def _dequeued(self, event: Event) -> None:
        self._reports("dequeue")
