"""The structures of libavformat and of bitstream filters: the fields in use, and their offsets by libavformat major."""

from __future__ import annotations

from ctypes import Structure, c_int, c_int64, c_void_p
from typing import ClassVar

from ffbind.layout.structures import STRING, AVRational, build


class AVInputFormat(Structure):
    """A demuxer. `name` is a list of short names, separated by commas."""

    kinds: ClassVar = {"name": STRING}
    name: bytes


class AVOutputFormat(Structure):
    """A muxer, with the codec ids it has by default and its AVFMT_* flags."""

    kinds: ClassVar = {"name": STRING}
    name: bytes
    audio_codec: int
    video_codec: int
    flags: int


class AVIOContext(Structure):
    """A buffered byte stream. `error` is the first error it met, else 0."""

    kinds: ClassVar = {"buffer": c_void_p}
    buffer: int | None
    error: int


class AVFormatContext(Structure):
    """An open container. Times are in microseconds; `streams` and `chapters` point at pointers to the structures."""

    kinds: ClassVar = {
        "iformat": c_void_p, "oformat": c_void_p, "pb": c_void_p, "streams": c_void_p, "start_time": c_int64,
        "duration": c_int64, "metadata": c_void_p, "chapters": c_void_p,
    }  # fmt: skip
    iformat: int | None
    oformat: int | None
    pb: int | None
    nb_streams: int
    streams: int | None
    start_time: int
    duration: int
    flags: int
    metadata: int | None
    nb_chapters: int
    chapters: int | None


class AVChapter(Structure):
    """A chapter of a container. Times are in its own time base. `id` has 32 bits before libavformat 59."""

    kinds: ClassVar = {
        "id": c_int64, "time_base": AVRational, "start": c_int64, "end": c_int64, "metadata": c_void_p,
    }  # fmt: skip
    id: int
    time_base: AVRational
    start: int
    end: int
    metadata: int | None


class AVStream(Structure):
    """A stream of a container. Times are in its own time base."""

    kinds: ClassVar = {
        "codecpar": c_void_p, "time_base": AVRational, "start_time": c_int64, "duration": c_int64,
        "nb_frames": c_int64, "sample_aspect_ratio": AVRational, "metadata": c_void_p, "avg_frame_rate": AVRational,
    }  # fmt: skip
    index: int
    codecpar: int
    time_base: AVRational
    start_time: int
    duration: int
    nb_frames: int
    disposition: int
    discard: int
    sample_aspect_ratio: AVRational
    metadata: int | None
    avg_frame_rate: AVRational


class AVBSFContext(Structure):
    """A bitstream filter: the codec parameters and the time base of its input and of its output."""

    kinds: ClassVar = {
        "par_in": c_void_p, "par_out": c_void_p, "time_base_in": AVRational, "time_base_out": AVRational,
    }  # fmt: skip
    par_in: int
    par_out: int
    time_base_in: AVRational
    time_base_out: AVRational


INPUT_FORMAT = {"name": 0}
OUTPUT_FORMAT = {"name": 0, "audio_codec": 32, "video_codec": 36, "flags": 44}

IO_CONTEXT = {"buffer": 8, "error": 84}
IO_CONTEXT_58 = IO_CONTEXT | {"error": 120}

FORMAT_CONTEXT = {"iformat": 8, "oformat": 16, "pb": 32, "nb_streams": 44, "streams": 48}
FORMAT_CONTEXT_58 = {
    "start_time": 1088, "duration": 1096, "flags": 1120, "nb_chapters": 1188, "chapters": 1192, "metadata": 1200,
}  # fmt: skip
FORMAT_CONTEXT_59 = {
    "start_time": 64, "duration": 72, "flags": 96, "nb_chapters": 164, "chapters": 168, "metadata": 176,
}  # fmt: skip
FORMAT_CONTEXT_61 = {
    "nb_chapters": 72, "chapters": 80, "start_time": 96, "duration": 104, "flags": 128, "metadata": 192,
}  # fmt: skip

CHAPTER = {"id": 0, "time_base": 8, "start": 16, "end": 24, "metadata": 32}
CHAPTER_58 = CHAPTER | {"time_base": 4}

STREAM_58 = {
    "index": 0, "time_base": 24, "start_time": 32, "duration": 40, "nb_frames": 48, "disposition": 56,
    "discard": 60, "sample_aspect_ratio": 64, "metadata": 72, "avg_frame_rate": 80, "codecpar": 208,
}  # fmt: skip
STREAM_59 = {
    "index": 0, "time_base": 16, "start_time": 24, "duration": 32, "nb_frames": 40, "disposition": 48,
    "discard": 52, "sample_aspect_ratio": 56, "metadata": 64, "avg_frame_rate": 72, "codecpar": 208,
}  # fmt: skip
STREAM_60 = {
    "index": 8, "codecpar": 16, "time_base": 32, "start_time": 40, "duration": 48, "nb_frames": 56,
    "disposition": 64, "discard": 68, "sample_aspect_ratio": 72, "metadata": 80, "avg_frame_rate": 88,
}  # fmt: skip

BSF_CONTEXT = {"par_in": 24, "par_out": 32, "time_base_in": 40, "time_base_out": 48}
BSF_CONTEXT_58 = {"par_in": 32, "par_out": 40, "time_base_in": 48, "time_base_out": 56}


class FormatLayout:
    """The structures of one libavformat major, 58 to 63."""

    def __init__(self, major: int) -> None:
        old = major == 58
        rest = FORMAT_CONTEXT_58 if old else FORMAT_CONTEXT_59 if major < 61 else FORMAT_CONTEXT_61
        self.AVInputFormat = build(AVInputFormat, INPUT_FORMAT)
        self.AVOutputFormat = build(AVOutputFormat, OUTPUT_FORMAT)
        self.AVIOContext = build(AVIOContext, IO_CONTEXT_58 if old else IO_CONTEXT)
        self.AVFormatContext = build(AVFormatContext, FORMAT_CONTEXT | rest)
        # Up to libavformat 58 the time base follows a number of 32 bits.
        self.AVChapter = build(AVChapter, CHAPTER_58, kinds={"id": c_int}) if old else build(AVChapter, CHAPTER)
        self.AVStream = build(AVStream, STREAM_58 if old else STREAM_59 if major == 59 else STREAM_60)
        self.AVBSFContext = build(AVBSFContext, BSF_CONTEXT_58 if old else BSF_CONTEXT)
