"""A program that passes ``mypy --strict``, and mistakes that mypy must report. It is checked and never run."""

import array
import mmap
from collections.abc import AsyncIterator

import numpy as np
import numpy.typing as npt

from codecmodel import (
    AudioData,
    AudioDecoder,
    AudioEncoder,
    DOMException,
    EncodedAudioChunk,
    EncodedVideoChunk,
    ImageDecoder,
    VideoDecoder,
    VideoEncoder,
    VideoFrame,
)
from codecmodel.codecs.chunk_metadata import EncodedVideoChunkMetadata
from codecmodel.configurations.decoder_configurations import VideoDecoderConfig
from codecmodel.configurations.encoder_configurations import VideoEncoderConfig, VideoEncoderEncodeOptions
from codecmodel.encoded_chunks import EncodedVideoChunkInit
from codecmodel.image_decoding.image_decode_options import ImageDecodeOptions
from codecmodel.image_decoding.image_decoder_init import ImageDecoderInit
from codecmodel.raw_media.video_frame_conversion import rendered
from codecmodel.web.events import Event
from codecmodel.web.message_channel import MessageChannel
from codecmodel.web.structured_data import structured_clone


class Player:
    """Callbacks may be functions, methods and lambdas."""

    def __init__(self) -> None:
        self.video = VideoDecoder({"output": lambda frame: frame.close(), "error": report})
        self.audio = AudioDecoder({"output": self.play, "error": lambda error: print(error.name)})

    def play(self, data: AudioData) -> None:
        data.close()


def report(error: DOMException) -> None:
    print(error.message)


def show(frame: VideoFrame) -> None:
    frame.close()


def listener(event: Event) -> None:
    print(event.type)


async def configurations_are_dicts(player: Player) -> None:
    config: VideoDecoderConfig = {"codec": "vp8", "hardwareAcceleration": "prefer-software"}
    player.video.configure(config)
    player.video.configure({"codec": "vp8", "codedWidth": 320, "codedHeight": 240, "colorSpace": {"matrix": "rgb"}})
    player.audio.configure(
        {"codec": "opus", "sampleRate": 48000, "numberOfChannels": 2, "description": memoryview(b"OpusHead")}
    )
    support = await VideoDecoder.isConfigSupported(config)
    if support["supported"]:
        player.video.configure(support["config"])
    player.video.configure({"codedWidth": 320})  # type: ignore[typeddict-item]  # codec is required
    player.video.configure({"codec": "vp8", "width": 320})  # type: ignore[typeddict-unknown-key]
    player.audio.configure({"codec": "opus", "sampleRate": "48000", "numberOfChannels": 2})  # type: ignore[typeddict-item]


def chunks_are_made_of_dicts(data: bytearray) -> None:
    init: EncodedVideoChunkInit = {"type": "delta", "timestamp": 1, "duration": 2, "data": data}
    EncodedVideoChunk(init)
    buffers = [data]
    EncodedVideoChunk({"type": "key", "timestamp": 0, "data": memoryview(data)[1:], "transfer": buffers})
    EncodedAudioChunk({"type": "key", "timestamp": 0, "data": b""})
    EncodedAudioChunk({"type": "key", "timestamp": 0, "data": array.array("H")})
    EncodedAudioChunk({"type": "key", "timestamp": 0, "data": mmap.mmap(-1, 10)})
    EncodedAudioChunk({"type": "key", "timestamp": 0, "data": np.zeros((2, 2), np.float32)})
    EncodedAudioChunk({"type": "key", "timestamp": 0})  # type: ignore[typeddict-item]  # data is required
    EncodedAudioChunk({"type": "Key", "timestamp": 0, "data": b""})  # type: ignore[typeddict-item]
    EncodedAudioChunk({"type": "key", "timestamp": 0, "data": "text"})  # type: ignore[typeddict-item]


async def decoders_decode_chunks(player: Player, chunk: EncodedVideoChunk) -> int:
    player.video.ondequeue = listener
    player.video.addEventListener("dequeue", lambda event: print(event.timeStamp), {"once": True})
    player.video.decode(chunk)
    player.audio.decode(chunk)  # type: ignore[arg-type]  # chunks of video are not for audio decoders
    VideoDecoder({"output": show})  # type: ignore[typeddict-item]  # error is required
    await player.video.flush()
    destination = np.zeros(chunk.byteLength, np.uint8)
    chunk.copyTo(destination)
    return player.video.decodeQueueSize


def samples_are_copied_and_passed_on(data: AudioData, channel: MessageChannel) -> np.ndarray:
    buffers = [bytearray(8)]
    AudioData(
        {
            "format": "s16-planar",
            "sampleRate": 48000,
            "numberOfFrames": 2,
            "numberOfChannels": 2,
            "timestamp": 0,
            "data": buffers[0],
            "transfer": buffers,
        }
    )
    size = data.allocationSize({"planeIndex": 0, "frameCount": 1, "format": "f32-planar"})
    data.copyTo(np.zeros(size, np.uint8), {"planeIndex": 0, "frameCount": 1, "format": "f32-planar"})
    data.copyTo(bytearray(size), {"frameCount": 1})  # type: ignore[typeddict-item]  # planeIndex is required
    data.copyTo(bytearray(size), {"planeIndex": 0, "format": "s24"})  # type: ignore[typeddict-item]
    clone = structured_clone({"samples": [data]}, [data])["samples"][0]
    channel.port1.postMessage(clone, [clone])
    channel.port2.onmessage = lambda event: print(event.data, event.ports)
    return np.asarray(data)


def keep(chunk: EncodedVideoChunk, metadata: EncodedVideoChunkMetadata) -> None:
    if "decoderConfig" in metadata:
        print(metadata["decoderConfig"]["codec"])


async def encoders_encode_frames(player: Player, frame: VideoFrame, data: AudioData) -> int:
    encoder = VideoEncoder({"output": keep, "error": report})
    config: VideoEncoderConfig = {"codec": "vp8", "width": 320, "height": 240, "latencyMode": "realtime"}
    encoder.configure(config)
    encoder.configure({"codec": "avc1.42001e", "width": 320, "height": 240, "avc": {"format": "annexb"}})
    encoder.configure({"codec": "vp8", "width": 320})  # type: ignore[typeddict-item]  # height is required
    encoder.configure({**config, "alpha": "premultiply"})  # type: ignore[typeddict-item]
    options: VideoEncoderEncodeOptions = {"keyFrame": True, "vp9": {"quantizer": 20}}
    encoder.encode(frame, options)
    encoder.encode(frame, {"avc": {"quantizer": None}})
    encoder.encode(data)  # type: ignore[arg-type]  # samples are not for video encoders
    VideoEncoder({"output": show, "error": report})  # type: ignore[typeddict-item]  # there is metadata, too
    audio = AudioEncoder(
        {
            "output": lambda chunk, metadata: player.audio.configure(metadata["decoderConfig"]),
            "error": lambda error: print(error.name),
        }
    )
    audio.configure({"codec": "opus", "sampleRate": 48000, "numberOfChannels": 2, "opus": {"usedtx": True}})
    audio.encode(data)
    support = await VideoEncoder.isConfigSupported(config)
    if support["supported"]:
        encoder.configure(support["config"])
    await encoder.flush()
    return encoder.encodeQueueSize


def frames_are_made_of_arrays(pixels: npt.NDArray[np.uint8], planes: list[npt.NDArray[np.uint16]]) -> VideoFrame:
    VideoFrame.from_arrays(pixels, {"format": "RGBX", "timestamp": 0})
    VideoFrame.from_arrays(planes, {"format": "I420P10", "timestamp": 0, "colorSpace": {"matrix": "bt709"}})
    VideoFrame.from_arrays(planes, {"format": "I420P10"})  # type: ignore[typeddict-item]  # timestamp is required
    return VideoFrame(pixels, {"format": "RGBX", "codedWidth": 4, "codedHeight": 4, "timestamp": 0})


def frames_are_converted(frame: VideoFrame) -> npt.NDArray[np.uint8]:
    frame.allocationSize({"format": "RGBA", "colorSpace": "display-p3"})
    return rendered(frame, "display-p3")


async def images_are_decoded(file: bytes, parts: AsyncIterator[memoryview]) -> VideoFrame:
    init: ImageDecoderInit = {"type": "image/gif", "data": file, "colorSpaceConversion": "none"}
    decoder = ImageDecoder(init)
    ImageDecoder({"type": "image/png", "data": parts, "preferAnimation": True})
    ImageDecoder({"type": "image/png", "data": 1})  # type: ignore[typeddict-item]  # neither a buffer nor a stream
    await decoder.tracks.ready
    for track in decoder.tracks:
        track.selected = track.animated and track.frameCount > 1
    options: ImageDecodeOptions = {"frameIndex": len(decoder.tracks) - 1}
    result = await decoder.decode(options)
    assert await ImageDecoder.isTypeSupported(decoder.type)
    return result["image"]
