"""The implementations on which web-platform-tests can be run: this one, a module of npm, a browser."""

import platform
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from conformance.targets.browsers import Browser, find_browser, is_browser
from conformance.targets.node import find_node
from conformance.targets.node_module import NodeModule, version_of
from conformance.wpt.browser.run import run_tests_in_browser
from conformance.wpt.discovery import Test, find_document_tests, find_tests
from conformance.wpt.results import FileResult
from conformance.wpt.runner import Observer, RunOptions, run_tests


class Target(ABC):
    """An implementation to run tests on. Reports name its ``product`` and ``version``."""

    product: str
    version: str

    @abstractmethod
    def find_tests(self, checkout: Path) -> list[Test]:
        """The tests of a checkout that it can run. Raises CheckoutError."""

    @abstractmethod
    def run(
        self, tests: Sequence[Test], checkout: Path, jobs: int, timeout_multiplier: float, observer: Observer
    ) -> list[FileResult]:
        """Run the tests. Results come in their order."""


class NodeTarget(Target):
    """This implementation in the host of the tests, or the exports of a module of npm in plain Node."""

    def __init__(self, node: Path, module: NodeModule | None) -> None:
        self._node: Final = node
        self._module: Final = module
        if module is None:
            # Only this target needs FFmpeg.
            from codecmodel.platform import ffmpeg

            self.product = "codecmodel"
            self.version = ffmpeg.description()
        else:
            self.product = module.name
            self.version = version_of(node, module.name)

    def find_tests(self, checkout: Path) -> list[Test]:
        if self._module is not None:
            # In plain Node there is no document at all.
            return find_tests(checkout)
        # One of the pages takes all the time that it has, so the pages come first.
        return [*find_document_tests(checkout), *find_tests(checkout)]

    def run(
        self, tests: Sequence[Test], checkout: Path, jobs: int, timeout_multiplier: float, observer: Observer
    ) -> list[FileResult]:
        options = RunOptions(checkout, self._node, jobs, timeout_multiplier, self._module)
        return run_tests(tests, options, observer)


class BrowserTarget(Target):
    """A browser."""

    def __init__(self, browser: Browser) -> None:
        self._browser: Final = browser
        self.product = browser.kind
        self.version = browser.version

    def find_tests(self, checkout: Path) -> list[Test]:
        return [*find_tests(checkout), *find_document_tests(checkout)]

    def run(
        self, tests: Sequence[Test], checkout: Path, jobs: int, timeout_multiplier: float, observer: Observer
    ) -> list[FileResult]:
        return run_tests_in_browser(tests, checkout, self._browser, jobs, timeout_multiplier, observer)


def find_target(text: str | None, prelude: Path | None = None) -> Target:
    """The target that a command line names: None for this implementation, node:MODULE, chromium, firefox:PATH.

    ``prelude`` is a module of the user's to be run after that of node:MODULE. Raises ValueError, BrowserNotFoundError
    or NodeNotFoundError.
    """
    if prelude is not None and not (text or "").startswith("node:"):
        raise ValueError("a prelude is for a target node:MODULE")
    if text is None:
        return NodeTarget(find_node(), None)
    if is_browser(text):
        return BrowserTarget(find_browser(text))
    kind, _, module = text.partition(":")
    if kind != "node" or not module:
        raise ValueError(f"a target is chromium, firefox (a path may follow a colon) or node:MODULE, not {text}")
    return NodeTarget(find_node(), NodeModule(module, prelude))


def environment(target: Target) -> str:
    """The target and its version, for people."""
    return f"Python {platform.python_version()}, {target.product} {target.version}"
