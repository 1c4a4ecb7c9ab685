"""Preconditions of scenarios on another implementation: it decodes the media, and is asked for something."""

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from codecmodel import VideoDecoder
from codecmodel.types import VideoDecoderConfig
from conformance.suite.assertions import OptionalFeatureUnsupportedError
from conformance.suite.context import Test
from conformance.suite.scenario import Body, BodyWithMedia, Scenario


def on_another_implementation(
    scenario: Scenario, interface: Callable[[str], type], operations: Callable[[], int]
) -> Scenario:
    """The scenario, which asks first whether the interfaces that ``interface`` gives by name decode its media.

    A scenario that passes while ``operations``, the number of operations so far, stays as it is has shown nothing: it
    has a precondition that is not met.
    """

    def prepare() -> Body:
        body = scenario.prepare()
        media = body.media if isinstance(body, BodyWithMedia) else None
        configs = [
            cast("VideoDecoderConfig", each.config)
            for each in (media, *(media if isinstance(media, tuple) else ()))
            if hasattr(each, "config") and hasattr(each, "chunks")
        ]

        async def run(t: Test) -> None:
            for config in configs:
                name = "AudioDecoder" if "sampleRate" in config else "VideoDecoder"
                decoder = cast("type[VideoDecoder]", interface(name))
                support = await decoder.isConfigSupported(config)
                if not support["supported"]:
                    raise OptionalFeatureUnsupportedError(f"there is no {name} for {config['codec']}")
            before = operations()
            await body(t)
            if operations() == before:
                raise OptionalFeatureUnsupportedError("asks nothing of another implementation")

        return run

    return replace(scenario, prepare=prepare)
