"""What the README shows works when it is pasted."""

import re
import subprocess
import sys
from pathlib import Path

from tests.codecmodel.files.media import video, write

README = Path(__file__).parents[2] / "README.md"


def test_the_example_decodes_a_file(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```python\n(.*?)^```", README.read_text(), re.DOTALL | re.MULTILINE)
    assert sum(bool(line.strip()) for line in example.splitlines()) < 20
    program = tmp_path / "example.py"
    program.write_text(example)
    path = write(tmp_path / "video.mkv", video("libvpx", count=3))
    completed = subprocess.run(
        [sys.executable, "-W", "error", str(program), str(path)], capture_output=True, text=True, check=False
    )
    assert (completed.returncode, completed.stderr) == (0, "")
    lines = [line.split() for line in completed.stdout.splitlines()]
    assert [int(timestamp) for timestamp, *_ in lines] == [0, 40_000, 80_000]
    assert {format for _, format, *_ in lines} == {"I420"}
