"""Close with work in flight: nothing is output any more, but the implementation is released in its turn."""

from codecmodel import AudioData, AudioEncoder, DOMException, EncodedAudioChunk
from codecmodel.types import AudioDataInit, AudioEncoderConfig, EncodedAudioChunkMetadata

CONFIG: AudioEncoderConfig = {"codec": "opus", "sampleRate": 48_000, "numberOfChannels": 1}


def output(chunk: EncodedAudioChunk, metadata: EncodedAudioChunkMetadata) -> None:
    print("output", chunk.timestamp)


def error(exception: DOMException) -> None:
    print("the error callback is not called by close()")


def encode(encoder: AudioEncoder, timestamp: int) -> None:
    silence: AudioDataInit = {
        "format": "f32",
        "sampleRate": 48_000,
        "numberOfFrames": 960,
        "numberOfChannels": 1,
        "timestamp": timestamp,
        "data": bytes(3840),
    }
    with AudioData(silence) as samples:
        encoder.encode(samples)


async def main() -> None:
    support = await AudioEncoder.isConfigSupported(CONFIG)
    print("supported", support["supported"])
    encoder = AudioEncoder({"output": output, "error": error})
    encoder.configure(CONFIG)
    encode(encoder, 0)
    await encoder.flush()
    encode(encoder, 20_000)
    encode(encoder, 40_000)
    flushed = encoder.flush()
    encoder.close()
    try:
        await flushed
    except DOMException as exception:
        print("flush rejected:", exception.name)
