"""Codecs in ``conformance bench``: many at once, for one chunk each, one chunk at a time, and in batches.

The codecs are audio decoders, whose own work is small beside that of the model. The costs are those of a chunk.
PyAV has no decoders that work at once: its contexts get a packet in turn.
"""

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from codecmodel import AudioData, AudioDecoder, EncodedAudioChunk
from conformance.bench.comparison import (
    Clock,
    Comparison,
    Comparisons,
    Costs,
    Settings,
    Turn,
    at,
    compare,
    compared,
    interleaved,
)
from conformance.bench.decoding import AudioMedia
from conformance.bench.libraries import has_pyav
from conformance.bench.media import make_benchmark_audio, seconds_of_audio
from conformance.bench.pyav_track import PyavTrack

if TYPE_CHECKING:
    import av
    from av.stream import Stream

CASES: Final[Mapping[str, str]] = {
    "codecs": "Decoders of Opus in one process",
    "batch": "Chunks of Opus decoded before each flush",
}
#: The numbers of decoders that decode at once.
_NUMBERS: Final = (1, 10, 100, 1000)
#: The number of decoders with which the others are compared.
_FEW: Final = 10
#: The chunks that each of many decoders gets at least, so that it is at work for some time.
_LEAST_OF_EACH: Final = 3
_SHORT_LIVES: Final = 50
_SINGLE_CHUNKS: Final = 200
_BATCHES: Final = (1, 2, 4, 8, 16, 32, 64)


def _chunks_of_each(packets: int, codecs: int) -> int:
    return max(_LEAST_OF_EACH, -(-packets // codecs))


class _Codecmodel:
    """Chunks, and the works of codecmodel on them. ``packets`` is the least number that a turn takes."""

    def __init__(self, path: Path, packets: int) -> None:
        self._packets = packets
        media = AudioMedia(path)
        self._config, self._chunks = media.config, media.chunks

    def _decoder(self, arrived: asyncio.Event | None = None) -> AudioDecoder:
        """A decoder that is configured. It sets ``arrived`` for each output."""

        def output(data: AudioData) -> None:
            data.close()
            if arrived is not None:
                arrived.set()

        decoder = AudioDecoder({"output": output, "error": print})
        decoder.configure(self._config)
        return decoder

    def _chunk(self, number: int) -> EncodedAudioChunk:
        return self._chunks[number % len(self._chunks)]

    async def many(self, codecs: int) -> Costs:
        """The costs of a chunk when so many decoders decode at once, and are open already."""
        decoders = [self._decoder() for _ in range(codecs)]
        await asyncio.gather(*(self._decode_first(decoder) for decoder in decoders))
        each = _chunks_of_each(self._packets, codecs)
        clock = Clock()
        for number in range(each):
            for decoder in decoders:
                decoder.decode(self._chunk(number))
            await asyncio.sleep(0)
        await asyncio.gather(*(decoder.flush() for decoder in decoders))
        costs = clock.costs(each * codecs)
        for decoder in decoders:
            decoder.close()
        return costs

    async def _decode_first(self, decoder: AudioDecoder) -> None:
        decoder.decode(self._chunk(0))
        await decoder.flush()

    async def short_lives(self) -> Costs:
        """The costs of making a decoder, configuring it, decoding one chunk and closing it."""
        arrived = asyncio.Event()
        clock = Clock()
        for number in range(_SHORT_LIVES):
            arrived.clear()
            with self._decoder(arrived) as decoder:
                decoder.decode(self._chunk(number))
                await arrived.wait()
        return clock.costs(_SHORT_LIVES)

    async def single_chunks(self) -> Costs:
        """The time from decode() to the output callback, when nothing else is to be done."""
        arrived = asyncio.Event()
        with self._decoder(arrived) as decoder:
            await self._decode_first(decoder)
            clock = Clock()
            for number in range(_SINGLE_CHUNKS):
                arrived.clear()
                decoder.decode(self._chunk(number))
                await arrived.wait()
            return clock.costs(_SINGLE_CHUNKS)

    async def batches(self, size: int) -> Costs:
        """The costs of a chunk when a flush follows each batch."""
        batches = -(-self._packets // size)
        with self._decoder() as decoder:
            await self._decode_first(decoder)
            clock = Clock()
            for batch in range(batches):
                for number in range(batch * size, (batch + 1) * size):
                    decoder.decode(self._chunk(number))
                await decoder.flush()
            return clock.costs(batches * size)


class _PyAV:
    """The same works with PyAV."""

    def __init__(self, path: Path, packets: int) -> None:
        self._number = packets
        track = PyavTrack(path)
        self._context, self._packets = track.new_audio_context, track.packets

    def _packet(self, number: int) -> "av.Packet[Stream]":
        return self._packets[number % len(self._packets)]

    def many(self, contexts: int) -> Costs:
        opened = [self._context() for _ in range(contexts)]
        for context in opened:
            context.decode(self._packet(0))
        each = _chunks_of_each(self._number, contexts)
        clock = Clock()
        for number in range(each):
            for context in opened:
                context.decode(self._packet(number))
        return clock.costs(each * contexts)

    def short_lives(self) -> Costs:
        clock = Clock()
        for number in range(_SHORT_LIVES):
            self._context().decode(self._packet(number))
        return clock.costs(_SHORT_LIVES)

    def single_chunks(self) -> Costs:
        context = self._context()
        context.decode(self._packet(0))
        clock = Clock()
        for number in range(_SINGLE_CHUNKS):
            context.decode(self._packet(number))
        return clock.costs(_SINGLE_CHUNKS)

    def batches(self, size: int) -> Costs:
        context = self._context()
        context.decode(self._packet(0))
        batches = -(-self._number // size)
        clock = Clock()
        for batch in range(batches):
            for number in range(batch * size, (batch + 1) * size):
                context.decode(self._packet(number))
            context.decode(None)
            context.flush_buffers()
        return clock.costs(batches * size)


def measure(case: str, settings: Settings) -> Comparisons:
    """The comparisons: of many decoders with few, and with PyAV if that is installed."""
    with tempfile.TemporaryDirectory() as directory:
        path = make_benchmark_audio("opus", seconds_of_audio("opus", min(settings.packets, 1000)), Path(directory))
        ours = _Codecmodel(path, settings.packets)
        pyav = _PyAV(path, settings.packets) if has_pyav() else None
        return _batches(ours, pyav, settings) if case == "batch" else _codecs(ours, pyav, settings)


def _decoders(number: int) -> str:
    return f"{number:,} decoder{'' if number == 1 else 's'}"


def _codecs(ours: _Codecmodel, pyav: _PyAV | None, settings: Settings) -> Comparisons:
    def many(number: int) -> Turn:
        return lambda: asyncio.run(ours.many(number))

    def many_of_pyav(pyav: _PyAV, number: int) -> Turn:
        return lambda: pyav.many(number)

    turns = {_decoders(number): many(number) for number in _NUMBERS}
    if pyav is not None:
        turns |= {f"{_decoders(number)} of PyAV": many_of_pyav(pyav, number) for number in _NUMBERS}
    costs = interleaved(turns, settings.rounds)
    few = _decoders(_FEW)
    found: dict[str, Comparison] = {}
    for number in _NUMBERS:
        name = _decoders(number)
        if number != _FEW:
            found[f"{name} at once, {_FEW} at once"] = compared(costs[name], costs[few])
            if pyav is not None:
                found[f"PyAV: {name} in turn, {_FEW} in turn"] = compared(
                    costs[f"{name} of PyAV"], costs[f"{few} of PyAV"]
                )
    if pyav is not None:
        for number in _NUMBERS:
            name = _decoders(number)
            found[f"{name}, PyAV in turn"] = compared(costs[name], costs[f"{name} of PyAV"], number)
        found["configure, one chunk, close, PyAV"] = compare(
            lambda: asyncio.run(ours.short_lives()), pyav.short_lives, settings.rounds
        )
        found["from decode() to the callback, a call of PyAV"] = compare(
            lambda: asyncio.run(ours.single_chunks()), pyav.single_chunks, settings.rounds
        )
    return found


def _batches(ours: _Codecmodel, pyav: _PyAV | None, settings: Settings) -> Comparisons:
    if pyav is None:
        return {}
    found: dict[str, Comparison] = {}
    for size in _BATCHES:
        comparison = compare(
            lambda size=size: asyncio.run(ours.batches(size)),  # type: ignore[misc]
            lambda size=size: pyav.batches(size),  # type: ignore[misc]
            settings.rounds,
        )
        found[f"{size} chunk{'' if size == 1 else 's'} a flush, PyAV"] = at(size, comparison)
    return found
