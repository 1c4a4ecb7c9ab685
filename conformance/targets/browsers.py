"""Browsers without a window: found, started with a profile of their own, and ended."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final

#: Names of the programs, in the order in which they are looked for.
_PROGRAMS: Final[Mapping[str, Sequence[str]]] = {
    "chromium": ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"),
    "firefox": ("firefox", "firefox-esr"),
}
_VERSION_SECONDS: Final = 60.0

# No page can observe these options: they keep the browser from reaching for the network, and from asking.
_CHROMIUM_OPTIONS: Final = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-component-update",
    "--disable-background-networking",
    "--no-default-browser-check",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
)
_FIREFOX_PREFERENCES: Final[Mapping[str, str]] = {
    "app.normandy.enabled": "false",
    "app.update.enabled": "false",
    "browser.aboutwelcome.enabled": "false",
    "browser.safebrowsing.malware.enabled": "false",
    "browser.safebrowsing.phishing.enabled": "false",
    "browser.shell.checkDefaultBrowser": "false",
    "datareporting.policy.dataSubmissionEnabled": "false",
    "dom.max_script_run_time": "0",
    "extensions.getAddons.cache.enabled": "false",
    "extensions.update.enabled": "false",
    "media.autoplay.default": "0",
    "media.gmp-manager.updateEnabled": "false",
    "network.captive-portal-service.enabled": "false",
    "network.connectivity-service.enabled": "false",
    "network.dns.disablePrefetch": "true",
    "services.settings.server": '"data:,"',
    "toolkit.telemetry.enabled": "false",
}


class BrowserNotFoundError(Exception):
    """There is no such browser. The message names the programs that were looked for."""


@dataclass(frozen=True)
class Browser:
    """A browser that is installed. ``kind`` is "chromium" or "firefox"."""

    kind: str
    program: Path
    version: str

    @property
    def description(self) -> str:
        """For people: kind and version."""
        return f"{self.kind} {self.version}"


def is_browser(target: str) -> bool:
    """Whether ``target`` names a browser: "chromium", "firefox", or one of these with a path behind a colon."""
    return target.partition(":")[0] in _PROGRAMS


def find_browser(target: str) -> Browser:
    """The browser that ``target`` names. Raises BrowserNotFoundError.

    Without a path, CODECMODEL_CHROMIUM or CODECMODEL_FIREFOX may name the program; else it is looked for in PATH.
    """
    kind, _, path = target.partition(":")
    variable = f"CODECMODEL_{kind.upper()}"
    named = path or os.environ.get(variable, "")
    candidates = [named] if named else list(_PROGRAMS[kind])
    for candidate in candidates:
        program = shutil.which(candidate)
        if program is not None:
            return Browser(kind, Path(program), _version_of(Path(program)))
    raise BrowserNotFoundError(
        f"there is no {kind}: looked for {', '.join(candidates)}."
        f" Give its path as --target {kind}:PATH, or in {variable}."
    )


def _version_of(program: Path) -> str:
    """The version as the program prints it: the first word that begins with a digit."""
    try:
        printed = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=_VERSION_SECONDS, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BrowserNotFoundError(f"{program} cannot be run: {error}") from None
    return next((word for word in printed.split() if word[:1].isdigit()), "unknown")


#: Runs a browser until this process closes the pipe to it, or ends in any way, be it by a signal that cannot be caught.
#: The first argument is the browser's profile, and the others are its command line.
_GUARD: Final = """
profile=$1
shift
exec 3<&0
"$@" </dev/null 3<&- &
browser=$!
(
    cat <&3 >/dev/null
    kill -KILL $browser
    rm -rf "$profile"
    kill -KILL 0
) &
wait $browser
"""


class RunningBrowser:
    """A browser with one page. To be closed; a context manager. It ends with this process at the latest."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._profile = tempfile.TemporaryDirectory(prefix="codecmodel-browser-", ignore_cleanup_errors=True)
        profile = self._profile.name
        self._process = subprocess.Popen(
            ["sh", "-c", _GUARD, "sh", profile, browser.program, *_arguments(browser.kind, Path(profile)), url],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # A group of its own: the browser's other processes end with it.
            start_new_session=True,
        )

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        """End the browser and all of its processes, and remove its profile."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()
        self._profile.cleanup()

    def __enter__(self) -> "RunningBrowser":
        return self

    def __exit__(
        self, type: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _arguments(kind: str, profile: Path) -> list[str]:
    if kind == "chromium":
        # Chromium refuses to run as root with a sandbox.
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        return [*_CHROMIUM_OPTIONS, *sandbox, f"--user-data-dir={profile}"]
    preferences = "".join(f'user_pref("{name}", {value});\n' for name, value in _FIREFOX_PREFERENCES.items())
    (profile / "user.js").write_text(preferences, encoding="utf-8")
    return ["--headless", "--no-remote", "--new-instance", "--profile", str(profile)]
