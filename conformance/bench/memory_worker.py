"""A process of ``conformance bench --case memory``. Prints the quantities as JSON.

Arguments are ``decode PROGRAM PATH`` or ``idle PROGRAM PATH NUMBER``; PROGRAM is "codecmodel" or "PyAV".
"""

import asyncio
import gc
import json
import resource
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_STATUS: Final = Path("/proc/self/status")
#: Decoders that are made before the first look at the memory, so that what all share is there.
_SHARED: Final = 8


def _status(name: str) -> int | None:
    """The number in a line of the system's description of this process; None if there is none."""
    try:
        lines = _STATUS.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), None)


def _peak() -> int:
    """The most bytes that were resident at once. getrusage() would count the process that started this one as well."""
    kibibytes = _status("VmHWM")
    if kibibytes is not None:
        return kibibytes * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _resident() -> int:
    """The bytes that are resident now."""
    kibibytes = _status("VmRSS")
    return _peak() if kibibytes is None else kibibytes * 1024


def _decode(path: str) -> None:
    import codecmodel.files

    with codecmodel.files.open(path) as media:
        for frame in media.video:
            frame.close()


def _decode_with_pyav(path: str) -> None:
    import av

    with av.open(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for _ in container.decode(stream):
            pass


async def _idle(path: str, number: int) -> Mapping[str, float]:
    from codecmodel import AudioData, AudioDecoder
    from codecmodel.files import Demuxer

    with Demuxer(path) as demuxer:
        track = demuxer.audio_track
        chunk = next(iter(demuxer.chunks_of(track)))
    decoders: list[AudioDecoder] = []

    async def add(count: int) -> None:
        for _ in range(count):
            decoder = AudioDecoder({"output": AudioData.close, "error": print})
            decoder.configure(track.config)
            decoder.decode(chunk)
            await decoder.flush()
            decoders.append(decoder)
        gc.collect()

    await add(_SHARED)
    before = _resident()
    await add(number)
    return _idle_quantities(before, number)


def _idle_with_pyav(path: str, number: int) -> Mapping[str, float]:
    import av

    from conformance.bench.pyav_track import PyavTrack

    track = PyavTrack(path)
    contexts: list[av.AudioCodecContext] = []

    def add(count: int) -> None:
        for _ in range(count):
            context = track.new_audio_context()
            context.decode(track.packets[0])
            contexts.append(context)
        gc.collect()

    add(_SHARED)
    before = _resident()
    add(number)
    return _idle_quantities(before, number)


def _idle_quantities(before: int, number: int) -> Mapping[str, float]:
    # No ratio can be made of nothing.
    grown = max(1, _resident() - before)
    threads = _status("Threads")
    return {"memory": grown / number} | ({} if threads is None else {"threads": threads})


def main(arguments: list[str]) -> Mapping[str, float]:
    """Do the work of the process. Returns the quantities."""
    match arguments:
        case ["decode", "codecmodel", path]:
            _decode(path)
        case ["decode", "PyAV", path]:
            _decode_with_pyav(path)
        case ["idle", "codecmodel", path, number]:
            return asyncio.run(_idle(path, int(number)))
        case ["idle", "PyAV", path, number]:
            return _idle_with_pyav(path, int(number))
        case _:
            raise SystemExit(f"unknown arguments: {arguments}")
    return {"memory": _peak()}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1:])))
