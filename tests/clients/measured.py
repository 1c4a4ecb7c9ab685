"""Properties of a file that the programs ffprobe and ffmpeg find in it."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias, cast

import numpy as np
import numpy.typing as npt

Pictures: TypeAlias = npt.NDArray[np.uint8]
Samples: TypeAlias = npt.NDArray[np.float32]

SAMPLE_RATE: Final = 48_000
_Row: TypeAlias = Mapping[str, object]


@dataclass(frozen=True)
class Stream:
    """A stream: ``times`` in seconds, of what is shown or heard, in order; ``rotation`` in degrees, clockwise."""

    kind: str
    codec: str
    width: int
    height: int
    rotation: int
    times: Sequence[float]
    durations: Sequence[float | None]
    sizes: Sequence[int]
    has_alpha: bool


@dataclass(frozen=True)
class Probed:
    """The streams of a file, by kind; ``duration`` in seconds."""

    duration: float
    streams: Mapping[str, Stream]


def probe(file: Path) -> Probed:
    """The result of ffprobe."""
    options = ("-v", "error", "-print_format", "json", "-show_format", "-show_streams", "-show_packets")
    ran = subprocess.run(["ffprobe", *options, file], capture_output=True, text=True, check=True)
    assert ran.stderr == ""
    found = cast("Mapping[str, list[_Row]]", json.loads(ran.stdout))
    streams = {}
    for row in found["streams"]:
        packets = [packet for packet in found["packets"] if packet["stream_index"] == row["index"]]
        packets.sort(key=lambda packet: _seconds(packet["pts_time"]))
        side_data = cast("list[_Row]", row.get("side_data_list", []))
        rotation = next((cast("int", entry["rotation"]) for entry in side_data if "rotation" in entry), 0)
        kind = str(row["codec_type"])
        streams[kind] = Stream(
            kind=kind,
            codec=str(row["codec_name"]),
            width=cast("int", row.get("width", 0)),
            height=cast("int", row.get("height", 0)),
            rotation=-rotation % 360,
            times=[_seconds(packet["pts_time"]) for packet in packets],
            durations=[
                None if (duration := packet.get("duration_time")) is None else _seconds(duration) for packet in packets
            ],
            sizes=[int(str(packet["size"])) for packet in packets],
            has_alpha=str(cast("_Row", row.get("tags", {})).get("alpha_mode", "0")) == "1",
        )
    format = cast("_Row", found["format"])
    return Probed(_seconds(format["duration"]), streams)


def pictures(file: Path, *, filters: str = "null", size: tuple[int, int], format: str = "yuv420p") -> Pictures:
    """The pictures, upright and after filters, of ``size``: an array of bytes for each."""
    decoder = ("-c:v", "libvpx-vp9") if format.startswith("yuva") else ()
    graph = ("-map", "0:v:0", "-vf", filters, "-vsync", "passthrough", "-pix_fmt", format)
    data = _ffmpeg(*decoder, "-i", str(file), *graph, "-f", "rawvideo", "-")
    width, height = size
    chroma = -(-width // 2) * -(-height // 2)
    size_in_bytes = {"yuv420p": width * height + 2 * chroma, "yuva420p": 2 * width * height + 2 * chroma}
    return np.frombuffer(data, np.uint8).reshape(-1, size_in_bytes.get(format, 4 * width * height))


def sound(file: Path, *, filters: str = "anull") -> Samples:
    """The sound after filters, at 48 kHz: (samples, 2)."""
    options = ("-map", "0:a:0", "-af", filters, "-ac", "2", "-ar", str(SAMPLE_RATE), "-f", "f32le", "-")
    return np.frombuffer(_ffmpeg("-i", str(file), *options), np.float32).reshape(-1, 2)


def psnr(pictures: Pictures, reference: Pictures) -> float:
    """The worst PSNR of a picture, in dB."""
    error = np.max(np.square(pictures.astype(np.float64) - reference).mean(axis=1))
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def signal_to_noise(samples: Samples, reference: Samples) -> float:
    """How well samples agree with those of the reference at the same time, in dB."""
    length = min(len(samples), len(reference))
    noise = np.square(samples[:length].astype(np.float64) - reference[:length]).mean()
    signal = np.square(reference[:length].astype(np.float64)).mean()
    return float("inf") if noise == 0 else float(10 * np.log10(signal / noise))


def _seconds(text: object) -> float:
    return float(str(text))


def _ffmpeg(*arguments: str) -> bytes:
    return subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *arguments], capture_output=True, check=True).stdout
