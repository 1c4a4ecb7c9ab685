"""The packages of npm, the media that clients work on, and the runs of their jobs."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias, cast

import pytest

#: A value of JSON.
Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
Job: TypeAlias = Mapping[str, Json]

APPS: Final = Path(__file__).parent / "apps"
#: The variable that names the folder into which npm installs, so that it is kept from run to run.
VARIABLE: Final = "CODECMODEL_CLIENTS"
WIDTH, HEIGHT, FRAME_RATE, FRAMES = 160, 120, 25, 30
SECONDS: Final = FRAMES / FRAME_RATE
_INSTALL_SECONDS: Final = 240
_RUN_SECONDS: Final = 280

_PICTURES: Final = f"testsrc2=size={WIDTH}x{HEIGHT}:rate={FRAME_RATE}:duration={SECONDS},gblur=2"
#: Sweeps, whose place in time can be told; another one for each channel.
_SOUND: Final = (
    f"aevalsrc='0.4*sin(2*PI*(200*t+1500*t*t))|0.4*sin(2*PI*(2000*t-600*t*t))':sample_rate=48000:duration={SECONDS}"
)
_BOTH: Final = ("-f", "lavfi", "-i", _PICTURES, "-f", "lavfi", "-i", _SOUND)
_BT709: Final = ("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
_AVC: Final = ("-c:v", "libx264", "-pix_fmt", "yuv420p", *_BT709, "-g", "15", "-crf", "15")
_VP9: Final = ("-c:v", "libvpx-vp9", "-pix_fmt", "yuv420p", "-crf", "15", "-b:v", "0", "-cpu-used", "4")
_AAC: Final = ("-c:a", "aac", "-b:a", "128k")
_OPUS: Final = ("-c:a", "libopus", "-b:a", "128k")
#: The arguments by which the program ffmpeg makes each medium.
_MEDIA: Final[Mapping[str, Sequence[str]]] = {
    "avc_aac.mp4": (*_BOTH, *_AVC, *_AAC),
    "avc_aac_fragmented.mp4": (*_BOTH, *_AVC, *_AAC, "-movflags", "frag_keyframe+delay_moov"),
    # Sound that begins at 0: Remotion writes no times before that.
    "avc_aac_plain.mp4": (*_BOTH, *_AVC, *_AAC, "-use_editlist", "0"),
    "vp9_opus.webm": (*_BOTH, *_VP9, *_OPUS),
    "vp8_vorbis.webm": (*_BOTH, "-c:v", "libvpx", "-b:v", "1M", "-c:a", "libvorbis"),
    "hevc_flac.mkv": (
        *_BOTH,
        "-c:v",
        "libx265",
        "-pix_fmt",
        "yuv420p",
        "-x265-params",
        "log-level=none",
        "-c:a",
        "flac",
    ),
    "alpha.webm": (
        *("-f", "lavfi", "-i", f"{_PICTURES},format=yuva420p,geq=lum='lum(X,Y)':cb='cb(X,Y)':cr='cr(X,Y)':a='X+2*N'"),
        *("-c:v", "libvpx-vp9", "-crf", "15", "-b:v", "0", "-auto-alt-ref", "0", "-cpu-used", "4"),
    ),
    "sound.wav": ("-f", "lavfi", "-i", _SOUND),
    "sound.mp3": ("-f", "lavfi", "-i", _SOUND, "-c:a", "libmp3lame", "-b:a", "128k"),
    "sound.flac": ("-f", "lavfi", "-i", _SOUND),
    "sound.ogg": ("-f", "lavfi", "-i", _SOUND, *_OPUS),
}
MEDIA: Final = tuple(_MEDIA)


@dataclass(frozen=True)
class Result:
    """The result of a job: facts and perhaps a file, or the text of an error."""

    facts: Mapping[str, Json] | None
    file: Path | None
    error: str | None

    def written(self) -> Path:
        """The file. Fails if there is none."""
        assert self.error is None, self.error
        assert self.file is not None
        return self.file

    def told(self) -> Mapping[str, Json]:
        """The facts. Fails if there are none."""
        assert self.error is None, self.error
        assert self.facts is not None
        return self.facts


class Workspace:
    """A folder with the programs that call the clients, the packages, and the media."""

    def __init__(self, folder: Path, packages: Path) -> None:
        self.folder: Final = folder
        self._runs = 0
        for app in APPS.iterdir():
            shutil.copy(app, folder)
        (folder / "node_modules").symlink_to(packages / "node_modules")
        (folder / "media").mkdir()
        for name in MEDIA:
            _ffmpeg(*_MEDIA[name], str(self.medium(name)))

    def medium(self, name: str) -> Path:
        """The path of a medium."""
        return self.folder / "media" / name

    def new_folder(self) -> Path:
        """A folder for the files of a run."""
        self._runs += 1
        folder = self.folder / f"run{self._runs}"
        folder.mkdir()
        return folder

    def run(self, jobs: Sequence[Job]) -> list[Result]:
        """Have the clients do jobs on this implementation, by ``conformance run``."""
        folder = self.new_folder()
        (folder / "jobs.json").write_text(json.dumps(jobs), encoding="utf-8")
        command = [sys.executable, "-m", "conformance", "run", "main.js", str(folder / "jobs.json"), str(folder)]
        ran = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, timeout=_RUN_SECONDS, check=False
        )
        lines = [cast("Mapping[str, Json]", json.loads(line)) for line in ran.stdout.splitlines()]
        # A line on standard error would be a warning or a failure that no browser shows.
        assert (ran.returncode, ran.stderr, len(lines)) == (0, "", len(jobs))
        return results_of(lines, folder)


def results_of(lines: Sequence[Mapping[str, Json]], folder: Path) -> list[Result]:
    """The results that a run has told, with its files in ``folder``."""
    results: list[Result] = []
    for number, line in enumerate(lines):
        file = folder / str(number)
        facts, error = cast("Mapping[str, Json] | None", line["facts"]), cast("str | None", line["error"])
        results.append(Result(facts, file if file.exists() else None, error))
    return results


def installed_packages(folder: Path) -> Path:
    """The folder with the packages, which npm installs into it if they are not there. Skips the tests if it cannot."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm, which installs the clients, is missing")
    wanted = (APPS / "package.json").read_bytes()
    manifest = folder / "package.json"
    if manifest.exists() and manifest.read_bytes() == wanted and (folder / "node_modules").is_dir():
        return folder
    shutil.rmtree(folder / "node_modules", ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    options = ("--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error")
    (folder / "installing").mkdir(exist_ok=True)
    (folder / "installing" / "package.json").write_bytes(wanted)
    command = [npm, "install", *options]
    ran = subprocess.run(
        command, cwd=folder / "installing", capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False
    )
    if ran.returncode != 0:
        pytest.skip(f"npm cannot install the clients: {ran.stderr.strip()[-300:]}")
    (folder / "installing" / "node_modules").rename(folder / "node_modules")
    manifest.write_bytes(wanted)
    return folder


def folder_of_packages() -> Path | None:
    """The folder that the variable names."""
    named = os.environ.get(VARIABLE)
    return None if named is None else Path(named)


def _ffmpeg(*arguments: str) -> None:
    if shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None:
        pytest.skip("the programs ffmpeg and ffprobe, which make and check the media, are missing")
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *arguments], check=True)
