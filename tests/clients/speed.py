"""How long mediabunny's conversions take, beside ``transcode`` with the same settings, in turns.

``python -m tests.clients.speed --help`` has the options. This is no test. The codecs, bit rates and key frames are the
same on both sides, and no encoder looks further ahead than that of a script, which may wait for each chunk. Each line
has seconds of CPU, of all processes, and of the clock: the medians of the rounds. The ratios are those of the medians;
the last line has them for the time that remains when the start of each program is taken away. Every program runs once
before, so that Python has compiled its modules.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final, NamedTuple

from tests.clients.workspace import Workspace, folder_of_packages, installed_packages

_VIDEO_BITRATE, _AUDIO_BITRATE = 1_000_000, 128_000
_FRAME_RATE: Final = 30
#: Seconds. Both sides leave key frames to the encoder.
_BETWEEN_KEY_FRAMES: Final = 1e6
#: By itself, ``transcode`` has encoders look further ahead.
_TRANSCODE: Final = """
import sys
from codecmodel.command_line.main import program
from codecmodel.hosting import FFmpegPlatform, use_platform
sys.argv.insert(1, "transcode")
with use_platform(FFmpegPlatform()):
    sys.exit(program())
"""
_WEBM_CODECS: Final = ("vp8", "vp9", "av1")


class _Times(NamedTuple):
    """Seconds of all processors, and of the clock."""

    cpu: float
    wall: float

    def __str__(self) -> str:
        return f"{self.cpu:7.2f} s of CPU {self.wall:7.2f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, nargs="+", default=[10])
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--scaled", help="the size that pictures are scaled to")
    parser.add_argument("--video", default="vp8")
    parser.add_argument("--audio", default="opus")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        packages = installed_packages(folder_of_packages() or folder / "packages")
        (folder / "workspace").mkdir()
        workspace = Workspace(folder / "workspace", packages)
        for seconds in options.seconds:
            medium = workspace.medium(f"{seconds}s.mp4")
            _make(medium, seconds, options.size)
            commands = _commands(medium, options.video, options.audio, options.scaled)
            scaled = f" to {options.scaled}" if options.scaled else ""
            print(f"{seconds} s of {options.size}{scaled}, {options.video} and {options.audio}")
            _report(_measured(commands, workspace.folder, options.rounds))


def _make(file: Path, seconds: int, size: str) -> None:
    pictures = f"testsrc2=size={size}:rate={_FRAME_RATE}:duration={seconds}"
    sound = f"aevalsrc='0.4*sin(2*PI*(200*t+150*t*t))|0.4*sin(2*PI*2000*t)':sample_rate=48000:duration={seconds}"
    inputs = ("-f", "lavfi", "-i", pictures, "-f", "lavfi", "-i", sound)
    codecs = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-b:v", "1M", "-c:a", "aac", "-b:a", "128k")
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *inputs, *codecs, file], check=True)


def _commands(medium: Path, video: str, audio: str, size: str | None) -> Mapping[str, Sequence[str]]:
    """The programs to measure, by name. Pictures are scaled to ``size``, if there is one."""
    target = "out.webm" if video in _WEBM_CODECS else "out.mp4"
    of_video = {"codec": video, "bitrate": _VIDEO_BITRATE, "keyFrameInterval": _BETWEEN_KEY_FRAMES}
    scaling = []
    if size is not None:
        width, height = map(int, size.split("x"))
        of_video |= {"width": width, "height": height, "fit": "fill"}
        scaling = ["--size", size]
    options = {"video": of_video, "audio": {"codec": audio, "bitrate": _AUDIO_BITRATE}}
    script = [sys.executable, "-m", "conformance", "run", "convert.mjs"]
    transcode = [sys.executable, "-c", _TRANSCODE]
    rates = ["--video-bitrate", str(_VIDEO_BITRATE), "--audio-bitrate", str(_AUDIO_BITRATE)]
    codecs = ["--quiet", "--overwrite", "--video", video, "--audio", audio, *rates, *scaling]
    return {
        "mediabunny": [*script, f"media/{medium.name}", target, json.dumps(options)],
        "its start": script,
        "transcode": [*transcode, *codecs, str(medium), f"of_transcode_{target}"],
        "its start, too": [*transcode, "--help"],
    }


def _measured(commands: Mapping[str, Sequence[str]], folder: Path, rounds: int) -> Mapping[str, _Times]:
    times: dict[str, list[_Times]] = {name: [] for name in commands}
    for command in commands.values():
        _run(command, folder)
    for _ in range(rounds):
        for name, command in commands.items():
            times[name].append(_run(command, folder))
    return {
        name: _Times(median(each.cpu for each in of_name), median(each.wall for each in of_name))
        for name, of_name in times.items()
    }


def _run(command: Sequence[str], folder: Path) -> _Times:
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before, start = os.times(), perf_counter()
    subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=True)
    wall, after = perf_counter() - start, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return _Times(cpu, wall)


def _report(medians: Mapping[str, _Times]) -> None:
    for name, times in medians.items():
        print(f"{name:18} {times}")
    client, its_start, transcode, start_of_transcode = medians.values()
    _print_ratio("ratio", client, transcode)
    _print_ratio("without the starts", _difference(client, its_start), _difference(transcode, start_of_transcode))


def _difference(times: _Times, start: _Times) -> _Times:
    return _Times(times.cpu - start.cpu, times.wall - start.wall)


def _print_ratio(name: str, ours: _Times, theirs: _Times) -> None:
    print(f"{name:18} {ours.cpu / theirs.cpu:7.2f}          {ours.wall / theirs.wall:7.2f}", flush=True)


if __name__ == "__main__":
    main()
