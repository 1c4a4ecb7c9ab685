"""Node, for tests that need it."""

import os
from pathlib import Path

import pytest

from conformance.targets.node import NodeNotFoundError, find_node


@pytest.fixture(scope="session")
def node() -> Path:
    """A suitable Node. Without one, tests are skipped, or fail if CODECMODEL_REQUIRE_NODE says that there is one."""
    try:
        return find_node()
    except NodeNotFoundError as error:
        if os.environ.get("CODECMODEL_REQUIRE_NODE"):
            pytest.fail(str(error))
        pytest.skip(str(error))
