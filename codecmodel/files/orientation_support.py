"""Whether a format can say that its pictures are to be turned, by trying it."""

import io
from functools import lru_cache

from ffbind import Container, ContainerWriter, FFbindError, Packet, StreamParameters


@lru_cache(maxsize=64)
def can_tell_orientation(format: str, display_matrix: tuple[int, ...]) -> bool:
    """Whether this FFmpeg writes the display matrix to a format, by FFmpeg's short name, so that it can be read again.

    Matroska and WebM have an element for rotations, which FFmpeg writes from version 6.1 on.
    """
    target = io.BytesIO()
    # VP8 and MPEG-4 need no header; between them all formats that have an orientation hold one.
    for codec_name in ("vp8", "mpeg4"):
        parameters = StreamParameters(codec_name=codec_name, time_base=(1, 1000), width=16, height=16)
        try:
            with ContainerWriter.open(target, format) as writer:
                if not writer.can_hold(codec_name):
                    continue
                stream = writer.add_stream(parameters, display_matrix=display_matrix)
                with Packet(bytes(16), pts=0, dts=0, duration=1, key=True) as packet:
                    writer.write(packet, stream)
            target.seek(0)
            with Container.open(target) as container:
                return [stream.display_matrix for stream in container.streams] == [display_matrix]
        except (FFbindError, ValueError):
            target = io.BytesIO()
    return False
