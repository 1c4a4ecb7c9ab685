"""The STREAMINFO block of a FLAC stream, which is complete only when the whole stream is known (RFC 9639 § 8.2)."""

from __future__ import annotations

from hashlib import md5

from codecmodel.lazy_numpy import np
from codecmodel.registry.flac import parse_flac_description
from ffbind import Decoder, FFbindError, Frame, StreamHeader

#: "fLaC", and the header of the metadata block.
_BEFORE_STREAM_INFO = 8
_UNKNOWN_MD5 = bytes(16)


class FlacSummary:
    """Counts and decodes the frames of a FLAC stream. ``description`` is that of its AudioDecoderConfig.

    Raises InvalidDescription if the description is no FLAC header.
    """

    def __init__(self, description: bytes) -> None:
        self._info = parse_flac_description(description)
        self._block_sizes: list[int] = []
        self._frame_sizes: list[int] = []
        # The checksum is the one cryptographic hash that the format has; it protects nothing here.
        self._md5 = md5(usedforsecurity=False)
        self._is_decodable = True
        extradata = description[_BEFORE_STREAM_INFO : _BEFORE_STREAM_INFO + 34]
        self._decoder = Decoder("flac", StreamHeader(extradata=extradata))

    def add(self, frame: bytes) -> None:
        """Count the next frame."""
        self._frame_sizes.append(len(frame))
        if not self._is_decodable:
            return
        try:
            for decoded in self._decoder.decode(frame, None):
                with decoded:
                    self._block_sizes.append(decoded.nb_samples)
                    self._md5.update(_samples(decoded, self._info.channels, self._info.bits_per_sample))
        except FFbindError:
            self._is_decodable = False

    def stream_info(self) -> bytes:
        """The 34 bytes of the STREAMINFO block. Length and checksum are unknown if a frame cannot be decoded."""
        info = self._info
        # The last block may be shorter than the minimum.
        blocks = self._block_sizes[:-1] or self._block_sizes or [info.maximum_block_size]
        frames = self._frame_sizes or [0]
        total = sum(self._block_sizes) if self._is_decodable else 0
        numbers = (
            (min(blocks) if self._is_decodable else info.minimum_block_size, 16),
            (max(blocks) if self._is_decodable else info.maximum_block_size, 16),
            (min(frames), 24),
            (max(frames), 24),
            (info.sample_rate, 20),
            (info.channels - 1, 3),
            (info.bits_per_sample - 1, 5),
            (total if total < 1 << 36 else 0, 36),
        )
        packed = 0
        for number, bits in numbers:
            packed = packed << bits | number
        return packed.to_bytes(18, "big") + (self._md5.digest() if self._is_decodable else _UNKNOWN_MD5)

    def close(self) -> None:
        """Free the decoder."""
        self._decoder.close()


def _samples(frame: Frame, channels: int, bits: int) -> bytes:
    """The samples as the checksum takes them: interleaved, little-endian, signed, of as few bytes as ``bits`` need.

    FFmpeg puts the bits of a sample at the upper end of 16 or 32.
    """
    size = 2 if frame.format in ("s16", "s16p") else 4
    count = frame.nb_samples * channels
    planes = [np.frombuffer(plane.data, f"<i{size}") for plane in frame.planes()]
    samples = planes[0][:count] if len(planes) == 1 else np.stack([p[: frame.nb_samples] for p in planes]).T.ravel()
    values = np.right_shift(samples, size * 8 - bits).astype(f"<i{size}")
    content: bytes = values.view(np.uint8).reshape(count, size)[:, : -(-bits // 8)].tobytes()
    return content
