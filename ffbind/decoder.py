"""Decoding: packets of bytes in, frames out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ctypes import byref, c_void_p
from functools import partial

from ffbind.channel_layouts import set_channels
from ffbind.codec_context import CodecContext, find_codec
from ffbind.codec_settings import DecoderSettings, StreamHeader
from ffbind.codecs import CAP_OTHER_THREADS
from ffbind.dictionaries import EMPTY
from ffbind.errors import AVERROR_EAGAIN, AVERROR_EOF
from ffbind.frame import Frame, adopt
from ffbind.frame_memory import FrameShell, allocate
from ffbind.layout.probing import NO_TIMESTAMP
from ffbind.layout.structures import AVRational
from ffbind.loading import load
from ffbind.ownership import store_result
from ffbind.packet import FLAG_KEY, Packet

AV_CODEC_FLAG_OUTPUT_CORRUPT = 1 << 3
AV_CODEC_FLAG_LOW_DELAY = 1 << 19
AV_EF_CRCCHECK, AV_EF_BITSTREAM, AV_EF_BUFFER, AV_EF_EXPLODE = 1 << 0, 1 << 1, 1 << 2, 1 << 3
THREAD_TYPES = {"frame": 1, "slice": 2, "both": 3}


_NO_HEADER = StreamHeader()
_DEFAULT_SETTINGS = DecoderSettings()


class Decoder(CodecContext):
    """A decoder, by its own name or by its codec's. `options` are the decoder's own.

    Raises FFmpegError if there is no such decoder or it does not open, ValueError for options it does not have. One
    call at a time may use a decoder: a call on another thread raises BusyError. Other threads can run during calls that
    decode video; calls that decode audio are too short for that.
    """

    def __init__(
        self,
        codec: str,
        header: StreamHeader = _NO_HEADER,
        settings: DecoderSettings = _DEFAULT_SETTINGS,
        *,
        options: Mapping[str, str] = EMPTY,
    ) -> None:
        library = load()
        self._input = c_void_p()
        self._spare: FrameShell | None = None
        # Frames that were received and not handed out: to make room for a packet, or before an error.
        self._ready: list[Frame] = []
        super().__init__(find_codec(library, codec, encoder=False))
        try:
            self._apply(header, settings)
            self._is_brief = settings.threads == 1 and not self.codec.capabilities & CAP_OTHER_THREADS
            self._open(options)
            store_result(partial(setattr, self._input, "value"), library.avcodec.av_packet_alloc)
        except BaseException:
            self.close()
            raise
        self._packet_address = self._input.value or 0
        self._packet = library.layout.InputPacket.from_address(self._packet_address)
        self._choose_functions()

    def _apply(self, header: StreamHeader, settings: DecoderSettings) -> None:
        self._set_extradata(header.extradata)
        self._set(width=header.width, height=header.height, sample_rate=header.sample_rate)
        if header.channels:
            set_channels(self._library, self._fields, header.channels, mask=0)
        if header.time_base is not None:
            self._set(pkt_timebase=AVRational(*header.time_base))
        self._set(
            thread_count=settings.threads,
            thread_type=THREAD_TYPES[settings.thread_type],
            apply_cropping=int(settings.crop),
        )
        if settings.low_delay:
            self._fields.flags |= AV_CODEC_FLAG_LOW_DELAY
        if settings.output_incomplete:
            self._fields.flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT
        if settings.error_detection:
            self._fields.err_recognition |= AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER | AV_EF_EXPLODE

    def _choose_functions(self) -> None:
        avcodec = self._library.avcodec
        self._receive_frame: Callable[[int, int], int]
        if self.codec.type == "audio":
            self._send_packet = avcodec.avcodec_send_packet_keeping_gil
            self._receive_frame = self._drain_frame = avcodec.avcodec_receive_frame_keeping_gil
            self._flush = avcodec.avcodec_flush_buffers_keeping_gil
            return
        self._send_packet = avcodec.avcodec_send_packet
        self._drain_frame = avcodec.avcodec_receive_frame
        self._flush = avcodec.avcodec_flush_buffers
        # FFmpeg's own decoders work while a packet is sent, and receiving only takes a frame that is ready. Libraries
        # with threads of their own may also work, or wait, while a frame is received.
        if self.codec.capabilities & CAP_OTHER_THREADS:
            self._receive_frame = avcodec.avcodec_receive_frame
        else:
            self._receive_frame = avcodec.avcodec_receive_frame_keeping_gil

    def _free(self) -> None:
        super()._free()
        self._library.avcodec.av_packet_free(byref(self._input))
        self._spare = None

    def send(self, data: bytes, pts: int | None, *, key: bool = True) -> None:
        """Send one packet. Raises FFmpegError if the decoder refuses it.

        Hardly any decoder reads `key`. The decoder of PNG adds a picture that is no key frame to the one before.
        """
        with self._turn:
            self._submit_bytes(self.address, data, pts, key)

    def send_packet(self, packet: Packet) -> None:
        """Send a packet of a container, with its side data. Raises FFmpegError if the decoder refuses it."""
        with self._turn:
            self._submit(self.address, packet.address)

    def receive(self) -> Frame | None:
        """The next frame, or None until more is sent. Raises FFmpegError."""
        with self._turn:
            context = self.address
            return self._ready.pop(0) if self._ready else self._next(self._receive_frame, context)

    def decode(self, data: bytes, pts: int | None, *, key: bool = True) -> list[Frame]:
        """Send one packet, as send() does, and receive the frames that are ready.

        Raises FFmpegError; the next call returns the frames that were received before the error.
        """
        with self._turn:
            context = self.address
            # For speed: what _submit_bytes() does, without another call.
            packet = self._packet
            packet.data = data if type(data) is bytes else bytes(data)
            packet.size = len(data)
            packet.pts = NO_TIMESTAMP if pts is None else pts
            packet.flags = FLAG_KEY if key else 0
            code = self._send_packet(context, self._packet_address)
            if code < 0:
                self._submit_again(context, self._packet_address, code)
            return self._rest(self._receive_frame, context)

    def drain(self) -> list[Frame]:
        """End the stream and receive the remaining frames. The decoder is then ready for another stream.

        Raises FFmpegError, after which it is ready for another stream as well.
        """
        with self._turn:
            context = self.address
            try:
                self._submit(context, None)
                return self._rest(self._drain_frame, context)
            finally:
                self._flush(context)

    def flush_buffers(self) -> None:
        """Drop the input whose output was not received yet. The decoder is then ready for another stream."""
        with self._turn:
            self._flush(self.address)
            self._ready.clear()

    def _submit_bytes(self, context: int, data: bytes, pts: int | None, key: bool) -> None:
        packet = self._packet
        # FFmpeg copies and pads the data, because the packet has no buffer.
        packet.data = data if type(data) is bytes else bytes(data)
        packet.size = len(data)
        packet.pts = NO_TIMESTAMP if pts is None else pts
        packet.flags = FLAG_KEY if key else 0
        code = self._send_packet(context, self._packet_address)
        if code < 0:
            self._submit_again(context, self._packet_address, code)

    def _submit(self, context: int, packet: int | None) -> None:
        code = self._send_packet(context, packet)
        if code < 0:
            self._submit_again(context, packet, code)

    def _submit_again(self, context: int, packet: int | None, code: int) -> None:
        while code == AVERROR_EAGAIN:
            frame = self._next(self._receive_frame, context)
            if frame is None:
                # The decoder takes nothing and gives nothing: the loop would never end.
                break
            self._ready.append(frame)
            code = self._send_packet(context, packet)
        if code < 0:
            raise self._library.error(code, "avcodec_send_packet")

    def _rest(self, receive: Callable[[int, int], int], context: int) -> list[Frame]:
        frames = self._ready
        if frames:
            self._ready = []
        else:
            # For speed: the empty list stays, and the new one is handed out.
            frames = []
        try:
            shell = self._spare or allocate()
            while (code := receive(context, shell.address)) >= 0:
                self._spare = None
                frames.append(adopt(shell))
                shell = allocate()
            self._spare = shell
            if code != AVERROR_EAGAIN and code != AVERROR_EOF:
                raise self._library.error(code, "avcodec_receive_frame")
        except BaseException:
            self._ready = frames
            raise
        return frames

    def _next(self, receive: Callable[[int, int], int], context: int) -> Frame | None:
        # For speed: most attempts yield no frame, so the empty AVFrame is kept for the next one.
        shell = self._spare or allocate()
        code = receive(context, shell.address)
        if code < 0:
            self._spare = shell
            if code not in (AVERROR_EAGAIN, AVERROR_EOF):
                raise self._library.error(code, "avcodec_receive_frame")
            return None
        self._spare = None
        return adopt(shell)
