"""Programs that only import the package do not wait for modules that they may never use."""

import subprocess
import sys

import pytest


def loaded_by(code: str) -> set[str]:
    """The top-level modules that a new process has after running ``code``."""
    report = "; import sys; print(*{name.partition('.')[0] for name in sys.modules})"
    finished = subprocess.run([sys.executable, "-c", code + report], capture_output=True, text=True, check=True)
    return set(finished.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import codecmodel",
        "import codecmodel.files",
        "import codecmodel.messages",
        "from codecmodel.platform.current import current_platform; current_platform()",
        "from codecmodel.command_line import probe_command",
    ],
)
def test_importing_the_package_loads_neither_numpy_nor_rich(code: str) -> None:
    assert not {"numpy", "rich", "PIL", "av"} & loaded_by(code)


def test_numpy_is_loaded_when_it_is_needed() -> None:
    code = (
        "from codecmodel import AudioData; init = {'format': 's16', 'sampleRate': 8000, 'numberOfFrames': 2, "
        "'numberOfChannels': 1, 'timestamp': 0, 'data': bytes(4)}; AudioData(init).to_numpy()"
    )
    assert "numpy" in loaded_by(code)
