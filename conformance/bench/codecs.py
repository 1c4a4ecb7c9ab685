"""Codecs in ``conformance bench``: many at once, for one chunk each, and one chunk at a time.

The codecs are audio decoders, whose own work is small beside that of the model. The times are those of a chunk.
"""

import asyncio
import sys
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Final

from codecmodel import AudioData, AudioDecoder, EncodedAudioChunk
from codecmodel.files import Demuxer
from codecmodel.types import AudioDecoderConfig
from conformance.bench.comparison import Comparison, Times, compare, line_of
from conformance.bench.media import make_benchmark_audio

CASES: Final[Mapping[str, str]] = {"codecs": "Decoders of Opus in one process"}
#: The numbers of decoders that decode at once. Each of the first is compared with the second.
_MANY: Final = (1, 100, 1000)
_FEW: Final = 10
_CHUNKS_OF_ALL: Final = 3000
_SHORT_LIVES: Final = 50
_SINGLE_CHUNKS: Final = 200


class _Work:
    """Chunks, and what codecmodel does with them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with Demuxer(path) as demuxer:
            track = demuxer.audio_track
            self.config: AudioDecoderConfig = track.config
            self.chunks: list[EncodedAudioChunk] = list(demuxer.chunks_of(track))

    def _decoder(self) -> AudioDecoder:
        decoder = AudioDecoder({"output": AudioData.close, "error": print})
        decoder.configure(self.config)
        return decoder

    async def many(self, codecs: int) -> Times:
        """The time of a chunk when so many decoders decode at once, and are open already."""
        decoders = [self._decoder() for _ in range(codecs)]
        await asyncio.gather(*(self._decode_one(decoder, 0) for decoder in decoders))
        each = _CHUNKS_OF_ALL // codecs
        clock = _Clock()
        for number in range(each):
            for decoder in decoders:
                decoder.decode(self.chunks[number % len(self.chunks)])
            await asyncio.sleep(0)
        await asyncio.gather(*(decoder.flush() for decoder in decoders))
        times = clock.times(each * codecs)
        for decoder in decoders:
            decoder.close()
        return times

    async def _decode_one(self, decoder: AudioDecoder, number: int) -> None:
        decoder.decode(self.chunks[number])
        await decoder.flush()

    async def short_lives(self) -> Times:
        """The time to make a decoder, configure it, decode one chunk and close it."""
        clock = _Clock()
        for _ in range(_SHORT_LIVES):
            with self._decoder() as decoder:
                await self._decode_one(decoder, 0)
        return clock.times(_SHORT_LIVES)

    async def single_chunks(self) -> Times:
        """The time from decode() to the output callback, when nothing else is to be done."""
        arrived = asyncio.Event()

        def output(data: AudioData) -> None:
            data.close()
            arrived.set()

        with AudioDecoder({"output": output, "error": print}) as decoder:
            decoder.configure(self.config)
            await self._decode_one(decoder, 0)
            clock = _Clock()
            for number in range(_SINGLE_CHUNKS):
                arrived.clear()
                decoder.decode(self.chunks[number % len(self.chunks)])
                await arrived.wait()
            return clock.times(_SINGLE_CHUNKS)

    def pyav_short_lives(self) -> Times:
        """What ``short_lives`` does, with PyAV."""
        import av

        with av.open(self.path) as container:
            stream = container.streams.audio[0]
            name, extradata = stream.codec_context.codec.name, stream.codec_context.extradata
            packet = next(iter(container.demux(stream)))
            clock = _Clock()
            for _ in range(_SHORT_LIVES):
                context = av.CodecContext.create(name, "r")
                assert isinstance(context, av.AudioCodecContext)
                context.extradata = extradata
                context.decode(packet)
            return clock.times(_SHORT_LIVES)

    def pyav_single_chunks(self) -> Times:
        """The time of a call of PyAV's decode()."""
        import av

        with av.open(self.path) as container:
            stream = container.streams.audio[0]
            packets = [packet for packet in container.demux(stream) if packet.size]
            context = stream.codec_context
            context.decode(packets[0])
            clock = _Clock()
            for number in range(_SINGLE_CHUNKS):
                context.decode(packets[number % len(packets)])
            return clock.times(_SINGLE_CHUNKS)


class _Clock:
    """Measures from the time at which it is made."""

    def __init__(self) -> None:
        self._cpu, self._wall = process_time(), perf_counter()

    def times(self, parts: int) -> Times:
        """The time since then, divided by ``parts``."""
        return Times((process_time() - self._cpu) / parts, (perf_counter() - self._wall) / parts)


def _at_once(many: int) -> str:
    return f"{many:,} decoder{'' if many == 1 else 's'} at once, {_FEW} at once"


def cost_by_number(comparisons: Mapping[str, Comparison]) -> dict[int, float]:
    """The CPU seconds of a chunk, by the number of decoders that decode at once."""
    found = {many: comparisons[_at_once(many)] for many in _MANY if _at_once(many) in comparisons}
    if not found:
        return {}
    few = median(comparison.peer.cpu for comparison in found.values())
    return dict(sorted({_FEW: few, **{many: comparison.ours.cpu for many, comparison in found.items()}}.items()))


def measure(seconds: float, rounds: int) -> dict[str, Comparison]:
    """The comparisons: of many decoders with few, and with PyAV if that is installed."""
    with tempfile.TemporaryDirectory() as directory:
        work = _Work(make_benchmark_audio("opus", seconds, Path(directory)))
        comparisons = {
            _at_once(many): compare(
                lambda many=many: asyncio.run(work.many(many)),  # type: ignore[misc]
                lambda: asyncio.run(work.many(_FEW)),
                rounds,
            )
            for many in _MANY
        }
        if find_spec("av") is not None:
            comparisons["configure, one chunk, close"] = compare(
                lambda: asyncio.run(work.short_lives()), work.pyav_short_lives, rounds
            )
            comparisons["from decode() to the callback"] = compare(
                lambda: asyncio.run(work.single_chunks()), work.pyav_single_chunks, rounds
            )
        return comparisons


def main(arguments: list[str]) -> None:
    """Print the comparisons as JSON. Arguments are ``SECONDS ROUNDS``."""
    seconds, rounds = arguments
    print(line_of(measure(float(seconds), int(rounds))))


if __name__ == "__main__":
    main(sys.argv[1:])
