"""Browsers that tests run in if they are installed."""

import os

import pytest

from conformance.targets.browsers import Browser, BrowserNotFoundError, find_browser


def installed_browser(kind: str) -> Browser:
    """The browser. Without it, the test is skipped; or it fails, if CODECMODEL_REQUIRE_BROWSERS names the browser."""
    try:
        return find_browser(kind)
    except BrowserNotFoundError as error:
        if kind in os.environ.get("CODECMODEL_REQUIRE_BROWSERS", "").split(","):
            raise
        pytest.skip(str(error))
