"""Descriptions of the interfaces of WebCodecs."""

from collections.abc import Iterator
from typing import Final

import codecmodel
from codecmodel import encoded_chunks
from codecmodel.configurations import decoder_configurations as configurations
from codecmodel.configurations import encoder_configurations
from codecmodel.image_decoding import image_decode_options, image_decoder_init
from codecmodel.raw_media import audio_data_copy, audio_data_init, color_space, video_frame_copy, video_frame_init
from codecmodel.raw_media.dom_rect import DOMRectReadOnly, dom_rect_init
from codecmodel.web.buffers import allow_shared_buffer_source
from codecmodel.web.webidl import Dictionary, Member, boolean, callback_function, dom_string, unrestricted_double
from conformance.wpt.host.description import (
    DESTINATION,
    EVENT_HANDLER,
    Argument,
    Attribute,
    Interface,
    Operation,
    SafeCopy,
    SafeInit,
    operation,
    optional,
    platform_object,
)
from conformance.wpt.host.forecast import forecast_of

_codec_init: Final = Dictionary[dict[str, object]](
    "init", Member("output", callback_function, required=True), Member("error", callback_function, required=True)
)


def _attributes(*names: str) -> tuple[Attribute, ...]:
    return tuple(Attribute(name) for name in names)


def _codec(name: str, queue_size: str, config: object, work: Operation) -> Interface:
    return Interface(
        name,
        getattr(codecmodel, name),
        parent="EventTarget",
        constructors=((Argument("init", _codec_init),),),
        attributes=(*_attributes("state", queue_size), Attribute("ondequeue", EVENT_HANDLER)),
        operations=(
            operation("configure", Argument("config", config)),
            work,
            operation("flush", returns_promise=True),
            operation("reset"),
            operation("close"),
            operation("isConfigSupported", Argument("config", config), static=True, returns_promise=True),
        ),
        secure_context=True,
        is_steady=True,
        forecast=forecast_of,
    )


def _chunk(name: str, init: object) -> Interface:
    return Interface(
        name,
        getattr(codecmodel, name),
        constructors=((Argument("init", init),),),
        attributes=_attributes("type", "timestamp", "duration", "byteLength"),
        operations=(Operation("copyTo", ((Argument("destination", DESTINATION),),), contents=bytes),),
        is_constant=True,
        safe_init=SafeInit(
            required={"type": ("key", "delta"), "timestamp": "integer", "data": "bytes"},
            optional={"duration": "natural"},
            attributes={"type": "type", "timestamp": "timestamp", "duration": "duration", "byteLength": "data"},
        ),
    )


def _interfaces() -> Iterator[Interface]:
    yield Interface(
        "DOMRectReadOnly",
        DOMRectReadOnly,
        constructors=(tuple(optional(name, unrestricted_double) for name in ("x", "y", "width", "height")),),
        attributes=_attributes("x", "y", "width", "height", "top", "right", "bottom", "left"),
        operations=(operation("fromRect", optional("other", dom_rect_init), static=True), operation("toJSON")),
        is_constant=True,
    )
    yield _codec(
        "AudioDecoder",
        "decodeQueueSize",
        configurations.audio_decoder_config,
        Operation(
            "decode", ((Argument("chunk", platform_object("EncodedAudioChunk")),),), queue_size="decodeQueueSize"
        ),
    )
    yield _codec(
        "VideoDecoder",
        "decodeQueueSize",
        configurations.video_decoder_config,
        Operation(
            "decode", ((Argument("chunk", platform_object("EncodedVideoChunk")),),), queue_size="decodeQueueSize"
        ),
    )
    yield _codec(
        "AudioEncoder",
        "encodeQueueSize",
        encoder_configurations.audio_encoder_config,
        Operation("encode", ((Argument("data", platform_object("AudioData")),),), queue_size="encodeQueueSize"),
    )
    yield _codec(
        "VideoEncoder",
        "encodeQueueSize",
        encoder_configurations.video_encoder_config,
        Operation(
            "encode",
            (
                (
                    Argument("frame", platform_object("VideoFrame")),
                    optional("options", encoder_configurations.video_encoder_encode_options),
                ),
            ),
            queue_size="encodeQueueSize",
        ),
    )
    yield _chunk("EncodedAudioChunk", encoded_chunks.encoded_audio_chunk_init)
    yield _chunk("EncodedVideoChunk", encoded_chunks.encoded_video_chunk_init)
    yield Interface(
        "AudioData",
        codecmodel.AudioData,
        constructors=((Argument("init", audio_data_init.audio_data_init),),),
        attributes=_attributes("format", "sampleRate", "numberOfFrames", "numberOfChannels", "duration", "timestamp"),
        operations=(
            operation("allocationSize", Argument("options", audio_data_copy.audio_data_copy_to_options)),
            operation(
                "copyTo",
                Argument("destination", DESTINATION),
                Argument("options", audio_data_copy.audio_data_copy_to_options),
            ),
            Operation("clone", clones=True),
            Operation("close", closes=True),
        ),
        is_constant=True,
    )
    yield Interface(
        "VideoFrame",
        codecmodel.VideoFrame,
        constructors=(
            (
                Argument("image", platform_object("VideoFrame", "HTMLCanvasElement", "OffscreenCanvas", "ImageBitmap")),
                optional("init", video_frame_init.video_frame_init),
            ),
            (
                Argument("data", allow_shared_buffer_source),
                Argument("init", video_frame_init.video_frame_buffer_init),
            ),
        ),
        attributes=(
            *_attributes("format", "codedWidth", "codedHeight"),
            Attribute("codedRect", is_object=True),
            Attribute("visibleRect", is_object=True),
            *_attributes("rotation", "flip", "displayWidth", "displayHeight", "duration", "timestamp"),
            Attribute("colorSpace", is_object=True),
        ),
        operations=(
            operation("metadata"),
            operation("allocationSize", optional("options", video_frame_copy.video_frame_copy_to_options)),
            operation(
                "copyTo",
                Argument("destination", DESTINATION),
                optional("options", video_frame_copy.video_frame_copy_to_options),
                returns_promise=True,
            ),
            Operation("clone", clones=True),
            Operation("close", closes=True),
        ),
        is_constant=True,
        safe_copy=SafeCopy({"timestamp": "integer", "duration": "natural"}),
    )
    yield Interface(
        "VideoColorSpace",
        codecmodel.VideoColorSpace,
        constructors=((optional("init", color_space.video_color_space_init),),),
        attributes=_attributes("primaries", "transfer", "matrix", "fullRange"),
        operations=(operation("toJSON"),),
        is_constant=True,
    )
    yield Interface(
        "ImageTrack",
        codecmodel.ImageTrack,
        attributes=(*_attributes("animated", "frameCount", "repetitionCount"), Attribute("selected", boolean)),
        secure_context=True,
    )
    yield Interface(
        "ImageTrackList",
        codecmodel.ImageTrackList,
        attributes=(Attribute("ready", promise=True), *_attributes("length", "selectedIndex", "selectedTrack")),
        indexed=True,
        secure_context=True,
    )
    yield Interface(
        "ImageDecoder",
        codecmodel.ImageDecoder,
        constructors=((Argument("init", image_decoder_init.image_decoder_init),),),
        attributes=(*_attributes("type", "complete"), Attribute("completed", promise=True), Attribute("tracks")),
        operations=(
            operation("decode", optional("options", image_decode_options.image_decode_options), returns_promise=True),
            operation("reset"),
            operation("close"),
            operation("isTypeSupported", Argument("type", dom_string), static=True, returns_promise=True),
        ),
        secure_context=True,
    )


INTERFACES: Final = tuple(_interfaces())
