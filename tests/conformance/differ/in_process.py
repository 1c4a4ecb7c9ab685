"""The model, and models that are broken on purpose, in this process."""

import asyncio
from collections.abc import Mapping, Sequence

import codecmodel
from conformance.campaigns.case import Case
from conformance.differ.facts import Fact
from conformance.differ.interpreter import execute
from conformance.differ.parties import Party, Runner
from conformance.differ.worker import MODEL, model_interface
from conformance.interfaces import Provider


class InProcess(Runner):
    """Runs the model, and the providers of interfaces that have these names."""

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        self.targets = [Party(name, name, "1.0") for name in providers]
        self._providers = {MODEL: model_interface, **providers}

    def run(self, programs: Sequence[Case]) -> list[dict[str, list[Fact]]]:
        return [
            {name: asyncio.run(execute(program, provider)) for name, provider in self._providers.items()}
            for program in programs
        ]


class VideoFrame(codecmodel.VideoFrame):
    """A frame whose clones have no duration."""

    __slots__ = ()

    def clone(self) -> codecmodel.VideoFrame:
        """A clone that lost its duration."""
        with super().clone() as whole:
            lost = codecmodel.VideoFrame(whole)
        lost._duration = None
        return lost


def broken(name: str) -> type:
    """The model's interfaces, with the broken frame among them."""
    return VideoFrame if name == "VideoFrame" else model_interface(name)
