"""Confirms failures: what a scenario did, as plain JavaScript, and whether the same comes out without Python."""

from dataclasses import replace

from conformance.suite.context import Test
from conformance.suite.results import Result, Status
from conformance.suite.scenario import Body, BodyWithMedia, Scenario
from conformance.targets.plain.listing import NotPlainError, listing_of
from conformance.targets.plain.programs import Runner
from conformance.targets.plain.transcript import RecordingConnection, Transcript


class Confirmer:
    """Records scenarios, and runs those that fail once more, as plain JavaScript."""

    def __init__(self, recording: RecordingConnection, runner: Runner, product: str) -> None:
        self._recording = recording
        self._runner = runner
        self._product = product
        self._transcript = Transcript({})

    def recorded(self, scenario: Scenario) -> Scenario:
        """The scenario, which is recorded until it has ended; its cleaning up is not."""

        def prepare() -> Body:
            body = scenario.prepare()

            async def run(t: Test) -> None:
                self._recording.begin()
                try:
                    await body(t)
                finally:
                    self._transcript = self._recording.end()

            if isinstance(body, BodyWithMedia):
                return BodyWithMedia(lambda t, media: run(t), body.media)
            return run

        return replace(scenario, prepare=prepare)

    def confirmed(self, result: Result) -> Result:
        """The result of the scenario that was recorded last: with a program and a confirmation, if it failed."""
        if not result.failed:
            return result
        heading = [
            f"{result.id}, in {self._product}",
            result.name,
            f"Steps of the specification: {', '.join(result.shows)}",
            f"{result.status.name}: {result.message or ''}",
            "For a module in a worker or in a page, or for the console of a secure page.",
        ]
        try:
            listing = listing_of(self._transcript, heading, timed_out=result.status is Status.TIMEOUT)
        except NotPlainError as error:
            return replace(result, confirmation=str(error))
        return replace(result, javascript=listing.text, confirmation=self._runner.confirmation(listing))
