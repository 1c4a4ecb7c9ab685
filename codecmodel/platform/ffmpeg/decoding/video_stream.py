"""A stream of video that FFmpeg decodes, as its configuration describes it."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from codecmodel.configurations.decoder_configurations import VideoDecoderConfig, description_of
from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.ffmpeg.decoding.avc_frame_numbers import AvcFrameNumbers
from codecmodel.platform.ffmpeg.decoding.decoder_support import (
    decoder_name,
    may_be_reordered,
    nal_unit_length_size,
    require_valid_description,
)
from codecmodel.platform.ffmpeg.decoding.hevc_references import HevcReferences
from codecmodel.platform.ffmpeg.decoding.picture_sizes import declared_sizes
from codecmodel.platform.ffmpeg.decoding.random_access import begins_anew, begins_with_idr_picture
from codecmodel.platform.ffmpeg.failures import codec_error
from codecmodel.platform.ffmpeg.pixel_limit import PixelLimit
from codecmodel.platform.threads import picture_threads
from codecmodel.registry import parse_codec_string
from codecmodel.registry.avc import AvcRegistration, parse_avcc
from codecmodel.registry.hevc import has_picture, parse_hvcc
from codecmodel.registry.nal_units import is_length_prefixed
from ffbind import Decoder, DecoderSettings, FFbindError, FFmpegError, Frame, StreamHeader
from ffbind.h273 import UNSPECIFIED

#: "prompt": a frame comes out as soon as the codec's reordering allows, and threads share the work on one frame.
#: "parallel": a thread for each frame. It is faster, and holds back as many frames as there are threads, less one.
Mode: TypeAlias = Literal["prompt", "parallel"]

#: FFmpeg's codes for a picture that is too large: EINVAL from its own decoders, ERANGE from libdav1d.
_SIZE_REFUSED: Final = (-22, -34)
#: Pixels of the largest frames that are not worth a second thread.
_SMALL: Final = 320 * 240
#: VP9 has one number for a colour space (§ 7.2.2, color_space). FFmpeg reports its matrix: H.273's matrix →
#: primaries and transfer. The transfer of BT.2020 depends on the purpose of the stream.
_VP9_COLORS: Final[Mapping[int, tuple[int, int]]] = {
    0: (1, 13),
    1: (1, 1),
    5: (5, 6),
    6: (6, 6),
    9: (9, UNSPECIFIED),
}


class VideoStream:
    """Checks the chunks of a stream and opens decoders for it. Raises CodecError if the description is unusable."""

    def __init__(self, config: VideoDecoderConfig, limit: PixelLimit) -> None:
        self._limit = limit
        description = description_of(config)
        require_valid_description(config, description)
        codec_string = parse_codec_string(config["codec"])
        assert codec_string is not None, "the configuration is supported"
        self._config = config
        self._codec = codec_string.codec
        # Only AVC and HEVC reorder frames, and only their registrations use a description.
        self._has_reordering = self._codec in ("avc", "hevc")
        self._description = description if self._has_reordering else None
        self._length_size = nal_unit_length_size(config["codec"], self._description)
        #: Whether frames may be held back for speed.
        self.may_be_parallel = not config.get("optimizeForLatency", False)
        #: Whether a decoder can be opened before the first chunk, in which Annex B AVC has its parameter sets.
        self.can_open_without_chunk = self._codec != "avc" or description is not None

    def check(self, data: bytes) -> None:
        """Raise CodecError for a chunk that is not in the stream's format."""
        if not data:
            # FFmpeg takes an empty packet for the end of the stream.
            raise CodecError("the chunk is empty")
        if self._length_size and not is_length_prefixed(data, self._length_size):
            raise CodecError("the chunk is not in the format that the description is of")
        if self._codec == "hevc" and not has_picture(data, self._length_size):
            # FFmpeg silently skips it, unlike a chunk of AVC without a picture.
            raise CodecError("there is no picture in the chunk")

    def begins_anew(self, data: bytes) -> bool:
        """Whether decoding can begin at the chunk, and neither it nor a later chunk refers to an earlier one."""
        return begins_anew(self._codec, self._description, self._length_size, data)

    def may_refer_to_past(self, first_chunk: bytes) -> bool:
        """Whether chunks may refer to pictures before the first one without being damaged.

        So does AVC that begins at a recovery point. FFmpeg's error detection takes it for damage. (It knows what is
        missing after a CRA picture of HEVC.)
        """
        return self._codec == "avc" and not begins_with_idr_picture(first_chunk, self._length_size)

    def first_frame_is_right(self, first_chunk: bytes) -> bool:
        """Whether the frame of the first chunk comes out right. It does not where AVC recovers gradually."""
        return self._codec != "avc" or AvcRegistration().is_key_chunk(self._description, first_chunk) is True

    def new_references(self) -> AvcFrameNumbers | HevcReferences | None:
        """A check for lost pictures. None for codecs that do not tell of them."""
        if self._codec == "avc":
            numbers = AvcFrameNumbers(self._length_size)
            if self._description is not None:
                record = parse_avcc(self._description)
                numbers.read_parameter_sets(record.sps + record.pps)
            return numbers
        if self._codec == "hevc":
            references = HevcReferences(self._length_size)
            if self._description is not None:
                arrays = parse_hvcc(self._description).arrays
                references.read_parameter_sets(tuple(unit for _, units in arrays for unit in units))
            return references
        return None

    def useful_threads(self, mode: Mode, most: int) -> int:
        """The number of threads, up to ``most``, that help a decoder of that mode."""
        size = self._config.get("codedWidth", 0) * self._config.get("codedHeight", 0)
        # With slice threads, FFmpeg 5 does not notice damage in AVC pictures of several slices.
        if 0 < size <= _SMALL or (mode == "prompt" and self._codec == "avc"):
            return 1
        # The libraries for AV1 work on all pictures with threads of their own. One more would only displace another.
        return min(most, picture_threads()) if self._codec == "av1" else most

    def open(self, first_chunk: bytes, mode: Mode, threads: int, *, error_detection: bool) -> Decoder:
        """Open a decoder. ``first_chunk`` may be empty if can_open_without_chunk.

        Without ``error_detection``, frames that are shown before that of the first chunk may come out, and are wrong.
        Raises CodecError, which is an OutOfResourcesError for want of memory or threads.
        """
        config = self._config
        options = dict(self._limit.options)
        if self.may_be_parallel and may_be_reordered(config["codec"], self._description, first_chunk or None):
            # If a stream does not say how far its frames are reordered, FFmpeg guesses, and corrects its guess by
            # dropping frames, unless it is told to be strict.
            options["strict"] = "strict"
        width, height = config.get("codedWidth", 0), config.get("codedHeight", 0)
        try:
            return Decoder(
                decoder_name(config["codec"]),
                StreamHeader(extradata=self._description or b"", width=width, height=height),
                DecoderSettings(
                    threads=threads,
                    thread_type="slice" if mode == "prompt" else "frame",
                    # With B-frames this flag would make FFmpeg output frames in the wrong order.
                    low_delay=mode == "prompt" and not self._has_reordering,
                    crop=False,
                    error_detection=error_detection,
                    # Without these pictures FFmpeg ends a flush too early.
                    output_incomplete=not error_detection and self.first_frame_is_right(first_chunk),
                ),
                options=options,
            )
        except MemoryError as error:
            raise codec_error(error, "there is not enough memory for the decoder") from error
        except FFbindError as error:
            raise codec_error(error, f"the decoder cannot be opened: {self.explained(error, first_chunk)}") from error

    def explained(self, error: FFbindError, data: bytes) -> str:
        """The reason for which FFmpeg refused a chunk. FFmpeg itself does not say so if that is the limit on pixels."""
        for size in declared_sizes(self._codec, self._description, self._length_size, data):
            if not self._limit.allows(*size):
                return self._limit.refusal(*size)
        if isinstance(error, FFmpegError) and error.code in _SIZE_REFUSED:
            return f"{error}: perhaps the picture has more than {self._limit.maximum} pixels (maximum_pixels)"
        return str(error)

    def complete_colors(self, frame: Frame) -> None:
        """Set the colours that FFmpeg leaves out."""
        if self._codec == "vp9" and frame.color_primaries == frame.color_trc == UNSPECIFIED:
            primaries, transfer = _VP9_COLORS.get(frame.colorspace, (UNSPECIFIED, UNSPECIFIED))
            frame.color_primaries, frame.color_trc = primaries, transfer
