"""How a scenario that holds for two interfaces is written, and how the chapter of each adopts it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Generic, Literal, NamedTuple, TypeAlias, TypeVar

from conformance.suite.harness import SCENARIOS, Test, Variant

MediaT = TypeVar("MediaT")
Function: TypeAlias = Callable[[Test, MediaT], Awaitable[None]]
#: ``{}`` in a reference to the spec stands for the interface. A reference is a pair, for audio and for video, where the
#: spec numbers or names the same step differently.
Reference: TypeAlias = str | tuple[str, str]
#: The variants that a scenario runs with: every codec (an encoder in every mode of latency), those whose chunks can be
#: broken, each codec once, or one codec where it does not matter which; or a scripted codec in each setting.
Needs: TypeAlias = Literal["every codec", "broken chunks", "each codec once", "any codec", "every setting"]


class _Template(NamedTuple, Generic[MediaT]):
    """A scenario as written."""

    function: Function[MediaT]
    name: str
    shows: Sequence[Reference]
    needs: Needs


class SharedScenarios(Generic[MediaT]):
    """The scenarios of a module, which two interfaces share: one of audio, one of video ("audiodecoder", …)."""

    def __init__(self, audio: str, video: str) -> None:
        self._audio: Final = audio
        self._video: Final = video
        self._templates: Final[list[_Template[MediaT]]] = []

    def promise_test(
        self, name: str, *, shows: Sequence[Reference], needs: Needs
    ) -> Callable[[Function[MediaT]], Function[MediaT]]:
        """Declare a scenario. ``needs`` says which variants it runs with."""

        def declare(function: Function[MediaT]) -> Function[MediaT]:
            self._templates.append(_Template(function, name, shows, needs))
            return function

        return declare

    def adopt(self, module: str, interface: str, variants: Mapping[Needs, Sequence[Variant[MediaT]]]) -> None:
        """Make every scenario one of ``module``'s, for ``interface``."""
        assert interface in (self._audio, self._video), "the scenarios are of another interface"
        for template in self._templates:
            shows = [self._reference(reference, interface) for reference in template.shows]
            register = SCENARIOS.promise_test(
                template.name, shows=shows, variants=variants[template.needs], module=module
            )
            register(template.function)

    def _reference(self, reference: Reference, interface: str) -> str:
        if isinstance(reference, tuple):
            reference = reference[0] if interface == self._audio else reference[1]
        return reference.format(interface, interface)
