"""One Chromium for all tests of pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.driver import Driver, chromium


@pytest.fixture(scope="session")
def driver() -> Iterator[Driver]:
    with chromium("--window-size=1400,900", "--force-prefers-reduced-motion") as found:
        yield found
