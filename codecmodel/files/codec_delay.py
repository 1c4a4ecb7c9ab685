"""The CodecDelay of Matroska's audio tracks, which FFmpeg 5 and 6.0 write for Opus alone.

An older FFmpeg can be made to leave room for it: the Name of a track is written as it is given.
"""

import io
import os
import re
from functools import lru_cache
from typing import Final, NamedTuple
from zlib import crc32

from ffbind import ContainerWriter, FFbindError, Packet, StreamParameters

#: The IDs of elements (RFC 9559 § 5.1.4): CodecDelay, and Name. Void is that of EBML (RFC 8794 § 11.3.2).
_CODEC_DELAY: Final = b"\x56\xaa"
_NAME: Final = b"\x53\x6e"
_VOID: Final = b"\xec"
_TRACKS: Final = b"\x16\x54\xae\x6b"
#: The ID and the size of a CRC-32 element (RFC 8794 § 11.3.1), which comes first in its parent.
_CHECKSUM: Final = b"\xbf\x84"
#: A CodecDelay element: its ID, its size, and nanoseconds in four bytes.
_ELEMENT_SIZE: Final = 7
#: A SimpleBlock or Block (RFC 9559 § 5.1.3.4) of 16 bytes, of track 1, whose timestamp is that of its cluster.
_BLOCK_AT_ZERO: Final = re.compile(rb"[\xa3\xa1]\x94\x81\x00\x00")
#: The longest string whose size takes one byte in EBML.
_LONGEST_NAME: Final = 126
#: The tracks are described in the beginning of a file.
_SEARCHED_BYTES: Final = 1 << 20


class DelaySupport(NamedTuple):
    """The parts of telling a codec's delay that FFmpeg does itself."""

    #: Whether it writes the CodecDelay element.
    is_written: bool
    #: Whether it adds the delay to the timestamps of the blocks, from which readers subtract it.
    is_added: bool


@lru_cache(maxsize=64)
def delay_support(format: str, codec_name: str) -> DelaySupport:
    """Try how this FFmpeg tells the delay of a codec in Matroska or WebM. Both have FFmpeg's names."""
    target = io.BytesIO()
    parameters = StreamParameters(
        codec_name=codec_name,
        time_base=(1, 48_000),
        extradata=bytes(19),
        sample_rate=48_000,
        channels=2,
        initial_padding=480,
    )
    try:
        with ContainerWriter.open(target, format, options={"avoid_negative_ts": "disabled"}) as writer:
            stream = writer.add_stream(parameters)
            with Packet(bytes(16), pts=-480, dts=-480, duration=960, key=True) as packet:
                writer.write(packet, stream)
    except (FFbindError, ValueError):
        return DelaySupport(False, False)
    is_written = _CODEC_DELAY + b"\x83\x98\x96\x80" in target.getvalue()
    return DelaySupport(is_written, _BLOCK_AT_ZERO.search(target.getvalue()) is not None)


class CodecDelayPlace:
    """Room for a CodecDelay element within the Name of a track, whose title may be empty."""

    def __init__(self, title: str) -> None:
        self._title = title.encode()[: _LONGEST_NAME - _ELEMENT_SIZE].decode(errors="ignore")
        # Seven characters that no other name has.
        self._mark = os.urandom(_ELEMENT_SIZE // 2).hex() + "#"

    @property
    def name(self) -> str:
        """The Name that FFmpeg is to write."""
        return self._title + self._mark

    def fill(self, path: str, nanoseconds: int) -> None:
        """Put the element in its place in the file at ``path``. Raises OSError."""
        name, title = self.name.encode(), self._title.encode()
        written = _NAME + bytes([0x80 | len(name)]) + name
        element = _CODEC_DELAY + b"\x84" + nanoseconds.to_bytes(4, "big")
        if title:
            wanted = _NAME + bytes([0x80 | len(title)]) + title + element
        else:
            wanted = element + _VOID + bytes([0x80 | len(written) - _ELEMENT_SIZE - 2])
            wanted += bytes(len(written) - len(wanted))
        with open(path, "r+b") as file:
            header = bytearray(file.read(_SEARCHED_BYTES))
            position = header.find(written)
            if position >= 0:
                header[position : position + len(wanted)] = wanted
                _correct_checksum(header, position)
                file.seek(0)
                file.write(header)


def _correct_checksum(header: bytearray, position: int) -> None:
    """Compute the checksum of the Tracks element again, which has ``position`` in it, if there is one."""
    begin = header.rfind(_TRACKS, 0, position)
    if begin < 0:
        return
    place = begin + len(_TRACKS)
    # The first bit that is set tells how many bytes the size has.
    width = 9 - header[place].bit_length()
    size = int.from_bytes(header[place : place + width], "big") & (1 << 7 * width) - 1
    content = place + width
    if header[content : content + 2] == _CHECKSUM:
        checksum = crc32(header[content + 6 : content + size])
        header[content + 2 : content + 6] = checksum.to_bytes(4, "little")
