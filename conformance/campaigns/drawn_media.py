"""Draws chunks, descriptions, containers and images: valid ones, made on the spot, which are then damaged."""

from collections.abc import Sequence
from functools import cache
from io import BytesIO
from random import Random
from typing import Final, cast

from codecmodel import EncodedAudioChunk
from codecmodel.files import Muxer
from codecmodel.files.errors import MediaFileError
from conformance.campaigns.case import Case, Part, Value
from conformance.campaigns.mutations import EDGES, damaged
from conformance.media.audio import AUDIO
from conformance.media.images import IMAGES
from conformance.media.material import AudioMaterial, Material, VideoMaterial
from conformance.media.video import REORDERED_VIDEO, VIDEO
from conformance.suite.assertions import OptionalFeatureUnsupportedError

_VARIANTS: Final = [*VIDEO, *REORDERED_VIDEO, *AUDIO]
#: The names of all media from which chunks are drawn.
MATERIALS: Final = tuple(variant.name for variant in _VARIANTS)
#: Chunks in a case, at most.
_CHUNKS: Final = 10
_CONTAINERS: Final = ("mp4", "webm", "matroska", "ogg", "mpegts", "flac", "wav", "adts", "mp3", "avi", "mov")


@cache
def material(name: str) -> Material | None:
    """The material of that name, or None if this FFmpeg cannot make it."""
    for variant in _VARIANTS:
        if variant.name == name:
            try:
                return cast("Material", variant.make())
            except OptionalFeatureUnsupportedError:
                return None
    raise ValueError(f"there is no material {name}")


def calls_of(material: Material, count: int) -> list[Part]:
    """The program that decodes the first ``count`` chunks."""
    interface = "AudioDecoder" if isinstance(material, AudioMaterial) else "VideoDecoder"
    calls = [Part(interface, None), Part("configure", cast("Value", dict(material.config)))]
    for chunk in material.chunks[:count]:
        calls.append(Part("decode", {"type": chunk.type, "timestamp": chunk.timestamp, "data": chunk.data}))
    return [*calls, Part("flush", None), Part("wait", None)]


def _any_material(random: Random) -> Material:
    made = None
    while made is None:
        made = material(random.choice(MATERIALS))
    return made


def draw_chunks(random: Random) -> Case:
    """Good chunks of a codec, some of which are damaged, repeated, dropped, exchanged or mislabelled."""
    drawn = _any_material(random)
    calls = calls_of(drawn, random.randint(1, _CHUNKS))
    for _ in range(random.randint(1, 3)):
        index = random.randrange(2, len(calls) - 1)
        chunk = dict(cast("dict[str, Value]", calls[index].value or {"type": "key", "timestamp": 0, "data": b""}))
        match random.randrange(8):
            case 0:
                chunk["type"] = random.choice(("key", "delta"))
            case 1:
                chunk["timestamp"] = random.choice(EDGES)
            case 2:
                chunk["duration"] = random.choice(EDGES)
            case 3:
                other = random.randrange(2, len(calls) - 1)
                calls[index], calls[other] = calls[other], calls[index]
                continue
            case _:
                other_data = random.choice(drawn.chunks).data
                chunk["data"] = damaged(random, cast("bytes", chunk["data"]), other_data)
        calls[index] = Part("decode", chunk)
    return Case("chunks", tuple(calls))


def draw_description(random: Random) -> Case:
    """A configuration with a damaged description, or one that its codec does not take, and good chunks."""
    drawn = _any_material(random)
    calls = calls_of(drawn, random.randint(1, 4))
    config = dict(cast("dict[str, Value]", calls[1].value))
    other = _any_material(random)
    lent = bytes(cast("bytes", dict(other.config).get("description", other.chunks[0].data[:64])))
    config["description"] = damaged(random, bytes(cast("bytes", config.get("description", lent))), lent)
    calls[1] = Part("configure", config)
    return Case("descriptions", tuple(calls))


@cache
def _file(format: str, name: str) -> bytes | None:
    """The material in a container, or None if the container cannot hold it."""
    made = material(name)
    if made is None:
        return None
    file = BytesIO()
    try:
        with Muxer(file, format) as muxer:
            if isinstance(made, AudioMaterial):
                sound = muxer.add_audio_track()
                for number in range(len(made.chunks)):
                    chunk: EncodedAudioChunk = made.chunk(number)
                    sound.write(chunk, {"decoderConfig": made.config})
            else:
                _write_pictures(muxer, made)
    except (MediaFileError, TypeError):
        return None
    return file.getvalue()


def _write_pictures(muxer: Muxer, made: VideoMaterial) -> None:
    track = muxer.add_video_track()
    for number in range(len(made.chunks)):
        track.write(made.chunk(number), {"decoderConfig": made.config})


def draw_container(random: Random) -> Case:
    """A media file that is damaged."""
    file = None
    while file is None:
        file = _file(random.choice(_CONTAINERS), random.choice(MATERIALS))
    return Case("containers", (Part("read", damaged(random, file, file)),))


@cache
def _images() -> Sequence[tuple[str, bytes]]:
    images = []
    for variant in IMAGES:
        try:
            made = variant.make()
        except OptionalFeatureUnsupportedError:
            continue
        images.append((made.type, made.file))
    return images


def draw_image(random: Random) -> Case:
    """An image file that is damaged, or has the type of another."""
    type_, file = random.choice(_images())
    other_type, other_file = random.choice(_images())
    init: dict[str, Value] = {
        "type": random.choice((type_, type_, type_, other_type, "image/webp", "image/avif")),
        "data": damaged(random, file, other_file),
    }
    if random.random() < 0.2:
        init |= {"desiredWidth": random.choice(EDGES[:14]), "desiredHeight": random.choice(EDGES[:14])}
    if random.random() < 0.3:
        init["preferAnimation"] = random.random() < 0.5
    if random.random() < 0.3:
        init["colorSpaceConversion"] = random.choice(("none", "default"))
    return Case("images", (Part("decode", init),))
