"""Writes AudioData to WAV files: RIFF/WAVE, or RF64 (EBU Tech 3306) if the size needs more than 32 bits."""

from __future__ import annotations

import struct
import sys
from typing import BinaryIO, Final, NamedTuple

from codecmodel.lazy_numpy import np
from codecmodel.raw_media.audio_data import AudioData
from codecmodel.raw_media.audio_sample_format import AUDIO_SAMPLE_FORMATS, AudioSampleType

#: The largest size that a RIFF chunk can have. RF64 has it in place of sizes that are in the ds64 chunk.
LARGEST_RIFF_SIZE: Final = 2**32 - 1

_FORMAT_PCM: Final = 1
_FORMAT_IEEE_FLOAT: Final = 3
_FORMAT_EXTENSIBLE: Final = 0xFFFE
#: A sub-format is a GUID: a 16-bit format tag and these bytes.
_SUBFORMAT_REST: Final = bytes.fromhex("000000001000800000aa00389b71")
#: The format chunk follows the RIFF header and the JUNK or ds64 chunk, which has 28 bytes.
_FORMAT_CHUNK_POSITION: Final = 12 + 8 + 28


class SoundShape(NamedTuple):
    """The properties that all samples of a WAV file share. ``sample_rate`` is in Hz."""

    sample_type: AudioSampleType
    number_of_channels: int
    sample_rate: int


def shape_of_sound(data: AudioData) -> SoundShape | None:
    """The shape of ``data``, or None if WebCodecs has no name for its sample format."""
    if data.format is None:
        return None
    sample_type = AUDIO_SAMPLE_FORMATS[data.format].sample_type
    return SoundShape(sample_type, data.numberOfChannels, round(data.sampleRate))


class WavWriter:
    """Writes samples to ``file``, which must be seekable. The caller closes ``file``.

    Channels keep their order. Files of more than two channels are WAVE_FORMAT_EXTENSIBLE. ``channel_mask`` tells their
    speakers, as bits of dwChannelMask in the order of the channels; 0 leaves them open, as AudioData does.
    Timestamps are ignored: all samples follow each other. Raises ValueError if the mask has not as many bits as there
    are channels.
    """

    def __init__(
        self,
        file: BinaryIO,
        shape: SoundShape,
        *,
        channel_mask: int = 0,
        largest_riff_size: int = LARGEST_RIFF_SIZE,
    ) -> None:
        if channel_mask and channel_mask.bit_count() != shape.number_of_channels:
            raise ValueError(f"the channel mask {channel_mask:#x} is not one of {shape.number_of_channels} channels")
        self._file = file
        self._shape = shape
        self._channel_mask = channel_mask
        self._largest_riff_size = largest_riff_size
        self._frames = 0
        self._frame_bytes = AUDIO_SAMPLE_FORMATS[shape.sample_type].bytes_per_sample * shape.number_of_channels
        file.write(self._header())

    def write(self, data: AudioData) -> None:
        """Append all samples of ``data``, which must have the writer's shape."""
        assert shape_of_sound(data) == self._shape, "one file, one shape"
        self._file.write(interleaved_bytes(data))
        self._frames += data.numberOfFrames

    def close(self) -> None:
        """Complete the file with padding, and with the sizes in the header."""
        if self._data_size % 2:
            self._file.write(b"\0")
        self._file.seek(0)
        self._file.write(self._header())
        self._file.seek(0, 2)

    @property
    def _data_size(self) -> int:
        return self._frames * self._frame_bytes

    def _header(self) -> bytes:
        """The bytes before the samples, for the samples written so far."""
        frames, data_size = self._frames, self._data_size
        format_chunk = self._format_chunk()
        size = _FORMAT_CHUNK_POSITION + len(format_chunk) + 12 + 8 + data_size + data_size % 2 - 8
        is_rf64 = size > self._largest_riff_size
        if is_rf64:
            start = struct.pack("<4sI4s", b"RF64", LARGEST_RIFF_SIZE, b"WAVE")
            sizes = struct.pack("<4sIQQQI", b"ds64", 28, size, data_size, frames, 0)
        else:
            start = struct.pack("<4sI4s", b"RIFF", size, b"WAVE")
            # This chunk makes room for the ds64 chunk, which the final size may need.
            sizes = struct.pack("<4sI28x", b"JUNK", 28)
        fact = struct.pack("<4sII", b"fact", 4, LARGEST_RIFF_SIZE if is_rf64 else frames)
        samples = struct.pack("<4sI", b"data", LARGEST_RIFF_SIZE if is_rf64 else data_size)
        return start + sizes + format_chunk + fact + samples

    def _format_chunk(self) -> bytes:
        sample_type, channels, sample_rate = self._shape
        bits = 8 * AUDIO_SAMPLE_FORMATS[sample_type].bytes_per_sample
        tag = _FORMAT_IEEE_FLOAT if sample_type == "f32" else _FORMAT_PCM
        is_extensible = channels > 2
        common = struct.pack(
            "<HHIIHH",
            _FORMAT_EXTENSIBLE if is_extensible else tag,
            channels,
            sample_rate,
            sample_rate * self._frame_bytes,
            self._frame_bytes,
            bits,
        )
        if is_extensible:
            content = common + struct.pack("<HHIH14s", 22, bits, self._channel_mask, tag, _SUBFORMAT_REST)
        elif tag == _FORMAT_PCM:
            content = common
        else:
            content = common + struct.pack("<H", 0)
        return struct.pack("<4sI", b"fmt ", len(content)) + content


def interleaved_bytes(data: AudioData) -> bytes:
    """The samples of ``data``, interleaved and little-endian."""
    arrays = data.plane_arrays()
    samples = arrays[0] if arrays[0].ndim == 2 else np.stack(arrays, axis=1)
    # AudioData has the byte order of the machine.
    return (samples if sys.byteorder == "little" else samples.byteswap()).tobytes()
