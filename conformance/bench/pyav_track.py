"""A track as PyAV has it, for the sides of comparisons that use PyAV."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import av


class PyavTrack:
    """The packets of a file's only track, and decoders of PyAV for them."""

    def __init__(self, path: Path | str) -> None:
        import av

        with av.open(path) as container:
            (stream,) = container.streams
            assert isinstance(stream, av.AudioStream | av.VideoStream)
            self._codec, self._extradata = stream.codec_context.codec.name, stream.codec_context.extradata
            self.packets = [packet for packet in container.demux(stream) if packet.size]

    def new_context(self) -> "av.AudioCodecContext | av.VideoCodecContext":
        """A decoder that has not been opened."""
        import av

        context = av.CodecContext.create(self._codec, "r")
        assert isinstance(context, av.AudioCodecContext | av.VideoCodecContext)
        context.extradata = self._extradata
        return context

    def new_audio_context(self) -> "av.AudioCodecContext":
        """A decoder of audio that has not been opened."""
        import av

        context = self.new_context()
        assert isinstance(context, av.AudioCodecContext)
        return context
