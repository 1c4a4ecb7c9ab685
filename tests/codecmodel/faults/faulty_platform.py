"""A platform that works, except that one of the calls that are made into it raises an exception."""

from collections.abc import Callable
from typing import Final, TypeVar, cast

from codecmodel.platform.codec_implementation import DecodedOutput
from codecmodel.platform.ffmpeg import ffmpeg_platform
from codecmodel.platform.image_decoder_implementation import DecodedImage
from codecmodel.platform.platform import Platform
from codecmodel.raw_media.resource_protocols import VideoResource

T = TypeVar("T")

#: A call that releases an object does so before it raises the exception. Leaks of the platform are not the subject.
_RELEASING = frozenset({"cease", "release"})


class Fault:
    """The fault: the call with this number, counted from 0, raises the exception. ``calls`` lists the calls."""

    def __init__(self, number: int | None = None, exception: type[BaseException] = Exception) -> None:
        self.calls: list[str] = []
        self.number = number
        self.exception = exception
        #: The phase of the program in which the exception was raised.
        self.hit: str | None = None
        self.phase = ""

    def reach(self, call: str) -> None:
        """A call is made."""
        number = len(self.calls)
        self.calls.append(call)
        if number == self.number:
            self.hit = self.phase
            raise self.exception("a fault of the platform")


class _Faulty:
    """Stands before an object of the platform. Every use of an attribute, and every call of a method, is a call.

    So that faults come on the event loop's thread, too, codecs of audio are light. To say so is no call.
    """

    has_light_audio_codecs: Final = True

    def __init__(self, target: object, fault: Fault, name: str) -> None:
        self._target = target
        self._fault = fault
        self._name = name

    def __getattr__(self, attribute: str) -> object:
        value: object = getattr(self._target, attribute)
        call = f"{self._name}.{attribute}"
        if not callable(value):
            self._fault.reach(call)
            return value
        method = cast("Callable[..., object]", value)

        def faulty_method(*arguments: object) -> object:
            if attribute in _RELEASING:
                result = method(*arguments)
                self._fault.reach(call)
            else:
                self._fault.reach(call)
                result = method(*arguments)
            return self._wrapped(result, attribute)

        return faulty_method

    def _wrapped(self, result: object, attribute: str) -> object:
        """Wrap the objects that the platform makes, so that they are as faulty as itself."""
        if isinstance(result, DecodedImage | DecodedOutput):
            resource = _Faulty(cast("object", result.resource), self._fault, f"{self._name}'s output")
            return result._replace(resource=cast("VideoResource", resource))
        if isinstance(result, list | tuple) and not hasattr(result, "_fields"):
            return [self._wrapped(item, attribute) for item in cast("list[object]", result)]
        if attribute.startswith("new_"):
            return _Faulty(result, self._fault, attribute.removeprefix("new_"))
        return result


def faulty_platform(fault: Fault, platform: Platform | None = None) -> Platform:
    """``platform``, by default FFmpeg, with this fault."""
    return cast("Platform", _Faulty(platform or ffmpeg_platform(), fault, "platform"))
