"""Encoding: frames in, packets out."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from ctypes import addressof, byref, c_void_p
from functools import partial

from ffbind.channel_layouts import set_channels
from ffbind.codec_context import CodecContext, find_codec
from ffbind.codec_settings import EncoderSettings, PictureParameters, SampleParameters
from ffbind.codecs import CAP_EXPERIMENTAL
from ffbind.dictionaries import EMPTY
from ffbind.encoder_input import blank_picture, check_for
from ffbind.errors import AVERROR_EAGAIN, AVERROR_EOF, FFmpegError
from ffbind.formats import pixel_format, sample_format
from ffbind.frame import Frame
from ffbind.frame_memory import FrameShell, allocate
from ffbind.layout.structures import AVRational
from ffbind.loading import load
from ffbind.ownership import store_result
from ffbind.packet import Packet, PacketContent, PacketMemory, content_of
from ffbind.scheduling import kept_scheduling

AV_CODEC_FLAG_GLOBAL_HEADER = 1 << 22
AV_PICTURE_TYPE_NONE, AV_PICTURE_TYPE_I = 0, 1
AV_OPT_SEARCH_CHILDREN = 1
FF_COMPLIANCE_EXPERIMENTAL = -2


_DEFAULT_SETTINGS = EncoderSettings()


class Encoder(CodecContext):
    """An encoder, by its own name or by its codec's, for pictures or for samples.

    Timestamps of pictures are in units of the time base, which is 1/framerate by default. Those of samples are in units
    of 1/sample_rate. Encoders decide on bits by them. `options` are the encoder's own.

    Raises FFmpegError if there is no such encoder or it does not open, ValueError for options it does not have and if
    it encodes samples and is asked for pictures, or the other way round. One call at a time may use an encoder: a call
    on another thread raises BusyError. Other threads can run during calls that encode video.
    """

    def __init__(
        self,
        codec: str,
        source: PictureParameters | SampleParameters,
        settings: EncoderSettings = _DEFAULT_SETTINGS,
        *,
        options: Mapping[str, str] = EMPTY,
    ) -> None:
        library = load()
        self._spare: PacketMemory | None = None
        # It receives each packet whose content alone is wanted.
        self._passing = PacketMemory()
        self._passing_address, self._passing_fields = self._passing.address, self._passing.fields
        self._input: FrameShell | None = None
        # The pointer to the context of the next stream. The present context has either this pointer or _pointer.
        self._other = c_void_p()
        # The number of frames of the stream less the number of its packets.
        self._owed = 0
        # Packets that were received and not handed out: to make room for a frame, or before an error.
        self._ready: list[Packet] = []
        self._opened = self._started = self._ended = False
        self._source, self._settings, self._options = source, settings, dict(options)
        address = find_codec(library, codec, encoder=True)
        super().__init__(address)
        self._choose_functions()
        try:
            # The frame to send.
            self._input = allocate()
            self._input_address, self._input_fields = self._input.address, self._input.fields
            self._apply()
        except BaseException:
            self.close()
            raise

    def _apply(self) -> None:
        """Set up and open the context."""
        source, settings = self._source, self._settings
        encodes = "samples" if self.codec.type == "audio" else "pictures"
        if isinstance(source, SampleParameters) != (encodes == "samples"):
            raise ValueError(f"{self.codec.name} encodes {encodes}")
        if isinstance(source, SampleParameters):
            self._set_samples(source)
        else:
            self._set_pictures(source)
        self._set(thread_count=settings.threads)
        for field in ("bit_rate", "gop_size", "max_b_frames"):
            if (value := getattr(settings, field)) is not None:
                self._set(**{field: value})
        if self.codec.capabilities & CAP_EXPERIMENTAL:
            self._set(strict_std_compliance=FF_COMPLIANCE_EXPERIMENTAL)
        if settings.global_header:
            self._fields.flags |= AV_CODEC_FLAG_GLOBAL_HEADER
        with kept_scheduling() if self.codec.name == "libsvtav1" else contextlib.nullcontext():
            self._open(_quietened(self.codec.name, self._options))
        self._check = check_for(self._fields, self.codec.name)
        self._opened = True

    def _set_samples(self, source: SampleParameters) -> None:
        self._set(
            sample_fmt=sample_format(source.format).number,
            sample_rate=source.sample_rate,
            time_base=AVRational(1, source.sample_rate),
        )
        set_channels(self._library, self._fields, source.channels, source.channel_mask)

    def _set_pictures(self, source: PictureParameters) -> None:
        frames, seconds = source.framerate
        self._set(
            width=source.width,
            height=source.height,
            pix_fmt=pixel_format(source.format).number,
            framerate=AVRational(frames, seconds),
            time_base=AVRational(*(source.time_base or (seconds, frames))),
            color_range=source.color_range,
            color_primaries=source.color_primaries,
            color_trc=source.color_trc,
            colorspace=source.colorspace,
            chroma_sample_location=source.chroma_location,
            sample_aspect_ratio=AVRational(*source.sample_aspect_ratio),
        )

        if source.time_base is not None and hasattr(self._fields, "ticks_per_frame"):
            # The duration of every frame. Since avcodec 61, FFmpeg derives it from the frame rate.
            unit, denominator = source.time_base
            self._set(ticks_per_frame=max(1, round(seconds * denominator / (frames * unit))))

    def _choose_functions(self) -> None:
        avcodec, avutil = self._library.avcodec, self._library.avutil
        self._reference_frame, self._unreference_frame = avutil.av_frame_ref, avutil.av_frame_unref
        # An encoder works while a frame is sent. Receiving only takes a packet that is ready.
        self._receive_packet: Callable[[int, int], int] = avcodec.avcodec_receive_packet_keeping_gil
        if self.codec.type == "audio":
            self._send_frame = avcodec.avcodec_send_frame_keeping_gil
            self._drain_packet = avcodec.avcodec_receive_packet_keeping_gil
        else:
            self._send_frame = avcodec.avcodec_send_frame
            self._drain_packet = avcodec.avcodec_receive_packet

    def _free(self) -> None:
        was_told_the_end = self._started and self._ended
        if self.codec.name == "libsvtav1" and self._opened and not was_told_the_end and self._has_context():
            address = addressof(self._fields)
            # In a cycle it may have been collected before this object.
            self._spare = None
            # SVT-AV1 expects the end of the stream before it is freed. Version 1.4 hangs if no picture precedes that.
            with contextlib.suppress(FFmpegError, ValueError):
                if not self._started:
                    self._send_blank(address)
                self._send_frame(address, None)
                while self._next(self._drain_packet, address):
                    pass
        super()._free()
        if self._other:
            self._library.avcodec.avcodec_free_context(byref(self._other))
        self._spare = self._input = None

    def _has_context(self) -> bool:
        return addressof(self._fields) in (self._pointer.value, self._other.value)

    def _send_blank(self, context: int) -> None:
        fields = self._fields
        with blank_picture(fields.width, fields.height, fields.pix_fmt) as blank:
            self._send_frame(context, blank.address)

    @property
    def frame_size(self) -> int:
        """The number of samples in each frame but the last; 0 if any number will do."""
        return self.fields.frame_size

    @property
    def initial_padding(self) -> int:
        """The number of samples that a decoder will output before the first one that was encoded."""
        return self.fields.initial_padding

    @property
    def time_base(self) -> tuple[int, int]:
        """The unit of timestamps in seconds, (numerator, denominator)."""
        unit = self.fields.time_base
        return unit.num, unit.den

    def set_option(self, name: str, value: str) -> None:
        """Set an option of the encoder, or of all encoders, while it runs. Raises FFmpegError if it has no such option.

        The encoder decides which options have an effect then.
        """
        with self._turn:
            code = self._library.avutil.av_opt_set(self.address, name.encode(), value.encode(), AV_OPT_SEARCH_CHILDREN)
            self._library.check(code, f"av_opt_set({name!r}, {value!r})")

    def begin(self) -> None:
        """Open the encoder for another stream if one has ended, as the next frame would. Raises FFmpegError."""
        with self._turn:
            context = self.address
            if self._ended:
                self._restart(context)

    def send(self, frame: Frame | None, *, pts: int | None = None, key_frame: bool = False) -> None:
        """Send a frame, which may be closed afterwards, or None to end the stream.

        `pts` replaces the frame's own timestamp. `key_frame` asks for a key frame; without it the encoder chooses, and
        the type of the picture that the frame was decoded from has no influence. After the end the next frame begins a
        new stream. Raises FFmpegError if the encoder refuses the frame, ValueError if the format or size is not that
        for which the encoder was made.
        """
        with self._turn:
            context = self.address
            if frame is not None:
                self._submit(context, frame, pts, key_frame)
            elif not self._ended:
                self._end(context)

    def receive(self) -> Packet | None:
        """The next packet, or None until more is sent. Raises FFmpegError."""
        with self._turn:
            context = self.address
            if self._ready:
                return self._ready.pop(0)
            return self._next(self._drain_packet if self._ended else self._receive_packet, context)

    def encode(self, frame: Frame, *, pts: int | None = None, key_frame: bool = False) -> list[Packet]:
        """Send a frame, as send() does, and receive all packets that are ready."""
        with self._turn:
            context = self._submit(self.address, frame, pts, key_frame)
            return self._rest(self._receive_packet, context)

    def encode_to_content(
        self, frame: Frame, *, pts: int | None = None, key_frame: bool = False, side_data: int | None = None
    ) -> list[PacketContent]:
        """As encode(), but with the contents of the packets, as Packet.content() gives them.

        For speed: all packets are received in one AVPacket, and none becomes a Packet."""
        with self._turn:
            context = self._submit(self.address, frame, pts, key_frame)
            contents: list[PacketContent] = []
            if self._ready:
                contents += [packet.content(side_data) for packet in self._ready]
                self._ready.clear()
            receive, passing, fields = self._receive_packet, self._passing_address, self._passing_fields
            while (code := receive(context, passing)) >= 0:
                contents.append(content_of(fields, side_data))
                self._owed -= 1
                if self._owed <= 0:
                    # Each frame has its packet. If there were another, the call for the next frame would receive it.
                    return contents
            if code not in (AVERROR_EAGAIN, AVERROR_EOF):
                self._ready = [Packet.of(content, side_data) for content in contents]
                raise self._library.error(code, "avcodec_receive_packet")
            return contents

    def drain(self) -> list[Packet]:
        """End the stream and receive the remaining packets. The next frame begins a new stream. Raises FFmpegError."""
        with self._turn:
            context = self.address
            if not self._ended:
                self._end(context)
            return self._rest(self._drain_packet, context)

    def _end(self, context: int) -> None:
        # If no frame was sent, some encoders hang at the end of the stream, and others fail.
        if self._started:
            self._library.check(self._send_frame(context, None), "avcodec_send_frame")
        self._ended = True

    def _submit(self, context: int, frame: Frame, pts: int | None, key_frame: bool) -> int:
        """Send a frame. Returns the context that got it, which is a new one after the end of a stream."""
        if self._ended:
            context = self._restart(context)
        frame = self._check(frame)
        # The encoder gets a reference of its own, because other encoders may get the same frame.
        reference, fields = self._input_address, self._input_fields
        code = self._reference_frame(reference, frame.address)
        if code < 0:
            raise self._library.error(code, "av_frame_ref")
        try:
            if pts is not None:
                fields.pts = pts
            # A decoded frame has the type of its picture, which an encoder would take for an order.
            fields.pict_type = AV_PICTURE_TYPE_I if key_frame else AV_PICTURE_TYPE_NONE
            code = self._send_frame(context, reference)
            if code == AVERROR_EAGAIN:
                code = self._send_again(context)
        finally:
            self._unreference_frame(reference)
        if code < 0:
            raise self._library.error(code, "avcodec_send_frame")
        self._started = True
        self._owed += 1
        return context

    def _send_again(self, context: int) -> int:
        """Receive packets to make room for the frame, and send it. Returns FFmpeg's code for that."""
        while packet := self._next(self._receive_packet, context):
            self._ready.append(packet)
            code: int = self._send_frame(context, self._input_address)
            if code != AVERROR_EAGAIN:
                return code
        # The encoder takes nothing and gives nothing: the loop would never end.
        return AVERROR_EAGAIN

    def _restart(self, context: int) -> int:
        """Replace the context after the end of a stream. Few encoders can be flushed, and some of those fail."""
        if not self._started:
            self._ended = False
            return context
        with contextlib.suppress(FFmpegError):
            self._ready = self._rest(self._drain_packet, context)
        avcodec, old_fields = self._library.avcodec, self._fields
        old, new = self._pointer, self._other
        if old.value != context:
            old, new = new, old
        # An interrupt may have left a context there.
        avcodec.avcodec_free_context(byref(new))
        store_result(partial(setattr, new, "value"), avcodec.avcodec_alloc_context3, self._codec_address)
        replacement = new.value or 0
        try:
            self._fields = self._structure(replacement)
            self._apply()
            self._started = self._ended = False
            self._owed = 0
            self._address = replacement
        except BaseException:
            self._fields = old_fields
            self._started = self._ended = True
            avcodec.avcodec_free_context(byref(new))
            raise
        avcodec.avcodec_free_context(byref(old))
        return replacement

    def _rest(self, receive: Callable[[int, int], int], context: int) -> list[Packet]:
        packets, self._ready = self._ready, []
        try:
            while packet := self._next(receive, context):
                packets.append(packet)
        except BaseException:
            self._ready = packets
            raise
        return packets

    def _next(self, receive: Callable[[int, int], int], context: int) -> Packet | None:
        # For speed: most attempts yield no packet, so the empty AVPacket is kept for the next one.
        self._spare = memory = self._spare or PacketMemory()
        code = receive(context, memory._address)
        if code >= 0:
            self._spare = None
            self._owed -= 1
            return Packet.adopt(memory)
        if code in (AVERROR_EAGAIN, AVERROR_EOF):
            return None
        raise self._library.error(code, "avcodec_receive_packet")


def _quietened(encoder: str, options: dict[str, str]) -> dict[str, str]:
    """The options, and one that keeps the encoder from writing a log of its own to standard error."""
    if encoder == "libx265":
        parameters = options.get("x265-params")
        return options | {"x265-params": "log-level=none" + (f":{parameters}" if parameters else "")}
    if encoder == "libsvtav1":
        # It reads its log level nowhere else. 0 leaves only fatal errors.
        os.environ.setdefault("SVT_LOG", "0")
    return options
