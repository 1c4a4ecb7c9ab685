"""WAV files, byte for byte."""

import io
import struct

import numpy as np
import pytest

from codecmodel import AudioData
from codecmodel.files.wav import SoundShape, WavWriter, shape_of_sound


def _audio(format: str, channels: int, data: bytes, frames: int, rate: float = 48_000) -> AudioData:
    return AudioData(
        {
            "format": format,  # type: ignore[typeddict-item]  # the test's parameters are formats
            "sampleRate": rate,
            "numberOfFrames": frames,
            "numberOfChannels": channels,
            "timestamp": 0,
            "data": data,
        }
    )


def _write(*parts: AudioData, largest_riff_size: int = 2**32 - 1) -> bytes:
    file = io.BytesIO()
    shape = shape_of_sound(parts[0])
    assert shape is not None
    writer = WavWriter(file, shape, largest_riff_size=largest_riff_size)
    for part in parts:
        writer.write(part)
    writer.close()
    assert file.tell() == len(file.getvalue())
    return file.getvalue()


_JUNK = b"JUNK\x1c\0\0\0" + bytes(28)


def test_sixteen_bit_stereo() -> None:
    samples = struct.pack("<4h", 1, -2, 3, -32768)
    expected = (
        b"RIFF" + struct.pack("<I", 4 + 36 + 24 + 12 + 8 + 8) + b"WAVE" + _JUNK
        + b"fmt \x10\0\0\0" + struct.pack("<HHIIHH", 1, 2, 48_000, 192_000, 4, 16)
        + b"fact\x04\0\0\0\x02\0\0\0"
        + b"data\x08\0\0\0" + samples
    )  # fmt: skip
    assert _write(_audio("s16", 2, samples, 2)) == expected


def test_eight_bit_mono_of_odd_length_is_padded() -> None:
    expected = (
        b"RIFF" + struct.pack("<I", 4 + 36 + 24 + 12 + 8 + 4) + b"WAVE" + _JUNK
        + b"fmt \x10\0\0\0" + struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8)
        + b"fact\x04\0\0\0\x03\0\0\0"
        + b"data\x03\0\0\0" + b"\x80\xff\0" + b"\0"
    )  # fmt: skip
    assert _write(_audio("u8", 1, b"\x80\xff\0", 3, 8000)) == expected


def test_float_has_its_own_format_tag_and_planes_are_interleaved() -> None:
    planes = struct.pack("<4f", 0.5, 1.5, -0.25, -1.0)
    expected = (
        b"RIFF" + struct.pack("<I", 4 + 36 + 26 + 12 + 8 + 16) + b"WAVE" + _JUNK
        + b"fmt \x12\0\0\0" + struct.pack("<HHIIHHH", 3, 2, 44_100, 352_800, 8, 32, 0)
        + b"fact\x04\0\0\0\x02\0\0\0"
        + b"data\x10\0\0\0" + struct.pack("<4f", 0.5, -0.25, 1.5, -1.0)
    )  # fmt: skip
    assert _write(_audio("f32-planar", 2, planes, 2, 44_100)) == expected


@pytest.mark.parametrize(("format", "tag"), [("s32", 1), ("f32", 3)])
def test_more_than_two_channels_are_extensible(format: str, tag: int) -> None:
    guid = struct.pack("<H", tag) + bytes.fromhex("000000001000800000aa00389b71")
    expected = (
        b"RIFF" + struct.pack("<I", 4 + 36 + 48 + 12 + 8 + 12) + b"WAVE" + _JUNK
        + b"fmt \x28\0\0\0" + struct.pack("<HHIIHHHHI", 0xFFFE, 3, 96_000, 1_152_000, 12, 32, 22, 32, 0) + guid
        + b"fact\x04\0\0\0\x01\0\0\0"
        + b"data\x0c\0\0\0" + bytes(range(12))
    )  # fmt: skip
    assert _write(_audio(format, 3, bytes(range(12)), 1, 96_000)) == expected


def test_a_mask_tells_the_channels() -> None:
    file = io.BytesIO()
    WavWriter(file, SoundShape("s16", 3, 8000), channel_mask=0b111).close()
    assert struct.pack("<HHI", 22, 16, 0b111) in file.getvalue()
    with pytest.raises(ValueError, match="the channel mask 0x3 is not one of 3 channels"):
        WavWriter(file, SoundShape("s16", 3, 8000), channel_mask=0b11)


@pytest.mark.parametrize("format", ["u8", "s16", "s32", "f32"])
@pytest.mark.parametrize("is_planar", [False, True])
def test_runs_follow_each_other_in_every_format(format: str, is_planar: bool) -> None:
    dtype = {"u8": "u1", "s16": "<i2", "s32": "<i4", "f32": "<f4"}[format]
    runs = [np.arange(start, start + 6).astype(dtype).reshape(3, 2) for start in (0, 6)]
    parts = [
        _audio(f"{format}-planar" if is_planar else format, 2, (run.T if is_planar else run).tobytes(), 3)
        for run in runs
    ]
    written = _write(*parts)
    start = written.index(b"data") + 8
    assert written[start:] == np.arange(12).astype(dtype).tobytes()
    assert written[start - 4 : start] == struct.pack("<I", 12 * np.dtype(dtype).itemsize)


def test_what_is_too_large_for_riff_is_rf64() -> None:
    samples = bytes(range(16))
    size = 4 + 36 + 24 + 12 + 8 + 16
    expected = (
        b"RF64\xff\xff\xff\xffWAVE"
        + b"ds64\x1c\0\0\0" + struct.pack("<QQQI", size, 16, 4, 0)
        + b"fmt \x10\0\0\0" + struct.pack("<HHIIHH", 1, 2, 48_000, 192_000, 4, 16)
        + b"fact\x04\0\0\0\xff\xff\xff\xff"
        + b"data\xff\xff\xff\xff" + samples
    )  # fmt: skip
    audio = _audio("s16", 2, samples, 4)
    assert _write(audio, largest_riff_size=size - 1) == expected
    assert _write(_audio("s16", 2, samples, 4), largest_riff_size=size).startswith(b"RIFF")


def test_a_file_without_samples_is_valid() -> None:
    file = io.BytesIO()
    WavWriter(file, SoundShape("s16", 1, 8000)).close()
    data = file.getvalue()
    assert data.endswith(b"data\0\0\0\0")
    assert int.from_bytes(data[4:8], "little") == len(data) - 8


def test_the_shape_is_none_for_samples_without_a_name() -> None:
    audio = _audio("u8", 1, b"\0", 1)
    assert shape_of_sound(audio) == SoundShape("u8", 1, 48_000)
    audio.close()
    assert shape_of_sound(audio) is None
