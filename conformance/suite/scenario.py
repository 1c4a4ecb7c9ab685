"""Scenarios are functions that show a piece of the behaviour that the spec asks for. promise_test() registers them."""

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar, overload

from conformance.suite.context import Test

MediaT = TypeVar("MediaT")
MediaT_co = TypeVar("MediaT_co", covariant=True)
MediaT_contra = TypeVar("MediaT_contra", contravariant=True)

Body = Callable[[Test], Awaitable[None]]

#: A reference to the spec: the published anchor of an algorithm or definition, optionally with a step of it. Where an
#: anchor has several lists of steps a part tells them apart: a method has its own steps, and as ``:message`` those of
#: the control message that it queues.
#:
#:     "dom-videodecoder-state"
#:     "dom-videodecoder-decode#2.1"
#:     "dom-videodecoder-decode:message#4.5"
#:     "webcodecs-opus-codec-registration/audiodecoderconfig-description"
_REFERENCE: Final = re.compile(r"(?:[a-z0-9-]+/)?[a-z][a-z0-9-]*(?::[a-z]+(?:-[a-z]+)*)?(?:#[1-9]\d*(?:\.[1-9]\d*)*)?")


#: The chapters of the spec that describe behaviour.
CHAPTERS: Final = {
    2: "Codec Processing Model",
    3: "AudioDecoder",
    4: "VideoDecoder",
    5: "AudioEncoder",
    6: "VideoEncoder",
    7: "Configurations",
    8: "Encoded Media",
    9: "Raw Media",
    10: "Image Decoding",
    11: "Resource Reclamation",
}


class MediaFunction(Protocol[MediaT_contra]):
    """A scenario that runs once for each variant. It is given the media or settings that the variant makes."""

    def __call__(self, t: Test, media: MediaT_contra, /) -> Awaitable[None]: ...


class Variant(Generic[MediaT_co]):
    """A named way to run scenarios. ``make`` makes the media or settings that they are run with.

    ``make`` raises OptionalFeatureUnsupportedError if this machine lacks something for it.
    """

    def __init__(self, name: str, make: Callable[[], MediaT_co]) -> None:
        self.name: Final = name
        self.make: Final = make

    def __repr__(self) -> str:
        return f"Variant({self.name!r})"


@dataclass(frozen=True)
class Scenario:
    """One scenario under one variant. It has one status in the end.

    ``prepare`` makes everything that the variant needs and returns the function to run.
    """

    module: str
    function: str
    name: str
    shows: tuple[str, ...]
    variant: str | None
    timeout: float | None
    prepare: Callable[[], Body]

    @property
    def id(self) -> str:
        """``module.function?variant``"""
        return f"{self.module}.{self.function}{self.suffix}"

    @property
    def test(self) -> str:
        """The name that web-platform-tests would give to the test that has this as a subtest: ``/module?variant``."""
        return f"/{self.module}{self.suffix}"

    @property
    def suffix(self) -> str:
        return "" if self.variant is None else f"?{self.variant}"


class Collection:
    """Scenarios in the order of their definition."""

    def __init__(self) -> None:
        self._scenarios: dict[str, list[Scenario]] = {}

    def __iter__(self) -> Iterator[Scenario]:
        for scenarios in self._scenarios.values():
            yield from scenarios

    def of_module(self, module: str) -> Sequence[Scenario]:
        return self._scenarios.get(module, [])

    def forget_module(self, module: str) -> None:
        """Forget the scenarios of a module that could not be imported to its end."""
        self._scenarios.pop(module, None)

    @overload
    def promise_test(
        self, name: str, *, shows: Sequence[str], timeout: float | None = None, module: str | None = None
    ) -> Callable[[Body], Body]: ...

    @overload
    def promise_test(
        self,
        name: str,
        *,
        shows: Sequence[str],
        timeout: float | None = None,
        variants: Sequence[Variant[MediaT]],
        module: str | None = None,
    ) -> Callable[[MediaFunction[MediaT]], MediaFunction[MediaT]]: ...

    def promise_test(
        self,
        name: str,
        *,
        shows: Sequence[str],
        timeout: float | None = None,
        variants: Sequence[Variant[MediaT]] | None = None,
        module: str | None = None,
    ) -> Callable[[Body], Body] | Callable[[MediaFunction[MediaT]], MediaFunction[MediaT]]:
        """Register an async function as a scenario, or as one scenario for each of ``variants``.

        ``name`` says which behaviour is shown, and ``shows`` names the steps of the spec that show it. The function
        passes by returning. If it raises OptionalFeatureUnsupportedError, the status is PRECONDITION_FAILED; any other
        exception gives FAIL. ``timeout`` is in seconds, for a scenario that needs longer than the time limit of the
        run. ``module`` is the module that the scenario belongs to, if that is not the module of the function.
        """
        if isinstance(shows, str) or not shows:
            raise ValueError(f"{name}: shows is a sequence of references to the spec")
        for reference in shows:
            if not _REFERENCE.fullmatch(reference):
                raise ValueError(f"{name}: not a reference to the spec: {reference!r}")

        if variants is None:

            def register_body(function: Body) -> Body:
                self._add(function, module, name, shows, timeout, None, lambda: function)
                return function

            return register_body

        def register_media_function(function: MediaFunction[MediaT]) -> MediaFunction[MediaT]:
            for variant in variants:
                self._add(function, module, name, shows, timeout, variant.name, _bind(function, variant))
            return function

        return register_media_function

    def _add(
        self,
        function: object,
        module: str | None,
        name: str,
        shows: Sequence[str],
        timeout: float | None,
        variant: str | None,
        prepare: Callable[[], Body],
    ) -> None:
        module = (module or function.__module__).rpartition(".")[2]
        function_name = str(getattr(function, "__name__", function))
        scenario = Scenario(module, function_name, name, tuple(shows), variant, timeout, prepare)
        for other in self._scenarios.setdefault(module, []):
            if other.variant == variant and name == other.name:
                raise ValueError(f"{scenario.test} has two scenarios named {name!r}")
            if other.id == scenario.id:
                raise ValueError(f"{scenario.id} is defined twice")
        self._scenarios[module].append(scenario)


class BodyWithMedia(Generic[MediaT]):
    """A function that runs with the media of a variant."""

    def __init__(self, function: MediaFunction[MediaT], media: MediaT) -> None:
        self._function = function
        self.media: Final = media

    def __call__(self, t: Test) -> Awaitable[None]:
        return self._function(t, self.media)


def _bind(function: MediaFunction[MediaT], variant: Variant[MediaT]) -> Callable[[], Body]:
    return lambda: BodyWithMedia(function, variant.make())


def chapter_of(module: str) -> str:
    """The chapter of the spec that a module of scenarios belongs to by its name (``chapter_4_…``), or the registry."""
    match = re.match(r"chapter_(\d+)_", module)
    if match is None:
        return "Codec registry" if module.startswith("registry") else module
    number = int(match[1])
    return f"{number} {CHAPTERS[number]}"
