"""tox plugin: an environment whose FFmpeg is absent is skipped, and says so; or fails, where it is required.

CODECMODEL_REQUIRE_FFMPEG=system (or bundled, or both, separated by commas) says which are required.
"""

import os
import subprocess
import sys

from tox.plugin import impl
from tox.tox_env.api import ToxEnv
from tox.tox_env.errors import Fail, Skip

_PROBE = "import ffbind; print(ffbind.load().origin)"


@impl
def tox_before_run_commands(tox_env: ToxEnv) -> None:
    if not tox_env.conf.name.endswith("-system"):
        return
    environment = {name: value for name, value in os.environ.items() if name != "FFBIND_LIBRARY_DIR"}
    probe = subprocess.run(
        [str(tox_env.conf["env_python"]), "-c", _PROBE],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if probe.returncode == 0 and probe.stdout.strip() == "system":
        return
    message = f"{tox_env.conf.name}: NOT TESTED, this system has no usable FFmpeg libraries"
    if "system" in os.environ.get("CODECMODEL_REQUIRE_FFMPEG", "").split(","):
        raise Fail(f"{message}\n{probe.stderr}")
    print(message, file=sys.stderr)
    raise Skip(message)
