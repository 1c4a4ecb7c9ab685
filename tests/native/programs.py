"""Short programs over every family of codecs, for valgrind: ``python -m tests.native.programs vp8``.

Each program writes the bytes of its outputs to the null device, so that memcheck looks whether all of them were set.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeAlias

from codecmodel import (
    AudioData,
    AudioDecoder,
    AudioEncoder,
    EncodedAudioChunk,
    EncodedVideoChunk,
    ImageDecoder,
    VideoDecoder,
    VideoEncoder,
    VideoFrame,
)
from codecmodel.codecs.chunk_metadata import EncodedAudioChunkMetadata, EncodedVideoChunkMetadata
from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig
from conformance.media.images import IMAGES
from conformance.media.material import VideoMaterial
from conformance.media.sources import ENCODED_AUDIO, ENCODED_VIDEO, AudioSource, Source, VideoSource
from conformance.media.video import av1, h264, h265, vp8, vp9
from conformance.suite.scenario import Variant

Program: TypeAlias = Callable[[], Awaitable[None]]

#: Enough for a key frame, frames that refer to others, and more than one frame in flight.
_FRAMES: Final = 4
_SOUNDS: Final = 2


def _fail(error: BaseException) -> None:
    raise error


def _write_out(data: bytes | bytearray) -> None:
    """Hand bytes to the system, which is where memcheck reports bytes that nobody set."""
    with open(os.devnull, "wb", buffering=0) as null:
        null.write(data)


async def _take_frame(frame: VideoFrame) -> None:
    data = bytearray(frame.allocationSize())
    await frame.copyTo(data)
    frame.close()
    _write_out(data)


def _take_sound(sound: AudioData) -> None:
    for plane in range(sound.numberOfChannels if (sound.format or "").endswith("planar") else 1):
        data = bytearray(sound.allocationSize({"planeIndex": plane}))
        sound.copyTo(data, {"planeIndex": plane})
        _write_out(data)
    sound.close()


async def _decode_video(config: VideoDecoderConfig, chunks: list[EncodedVideoChunk]) -> None:
    frames: list[VideoFrame] = []
    decoder = VideoDecoder({"output": frames.append, "error": _fail})
    decoder.configure(config)
    for chunk in chunks:
        decoder.decode(chunk)
    await decoder.flush()
    decoder.close()
    assert len(frames) == len(chunks)
    for frame in frames:
        await _take_frame(frame)


async def _video(source: VideoSource) -> None:
    """Encode a few frames, decode them, and end a decoder that is at work."""
    chunks: list[EncodedVideoChunk] = []
    configs: list[VideoDecoderConfig] = []

    def output(chunk: EncodedVideoChunk, metadata: EncodedVideoChunkMetadata) -> None:
        chunks.append(chunk)
        if "decoderConfig" in metadata:
            configs.append(metadata["decoderConfig"])

    encoder = VideoEncoder({"output": output, "error": _fail})
    encoder.configure(source.config)
    for number in range(_FRAMES):
        with source.frame(number) as frame:
            encoder.encode(frame)
    await encoder.flush()
    encoder.close()
    for chunk in chunks:
        data = bytearray(chunk.byteLength)
        chunk.copyTo(data)
        _write_out(data)
    await _decode_video(configs[0], chunks)
    abandoned = VideoDecoder({"output": lambda frame: frame.close(), "error": _fail})
    abandoned.configure(configs[0])
    for chunk in chunks:
        abandoned.decode(chunk)
    abandoned.close()


async def _sound(source: AudioSource) -> None:
    """Encode a few sounds, and decode them."""
    chunks: list[EncodedAudioChunk] = []
    configs: list[AudioDecoderConfig] = []

    def output(chunk: EncodedAudioChunk, metadata: EncodedAudioChunkMetadata) -> None:
        chunks.append(chunk)
        if "decoderConfig" in metadata:
            configs.append(metadata["decoderConfig"])

    encoder = AudioEncoder({"output": output, "error": _fail})
    encoder.configure(source.config)
    for number in range(_SOUNDS):
        with source.data(number) as sound:
            encoder.encode(sound)
    await encoder.flush()
    encoder.close()
    decoder = AudioDecoder({"output": _take_sound, "error": _fail})
    decoder.configure(configs[0])
    for chunk in chunks:
        decoder.decode(chunk)
    await decoder.flush()
    decoder.close()


async def _audio() -> None:
    """Encode and decode in every codec of audio."""
    for variant in ENCODED_AUDIO:
        source = variant.make()
        assert isinstance(source, AudioSource)
        await _sound(source)


async def _images() -> None:
    """Decode every frame of a file of each type."""
    for variant in IMAGES:
        material = variant.make()
        decoder = ImageDecoder({"type": material.type, "data": material.file})
        for index in range(len(material.pictures)):
            result = await decoder.decode({"frameIndex": index})
            await _take_frame(result["image"])
        decoder.close()


def _backlog(make: Callable[[], VideoMaterial]) -> Program:
    """A program that sends all chunks at once, so that the decoder takes a thread for each frame.

    The configuration says no size, because the decoder of a small video has only one thread.
    """

    async def program() -> None:
        material = make()
        config = material.config.copy()
        config.pop("codedWidth", None)
        config.pop("codedHeight", None)
        await _decode_video(config, [material.chunk(number) for number in range(len(material.chunks))])

    return program


async def _short_decode() -> None:
    """Decode a few chunks of VP8."""
    material = vp8()
    await _decode_video(material.config, [material.chunk(number) for number in range(_FRAMES)])


def _video_program(variant: Variant[Source]) -> Program:
    async def program() -> None:
        source = variant.make()
        assert isinstance(source, VideoSource)
        await _video(source)

    return program


#: Between them, these use every family of codecs.
FAMILIES: Final[dict[str, Program]] = {
    **{variant.name: _video_program(variant) for variant in ENCODED_VIDEO},
    "avc_backlog": _backlog(partial(h264, annexb=False, max_b_frames=2)),
    "hevc_backlog": _backlog(partial(h265, annexb=False)),
    "vp8_backlog": _backlog(vp8),
    "vp9_backlog": _backlog(vp9),
    "av1_backlog": _backlog(av1),
    "audio": _audio,
    "images": _images,
}
PROGRAMS: Final[dict[str, Program]] = {
    **FAMILIES,
    "short_decode": _short_decode,
}


async def _run(name: str) -> None:
    await PROGRAMS[name]()


if __name__ == "__main__":
    asyncio.run(_run(sys.argv[1]))
