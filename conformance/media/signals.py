"""Pictures and sounds with known content, made with numpy."""

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

#: A plane of a picture (rows, columns), 8 bits a sample.
Plane: TypeAlias = npt.NDArray[np.uint8]
#: The planes Y, U, V of a 4:2:0 picture.
Picture: TypeAlias = tuple[Plane, Plane, Plane]
#: Sound: (channels, samples), silence at 0, full scale at -1 and 1.
Sound: TypeAlias = npt.NDArray[np.float64]

SAMPLE_RATE: Final = 48_000

_NUMBER_BITS: Final = 8
_DARK, _BRIGHT = 40, 210


def picture(number: int, width: int, height: int) -> Picture:
    """A 4:2:0 picture that carries its number: the bits of ``number`` fill the upper third of Y, the most
    significant first.

    Below them is a slope that moves from picture to picture. U and V are slopes across and down, so that swapped planes
    are noticed. Sizes are even.
    """
    assert width % 2 == height % 2 == 0
    rows, columns = np.mgrid[0:height, 0:width]
    luma = 60 + (columns * 120 // width + rows * 40 // height + number * 3) % 140
    bits = [(number >> (_NUMBER_BITS - 1 - i)) & 1 for i in range(_NUMBER_BITS)]
    strip = np.where(np.array(bits)[columns * _NUMBER_BITS // width], _BRIGHT, _DARK)
    y = np.where(rows < height // 3, strip, luma)
    chroma_rows, chroma_columns = np.mgrid[0 : height // 2, 0 : width // 2]
    u = 90 + chroma_columns * 120 // width + number % 16
    v = 170 - chroma_rows * 120 // height - number % 16
    return y.astype(np.uint8), u.astype(np.uint8), v.astype(np.uint8)


def number_of(luma: Plane) -> int:
    """The number that a picture's Y plane carries; it survives lossy coding."""
    height, width = luma.shape
    strip = luma[height // 12 : height // 4]
    number = 0
    for bit in range(_NUMBER_BITS):
        left = width * bit // _NUMBER_BITS
        right = width * (bit + 1) // _NUMBER_BITS
        margin = (right - left) // 4
        number = number << 1 | bool(strip[:, left + margin : right - margin].mean() > (_DARK + _BRIGHT) / 2)
    return number


def psnr(actual: Plane, expected: Plane) -> float:
    """The peak signal-to-noise ratio in dB. It is infinite for equal pictures."""
    error = np.mean((actual.astype(np.float64) - expected.astype(np.float64)) ** 2)
    return float(10 * np.log10(255**2 / error)) if error else float("inf")


def tones(channels: int, samples: int, sample_rate: int = SAMPLE_RATE) -> Sound:
    """A sine in each channel, 440 Hz in the first and a fifth higher in each next, of half the full scale."""
    time = np.arange(samples) / sample_rate
    return np.stack([0.5 * np.sin(2 * np.pi * 440 * 1.5**channel * time) for channel in range(channels)])


def signal_to_noise(actual: Sound, expected: Sound) -> float:
    """Ratio of the signal's power to that of the difference, in dB."""
    noise = np.sum((actual - expected) ** 2)
    return float(10 * np.log10(np.sum(expected**2) / noise)) if noise else float("inf")


def alaw_levels(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.int16]:
    """The levels of A-law codes as 16-bit samples (ITU-T G.711, table 1: 13 bits, here left-justified)."""
    code = codes.astype(np.int32) ^ 0x55
    segment, step = (code >> 4) & 7, code & 15
    magnitude = np.where(segment == 0, step * 2 + 1, (step * 2 + 33) << np.maximum(segment - 1, 0))
    return (np.where(code & 0x80, magnitude, -magnitude) * 8).astype(np.int16)


def ulaw_levels(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.int16]:
    """The levels of µ-law codes as 16-bit samples (ITU-T G.711, table 2: 14 bits, here left-justified)."""
    code = ~codes.astype(np.int32) & 0xFF
    segment, step = (code >> 4) & 7, code & 15
    magnitude = ((step * 2 + 33) << segment) - 33
    return (np.where(code & 0x80, -magnitude, magnitude) * 4).astype(np.int16)
