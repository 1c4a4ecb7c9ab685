"""The conversions that mediabunny is asked for, each with its expected result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tests.clients.workspace import FRAME_RATE, FRAMES, HEIGHT, WIDTH, Job, Json

#: The names that FFmpeg has for mediabunny's codecs.
_FFMPEG_NAMES: Final[Mapping[str, str]] = {"avc": "h264", "pcm-s16": "pcm_s16le", "pcm-f32": "pcm_f32le"}
MP4_VIDEO: Final = ("avc", "hevc", "vp8", "vp9", "av1")
MP4_AUDIO: Final = ("aac", "opus", "mp3", "vorbis", "flac")
WEBM_VIDEO: Final = ("vp8", "vp9", "av1")
WEBM_AUDIO: Final = ("opus", "vorbis")
#: Samples by which an encoder delays the sound. WebCodecs has no place for them, so these clients do not know of them.
_ENCODER_DELAYS: Final[Mapping[str, int]] = {"aac": 1024, "mp3": 1105}
#: dB that the pictures and the sound have in common with their source, at the rates below.
MATCHING_PICTURES: Final = 33.0
MATCHING_SOUND: Final = 12.0
_BITRATE: Final = 1_000_000

ALL_TIMES: Final = tuple(index / FRAME_RATE for index in range(FRAMES))


@dataclass(frozen=True)
class Case:
    """A conversion, and its expected result: mediabunny's names of the codecs (None: no such stream), the size and
    the rotation of the pictures as they are stored, the times of the pictures in seconds.

    ``filters`` and ``sound_filters``: FFmpeg's filters that give the same upright pictures, and the same sound, from
    those of the source; or of ``reference``, if FFmpeg does not show that the source is the same.
    """

    name: str
    source: str
    options: Mapping[str, Json]
    video: str | None = None
    audio: str | None = None
    size: tuple[int, int] = (WIDTH, HEIGHT)
    rotation: int = 0
    times: Sequence[float] = ALL_TIMES
    sound_filters: str = "anull"
    filters: str = "null"
    input: str = "url"
    psnr: float = MATCHING_PICTURES
    has_alpha: bool = False
    is_copy: bool = False
    reference: str | None = None

    @property
    def job(self) -> Job:
        """The job for the program in ``apps``."""
        return {"kind": "convert", "from": self.source, "source": self.input, "options": self.options}

    @property
    def encoded(self) -> Sequence[str]:
        """mediabunny's names of the codecs that have to be encoded."""
        return () if self.is_copy else tuple(codec for codec in (self.video, self.audio) if codec is not None)

    @property
    def delay(self) -> int:
        """The samples by which the sound is late."""
        return 0 if self.is_copy or self.audio is None else _ENCODER_DELAYS.get(self.audio, 0)


def ffmpeg_name(codec: str) -> str:
    """FFmpeg's name of a codec of mediabunny's."""
    return _FFMPEG_NAMES.get(codec, codec)


def _pair(source: str, format: str, video: str, audio: str) -> Case:
    options: Mapping[str, Json] = {
        "format": format,
        "video": {"codec": video, "bitrate": _BITRATE, "forceTranscode": True},
        "audio": {"codec": audio, "forceTranscode": True},
    }
    return Case(f"{format}-{video}-{audio}", source, options, video, audio)


def _avc(name: str, video: Mapping[str, Json], **expected: object) -> Case:
    options: Mapping[str, Json] = {
        "format": "mp4",
        "video": {"codec": "avc", "bitrate": _BITRATE, "forceTranscode": True, **video},
        "audio": {"discard": True},
    }
    return Case(name, "avc_aac.mp4", options, "avc", None, **expected)  # type: ignore[arg-type]  # the fields of Case


def _sound(format: str, audio: str, **options: Json) -> Case:
    return Case(
        f"{format}-{audio}",
        "avc_aac.mp4",
        {"format": format, "video": {"discard": True}, "audio": {"codec": audio, "forceTranscode": True, **options}},
        None,
        audio,
    )


def _copied(name: str, input: str, options: Mapping[str, Json]) -> Case:
    """The streams as they are, in another file."""
    return Case(name, "avc_aac.mp4", options, "avc", "aac", input=input, is_copy=True)


PAIRS: Final = (
    *(_pair("vp9_opus.webm", "mp4", video, audio) for video in MP4_VIDEO for audio in MP4_AUDIO),
    *(_pair("avc_aac.mp4", "webm", video, audio) for video in WEBM_VIDEO for audio in WEBM_AUDIO),
)
_VP9_OPUS: Final[Mapping[str, Json]] = {"video": {"codec": "vp9", "bitrate": _BITRATE}, "audio": {"codec": "opus"}}
OTHERS: Final = (
    _sound("wav", "pcm-s16"),
    _sound("wav", "pcm-f32"),
    _sound("mp3", "mp3"),
    _sound("flac", "flac"),
    _sound("ogg", "opus"),
    _sound("ogg", "vorbis"),
    Case(
        "fragmented",
        "vp9_opus.webm",
        {
            "format": "mp4",
            "formatOptions": {"fastStart": "fragmented", "minimumFragmentDuration": 0.4},
            "target": "appended",
            "video": {"codec": "avc", "bitrate": _BITRATE, "keyFrameInterval": 0.4},
            "audio": {"codec": "aac"},
        },
        "avc",
        "aac",
    ),
    Case(
        "from_fragmented",
        "avc_aac_fragmented.mp4",
        {"format": "webm", **_VP9_OPUS},
        "vp9",
        "opus",
        # From a fragmented file, FFmpeg gives the samples before the sound, too.
        reference="avc_aac.mp4",
    ),
    Case(
        "trimmed",
        "avc_aac.mp4",
        {
            "format": "mp4",
            "trim": {"start": 0.4, "end": 0.8},
            "video": {"codec": "avc", "bitrate": _BITRATE, "forceTranscode": True},
            "audio": {"codec": "flac"},
        },
        "avc",
        "flac",
        times=[index / FRAME_RATE for index in range(10)],
        filters="select='between(n,10,19)'",
        sound_filters="atrim=0.4:0.8",
    ),
    _avc("resized", {"width": 80, "height": 60, "fit": "fill"}, size=(80, 60), filters="scale=80:60:flags=area"),
    _avc(
        "cropped",
        {"crop": {"left": 40, "top": 20, "width": 64, "height": 48}},
        size=(64, 48),
        filters="crop=64:48:40:20",
    ),
    _avc("rotated", {"rotate": 90, "allowTransformationMetadata": False}, size=(120, 160), filters="transpose=clock"),
    _avc("rotated_by_metadata", {"rotate": 90}, rotation=90, filters="transpose=clock"),
    _avc("flipped", {"flip": True, "allowTransformationMetadata": False}, filters="hflip"),
    _avc(
        "at_another_frame_rate",
        {"frameRate": 5},
        times=[index / 5 for index in range(6)],
        filters="select='not(mod(n,5))'",
    ),
    _avc("drawn_upon", {"process": "overlay"}, filters="drawbox=0:0:40:40:white:fill"),
    Case(
        "resampled",
        "avc_aac.mp4",
        {"format": "wav", "video": {"discard": True}, "audio": {"sampleRate": 24000, "numberOfChannels": 1}},
        None,
        "pcm-s16",
        sound_filters="pan=mono|c0=0.5*c0+0.5*c1,aresample=24000",
    ),
    *(
        _copied(f"from_{input}", input, {"format": "mov"})
        for input in ("blob", "buffer", "stream", "blobUrl", "dataUrl")
    ),
    _copied("to_stream", "url", {"format": "mov", "target": "stream"}),
    Case(
        "alpha",
        "alpha.webm",
        {"format": "webm", "video": {"alpha": "keep", "bitrate": _BITRATE, "forceTranscode": True}},
        "vp9",
        None,
        times=ALL_TIMES,
        has_alpha=True,
        psnr=30,
    ),
)
CASES: Final = {case.name: case for case in (*PAIRS, *OTHERS)}
