"""One workspace for all tests of clients."""

from pathlib import Path

import pytest

from tests.clients.workspace import Workspace, folder_of_packages, installed_packages
from tests.conformance.conftest import node

__all__ = ["node"]


@pytest.fixture(scope="session")
def workspace(node: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    packages = installed_packages(folder_of_packages() or tmp_path_factory.mktemp("packages"))
    return Workspace(tmp_path_factory.mktemp("workspace"), packages)
