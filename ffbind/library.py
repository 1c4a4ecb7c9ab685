"""FFmpeg's five libraries once they are open: their functions, versions and struct layouts."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from pathlib import Path

from ffbind.errors import FFmpegError, UnsupportedLibraryError
from ffbind.layout import Layout, Version
from ffbind.prototypes import Functions, avcodec, avformat, avutil, swresample, swscale

# Dependencies first.
NAMES = ("avutil", "swresample", "swscale", "avcodec", "avformat")

# Major versions that were released together, by that of libavcodec: FFmpeg 9, 8, 7, 6, 5 and 4.
RELEASES: dict[int, dict[str, int]] = {
    codec: dict(zip(NAMES, (util, resample, scale, codec, codec), strict=True))
    for codec, util, resample, scale in (
        (63, 61, 7, 10),
        (62, 60, 6, 9),
        (61, 59, 5, 8),
        (60, 58, 4, 7),
        (59, 57, 4, 6),
        (58, 56, 3, 5),
    )
}

_TABLES = {
    "avutil": avutil.FUNCTIONS,
    "swresample": swresample.FUNCTIONS,
    "swscale": swscale.FUNCTIONS,
    "avcodec": avcodec.FUNCTIONS,
    "avformat": avformat.FUNCTIONS,
}


class Library:
    """The loaded libraries: their functions, versions and struct layouts."""

    #: The place where the libraries were found: "FFBIND_LIBRARY_DIR", "system" or "av wheel".
    origin: str
    #: The directory that they were loaded from; None if the system's loader chose the files.
    directory: Path | None
    #: The (major, minor, micro) version of each library by name, without "lib".
    versions: dict[str, Version]
    #: FFmpeg's own name for this build, such as "7.1.1".
    ffmpeg_version: str
    #: The major version of libavcodec.
    codec_major: int

    avutil: Functions
    avcodec: Functions
    avformat: Functions
    swscale: Functions
    swresample: Functions
    layout: Layout

    def __init__(self, origin: str, directory: Path | None, handles: Mapping[str, ctypes.CDLL]) -> None:
        self.origin = origin
        self.directory = directory
        self.versions = {name: _version(handles[name], name) for name in NAMES}
        self.codec_major = self.versions["avcodec"][0]
        self.layout = Layout(self.versions)
        for name, expected in RELEASES[self.codec_major].items():
            if self.versions[name][0] != expected:
                raise UnsupportedLibraryError(
                    f"lib{name} {self.versions[name][0]} does not go with libavcodec {self.codec_major}, "
                    f"which needs lib{name} {expected}"
                )
        for name in NAMES:
            setattr(self, name, Functions(handles[name], _TABLES[name]))
        self.ffmpeg_version = self.avutil.av_version_info().decode()

    def error(self, code: int, function: str) -> FFmpegError:
        """The error for a negative code that `function` returned, with FFmpeg's description of it."""
        text = ctypes.create_string_buffer(128)
        self.avutil.av_strerror(code, text, len(text))
        return FFmpegError(code, text.value.decode("utf-8", "replace"), function)

    def check(self, code: int, function: str) -> int:
        """The code, if it is not negative. Raises FFmpegError if it is."""
        if code < 0:
            raise self.error(code, function)
        return code

    def __repr__(self) -> str:
        return f"<FFmpeg {self.ffmpeg_version} (libavcodec {self.codec_major}) from {self.directory or self.origin}>"


def _version(library: ctypes.CDLL, name: str) -> Version:
    try:
        function = library[f"{name}_version"]
    except AttributeError:
        raise UnsupportedLibraryError(f"{library._name} is not lib{name}") from None
    function.restype = ctypes.c_uint
    function.argtypes = ()
    packed: int = function()
    return packed >> 16, packed >> 8 & 0xFF, packed & 0xFF
