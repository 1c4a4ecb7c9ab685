"""How long mediabunny's conversions take, beside ``transcode`` with the same settings, in turns.

``python -m tests.clients.speed [--rounds N] [--seconds N] [--video CODEC] [--audio CODEC]``. This is no test. Each line
has seconds of CPU, of all processes, and of the clock: the median of the rounds; the last line has the ratios.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

from tests.clients.workspace import Workspace, folder_of_packages, installed_packages

_MEDIUM: Final = "measured.mp4"
_VIDEO_BITRATE, _AUDIO_BITRATE = 1_000_000, 128_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--video", default="vp8")
    parser.add_argument("--audio", default="opus")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        packages = installed_packages(folder_of_packages() or folder / "packages")
        (folder / "workspace").mkdir()
        workspace = Workspace(folder / "workspace", packages)
        _make(workspace.medium(_MEDIUM), options.seconds, options.size)
        commands = {
            "mediabunny": _mediabunny(workspace, options.video, options.audio, [_MEDIUM]),
            "its start alone": _mediabunny(workspace, options.video, options.audio, []),
            "transcode": _transcode(workspace, options.video, options.audio),
        }
        figures: dict[str, list[tuple[float, float]]] = {kind: [] for kind in commands}
        for _ in range(options.rounds):
            for kind, command in commands.items():
                figures[kind].append(_measured(command, workspace.folder))
    medians = {kind: [median(each) for each in zip(*rows, strict=True)] for kind, rows in figures.items()}
    for kind, (cpu, wall) in medians.items():
        print(f"{kind:16} {cpu:7.2f} s of CPU {wall:7.2f} s")
    ratios = [ours / theirs for ours, theirs in zip(medians["mediabunny"], medians["transcode"], strict=True)]
    print(f"{'ratio':16} {ratios[0]:7.2f}          {ratios[1]:7.2f}")


def _make(file: Path, seconds: int, size: str) -> None:
    pictures = f"testsrc2=size={size}:rate=30:duration={seconds}"
    sound = f"aevalsrc='0.4*sin(2*PI*(200*t+150*t*t))|0.4*sin(2*PI*2000*t)':sample_rate=48000:duration={seconds}"
    inputs = ("-f", "lavfi", "-i", pictures, "-f", "lavfi", "-i", sound)
    codecs = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-b:v", "1M", "-c:a", "aac", "-b:a", "128k")
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *inputs, *codecs, file], check=True)


def _mediabunny(workspace: Workspace, video: str, audio: str, media: Sequence[str]) -> list[str]:
    options = {
        "format": "webm" if video in ("vp8", "vp9", "av1") else "mp4",
        "video": {"codec": video, "bitrate": _VIDEO_BITRATE, "forceTranscode": True},
        "audio": {"codec": audio, "bitrate": _AUDIO_BITRATE, "forceTranscode": True},
    }
    folder = workspace.new_folder()
    jobs = folder / "jobs.json"
    jobs.write_text(json.dumps([{"kind": "convert", "from": name, "options": options} for name in media]))
    return [sys.executable, "-m", "conformance", "run", "main.js", str(jobs), str(folder)]


def _transcode(workspace: Workspace, video: str, audio: str) -> list[str]:
    target = workspace.folder / ("out.webm" if video in ("vp8", "vp9", "av1") else "out.mp4")
    codecs = ["--video", video, "--audio", audio]
    rates = ["--video-bitrate", str(_VIDEO_BITRATE), "--audio-bitrate", str(_AUDIO_BITRATE)]
    medium = str(workspace.medium(_MEDIUM))
    return [
        sys.executable,
        "-m",
        "codecmodel",
        "transcode",
        "--quiet",
        "--overwrite",
        *codecs,
        *rates,
        medium,
        str(target),
    ]


def _measured(command: Sequence[str], folder: Path) -> tuple[float, float]:
    before, start = os.times(), perf_counter()
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    wall, after = perf_counter() - start, os.times()
    assert '"error":"' not in ran.stdout, ran.stdout
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return cpu, wall


if __name__ == "__main__":
    main()
