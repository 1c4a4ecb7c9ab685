"""Audio in ``conformance bench``: demuxing, decoding and reading as NumPy arrays, in turns with PyAV in one process.

The costs are those of a packet. A turn takes at least ``--packets`` packets, so that the start of an event loop and the
opening of a file and a codec are small beside them. Files are read from the page cache.
"""

import asyncio
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from codecmodel import AudioData, AudioDecoder, EncodedAudioChunk
from codecmodel.files import Demuxer
from codecmodel.types import AudioDecoderConfig
from conformance.bench.comparison import Comparisons, Settings, compare, timed_here
from conformance.bench.decoding import AudioMedia
from conformance.bench.libraries import has_pyav
from conformance.bench.media import make_benchmark_audio, seconds_of_audio
from conformance.bench.pyav_track import PyavTrack

if TYPE_CHECKING:
    import av

#: Name → title; the part of the name after the hyphen is the codec's in conformance.bench.media.
CASES: Final[Mapping[str, str]] = {
    "audio-opus": "Opus stereo in Ogg, 20 ms packets",
    "audio-aac": "AAC stereo in MP4",
    "audio-mp3": "MP3 stereo",
    "audio-flac": "FLAC stereo",
}
_Works: TypeAlias = Mapping[str, Callable[[], object]]
#: The chunks that wait in the decoder at most.
_QUEUE: Final = 64


async def _decode(config: AudioDecoderConfig, chunks: Iterable[EncodedAudioChunk], *, as_arrays: bool) -> None:
    def output(data: AudioData) -> None:
        if as_arrays:
            np.asarray(data)
        data.close()

    decoder = AudioDecoder({"output": output, "error": print})
    decoder.configure(config)
    dequeued = asyncio.Event()
    decoder.ondequeue = lambda _: dequeued.set()
    for chunk in chunks:
        while decoder.decodeQueueSize >= _QUEUE:
            dequeued.clear()
            await dequeued.wait()
        decoder.decode(chunk)
    await decoder.flush()
    decoder.close()


def _codecmodel(media: AudioMedia) -> _Works:
    def demux() -> None:
        with Demuxer(media.path) as demuxer:
            for _ in demuxer.chunks_of(demuxer.audio_track):
                pass

    async def all_of_it() -> None:
        with Demuxer(media.path) as demuxer:
            track = demuxer.audio_track
            await _decode(track.config, demuxer.chunks_of(track), as_arrays=True)

    return {
        "demux": demux,
        "decode": lambda: asyncio.run(_decode(media.config, media.chunks, as_arrays=False)),
        "decode, to NumPy": lambda: asyncio.run(_decode(media.config, media.chunks, as_arrays=True)),
        "demux, decode, to NumPy": lambda: asyncio.run(all_of_it()),
    }


def _pyav(media: AudioMedia) -> _Works:
    import av

    track = PyavTrack(media.path)

    def demux() -> None:
        with av.open(media.path) as container:
            for _ in container.demux(container.streams.audio[0]):
                pass

    def decode(*, as_arrays: bool) -> None:
        context = track.new_audio_context()
        for packet in [*track.packets, None]:
            _use(context.decode(packet), as_arrays=as_arrays)

    def all_of_it() -> None:
        with av.open(media.path) as container:
            for frame in container.decode(container.streams.audio[0]):
                frame.to_ndarray()

    return {
        "demux": demux,
        "decode": lambda: decode(as_arrays=False),
        "decode, to NumPy": lambda: decode(as_arrays=True),
        "demux, decode, to NumPy": all_of_it,
    }


def _use(frames: "Iterable[av.AudioFrame]", *, as_arrays: bool) -> None:
    for frame in frames:
        if as_arrays:
            frame.to_ndarray()


def measure(case: str, settings: Settings) -> Comparisons:
    """The comparison of each work with PyAV. Empty without PyAV."""
    if not has_pyav():
        return {}
    codec = case.removeprefix("audio-")
    with tempfile.TemporaryDirectory() as directory:
        media = AudioMedia(make_benchmark_audio(codec, seconds_of_audio(codec, settings.packets), Path(directory)))
        peers, packets = _pyav(media), len(media.chunks)
        return {
            name: compare(timed_here(work, packets), timed_here(peers[name], packets), settings.rounds)
            for name, work in _codecmodel(media).items()
        }
