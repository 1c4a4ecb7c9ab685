"""Reclamation: a decoder that has done nothing for ten seconds gives its resources back."""

from codecmodel import AudioData, AudioDecoder, DOMException, EncodedAudioChunk
from codecmodel.reclamation import reclaim_inactive_codecs
from codecmodel.types import AudioDecoderConfig

decoders: list[AudioDecoder] = []


def output(data: AudioData) -> None:
    data.close()


def error(exception: DOMException) -> None:
    print("error callback:", exception.name)


async def main() -> None:
    config: AudioDecoderConfig = {"codec": "opus", "sampleRate": 48_000, "numberOfChannels": 1}
    support = await AudioDecoder.isConfigSupported(config)
    print("supported", support["supported"])
    decoder = AudioDecoder({"output": output, "error": error})
    decoder.configure(config)
    decoder.decode(EncodedAudioChunk({"type": "key", "timestamp": 0, "data": b"\0"}))
    await decoder.flush()
    decoder.reset()
    decoder.configure(config)
    decoders.append(decoder)


async def later() -> None:
    """Runs eleven seconds after ``main`` has come to its end."""
    print("reclaimed", len(reclaim_inactive_codecs()))
