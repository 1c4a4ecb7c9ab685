"""One execution of each kind of input. An execution swallows refusals alone, and closes all that it has opened."""

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import ExitStack
from typing import Final, TypeAlias, cast

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
from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig
from codecmodel.configurations.encoder_configurations import AudioEncoderConfig, VideoEncoderConfig
from codecmodel.encoded_chunks import EncodedAudioChunkInit, EncodedVideoChunkInit
from codecmodel.files import Demuxer
from codecmodel.image_decoding.image_decoder_init import ImageDecoderInit
from codecmodel.raw_media.audio_data_copy import AudioDataCopyToOptions
from codecmodel.raw_media.audio_data_init import AudioDataInit
from codecmodel.raw_media.video_frame_copy import VideoFrameCopyToOptions
from codecmodel.raw_media.video_frame_init import VideoFrameBufferInit, VideoFrameInit
from codecmodel.registry import is_key_chunk, parse_codec_string
from conformance.campaigns.case import Part, Value
from conformance.campaigns.refusals import refusals

Codec: TypeAlias = AudioDecoder | VideoDecoder | AudioEncoder | VideoEncoder

#: Chunks of a file, and frames of an image, that an execution looks at.
_MOST: Final = 40
#: Bytes of the largest buffer that a copy gets.
_LARGEST_BUFFER: Final = 1 << 24


async def run_program(parts: Sequence[Part]) -> None:
    """Make the calls, from the one that constructs a codec, and wait until all promises are settled."""
    codec: Codec | None = None
    promises: list[Awaitable[object]] = []
    try:
        for name, value in parts:
            with refusals():
                if name in _CODECS:
                    codec = codec or _codec(name)
                elif codec is not None:
                    await _make_call(codec, name, value, promises)
        for promise in promises:
            with refusals():
                await promise
    finally:
        if codec is not None and codec.state != "closed":
            codec.close()


def _closed_output(output: object, metadata: object = None) -> None:
    if isinstance(output, VideoFrame | AudioData):
        output.close()


def _expected_error(error: object) -> None:
    if not isinstance(error, DOMException):
        raise AssertionError(f"an error callback was given {error!r}")


_CODECS: Final = ("AudioDecoder", "VideoDecoder", "AudioEncoder", "VideoEncoder")


def _codec(name: str) -> Codec:
    match name:
        case "AudioDecoder":
            return AudioDecoder({"output": _closed_output, "error": _expected_error})
        case "VideoDecoder":
            return VideoDecoder({"output": _closed_output, "error": _expected_error})
        case "AudioEncoder":
            return AudioEncoder({"output": _closed_output, "error": _expected_error})
        case _:
            return VideoEncoder({"output": _closed_output, "error": _expected_error})


async def _make_call(codec: Codec, name: str, value: Value, promises: list[Awaitable[object]]) -> None:
    match name:
        case "configure":
            _configure(codec, value)
        case "decode" if isinstance(codec, AudioDecoder):
            codec.decode(EncodedAudioChunk(cast("EncodedAudioChunkInit", value)))
        case "decode" if isinstance(codec, VideoDecoder):
            codec.decode(EncodedVideoChunk(cast("EncodedVideoChunkInit", value)))
        case "encode" if isinstance(codec, VideoEncoder):
            with VideoFrame(*_frame(value)) as frame:
                codec.encode(frame, {"keyFrame": bool(cast("dict[str, Value]", value).get("keyFrame"))})
        case "encode" if isinstance(codec, AudioEncoder):
            with AudioData(cast("AudioDataInit", value)) as data:
                codec.encode(data)
        case "flush":
            promises.append(codec.flush())
        case "wait":
            while promises:
                await promises.pop()
        case "reset":
            codec.reset()
        case "close":
            codec.close()
        case "turn":
            await asyncio.sleep(0)


def _frame(value: Value) -> tuple[bytes, VideoFrameBufferInit]:
    init = {key: item for key, item in cast("dict[str, Value]", value).items() if key not in ("data", "keyFrame")}
    return cast("bytes", cast("dict[str, Value]", value)["data"]), cast("VideoFrameBufferInit", init)


def _configure(codec: Codec, value: Value) -> None:
    match codec:
        case AudioDecoder():
            codec.configure(cast("AudioDecoderConfig", value))
        case VideoDecoder():
            codec.configure(cast("VideoDecoderConfig", value))
        case AudioEncoder():
            codec.configure(cast("AudioEncoderConfig", value))
        case VideoEncoder():
            codec.configure(cast("VideoEncoderConfig", value))


async def ask_for_support(parts: Sequence[Part]) -> None:
    """Ask each interface that a part names whether it supports the configuration, and configure it.

    "Supported" means that configure() succeeds with exactly this configuration.
    """
    for name, value in parts:
        answer, outcome = await _is_supported(name, value), await _is_configured(name, value)
        if answer != outcome and not (answer and _lacks_a_required_description(name, value)):
            raise AssertionError(f"{name}, supported: {answer}, configured: {outcome}, {value!r}")


async def _is_supported(interface: str, config: Value) -> bool | None:
    """The answer of isConfigSupported(), or None if the configuration is not valid."""
    with refusals():
        match interface:
            case "AudioDecoder":
                return (await AudioDecoder.isConfigSupported(cast("AudioDecoderConfig", config)))["supported"]
            case "VideoDecoder":
                return (await VideoDecoder.isConfigSupported(cast("VideoDecoderConfig", config)))["supported"]
            case "AudioEncoder":
                return (await AudioEncoder.isConfigSupported(cast("AudioEncoderConfig", config)))["supported"]
            case "VideoEncoder":
                return (await VideoEncoder.isConfigSupported(cast("VideoEncoderConfig", config)))["supported"]
    return None


async def _is_configured(interface: str, config: Value) -> bool | None:
    """Whether a codec is configured after configure() and flush(), or None if the configuration is not valid."""
    codec = _codec(interface)
    is_configured: bool | None = None
    try:
        with refusals():
            _configure(codec, config)
            with refusals():
                await codec.flush()
            is_configured = codec.state == "configured"
    finally:
        if codec.state != "closed":
            codec.close()
    return is_configured


async def ask_and_run(parts: Sequence[Part]) -> None:
    """Ask whether the codec of a program supports its first configuration, and run the program."""
    interfaces = [part.name for part in parts if part.name in _CODECS]
    configs = [part.value for part in parts if part.name == "configure"]
    if interfaces and configs:
        await ask_for_support([Part(interfaces[0], configs[0])])
    await run_program(parts)


def _lacks_a_required_description(interface: str, config: Value) -> bool:
    """Whether programs ask so before they have read a description, as web-platform-tests do (see spec-notes.md)."""
    members = cast("dict[str, Value]", config)
    is_required = interface == "AudioDecoder" and members["codec"] in ("flac", "vorbis")
    return is_required and not members.get("description")


async def parse_strings(parts: Sequence[Part]) -> None:
    """Parse codec strings, look for a key chunk under each, and configure a codec with it."""
    for _, value in parts:
        if isinstance(value, str):
            parse_codec_string(value)
            is_key_chunk(value, None, b"\0\0\0\1\x67\x42")
            with refusals():
                await ImageDecoder.isTypeSupported(value)
    members: dict[str, Value] = {"sampleRate": 48000, "numberOfChannels": 2, "width": 64, "height": 48}
    await ask_for_support([Part(name, {"codec": value, **members}) for name, value in parts])


async def read_file(parts: Sequence[Part]) -> None:
    """Read the chunks of a media file."""
    for _, value in parts:
        with refusals(), Demuxer(cast("bytes", value)) as demuxer:
            for find in (lambda: demuxer.video_track, lambda: demuxer.audio_track):
                with refusals():
                    track = find()
                    with refusals():
                        _ = track.config
                    for _number, _chunk in zip(range(_MOST), demuxer.chunks([track.index]), strict=False):
                        pass


async def decode_image(parts: Sequence[Part]) -> None:
    """Decode all frames of an image file, and one more."""
    for _, value in parts:
        with refusals():
            decoder = ImageDecoder(cast("ImageDecoderInit", value))
            try:
                await decoder.tracks.ready
                await decoder.completed
                track = decoder.tracks.selectedTrack
                for index in range(min(_MOST, 1 + (track.frameCount if track else 0))):
                    with refusals():
                        result = await decoder.decode({"frameIndex": index})
                        result["image"].close()
            finally:
                decoder.close()


async def copy_buffers(parts: Sequence[Part]) -> None:
    """Make a frame, or audio data, of a buffer; then copies of it."""
    media: VideoFrame | AudioData | None = None
    with ExitStack() as opened:
        for name, value in parts:
            with refusals():
                match name, media:
                    case "frame", None:
                        media = opened.enter_context(VideoFrame(*_frame(value)))
                    case "samples", None:
                        media = opened.enter_context(AudioData(cast("AudioDataInit", value)))
                    case "derived", VideoFrame():
                        with VideoFrame(media, cast("VideoFrameInit", value)) as derived:
                            derived.allocationSize()
                    case "copy", VideoFrame():
                        frame_options = cast("VideoFrameCopyToOptions", value)
                        size = media.allocationSize(frame_options)
                        if size <= _LARGEST_BUFFER:
                            await media.copyTo(bytearray(size), frame_options)
                            await media.copyTo(bytearray(size // 2), frame_options)
                    case "copy", AudioData():
                        data_options = cast("AudioDataCopyToOptions", value)
                        size = media.allocationSize(data_options)
                        if size <= _LARGEST_BUFFER:
                            media.copyTo(bytearray(size), data_options)
                            media.copyTo(bytearray(size // 2), data_options)
