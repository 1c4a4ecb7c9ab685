"""Audio sample formats (§ 9.3): their table, and the conversions between them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias, cast

from codecmodel.lazy_numpy import np
from codecmodel.web.webidl import Enumeration

if TYPE_CHECKING:
    import numpy.typing as npt


AudioSampleFormat: TypeAlias = Literal[
    "u8",
    "s16",
    "s32",
    "f32",
    "u8-planar",
    "s16-planar",
    "s32-planar",
    "f32-planar",
]
#: The numeric type alone, without the arrangement.
AudioSampleType: TypeAlias = Literal["u8", "s16", "s32", "f32"]

IntegerSamples: TypeAlias = "npt.NDArray[np.uint8] | npt.NDArray[np.int16] | npt.NDArray[np.int32]"
Samples: TypeAlias = "IntegerSamples | npt.NDArray[np.float32]"
_SignedSamples: TypeAlias = "npt.NDArray[np.int8] | npt.NDArray[np.int16] | npt.NDArray[np.int32]"
SampleDType: TypeAlias = "np.dtype[np.uint8] | np.dtype[np.int16] | np.dtype[np.int32] | np.dtype[np.float32]"


# Spec: audio-sample-formats, audio-sample-type, interleaved, planar
class AudioSampleFormatDescription(NamedTuple):
    """A format. ``minimum``, ``bias`` (silence) and ``maximum`` are values of a sample (§ 9.3.2)."""

    sample_type: AudioSampleType
    is_planar: bool
    bytes_per_sample: int
    minimum: float
    bias: float
    maximum: float

    @property
    def dtype(self) -> SampleDType:
        """NumPy's type of a sample, in the machine's byte order, as an ECMAScript typed array is."""
        return _dtype_of(self.sample_type)


@cache
def _dtype_of(sample_type: AudioSampleType) -> SampleDType:
    match sample_type:
        case "u8":
            return np.dtype(np.uint8)
        case "s16":
            return np.dtype(np.int16)
        case "s32":
            return np.dtype(np.int32)
        case "f32":
            return np.dtype(np.float32)


def _describe(sample_type: AudioSampleType, is_planar: bool) -> AudioSampleFormatDescription:
    match sample_type:
        case "u8":
            return AudioSampleFormatDescription("u8", is_planar, 1, 0, 128, 255)
        case "s16":
            return AudioSampleFormatDescription("s16", is_planar, 2, -(2**15), 0, 2**15 - 1)
        case "s32":
            return AudioSampleFormatDescription("s32", is_planar, 4, -(2**31), 0, 2**31 - 1)
        case "f32":
            return AudioSampleFormatDescription("f32", is_planar, 4, -1.0, 0.0, 1.0)


AUDIO_SAMPLE_FORMATS: Final[dict[AudioSampleFormat, AudioSampleFormatDescription]] = {
    "u8": _describe("u8", is_planar=False),
    "s16": _describe("s16", is_planar=False),
    "s32": _describe("s32", is_planar=False),
    "f32": _describe("f32", is_planar=False),
    "u8-planar": _describe("u8", is_planar=True),
    "s16-planar": _describe("s16", is_planar=True),
    "s32-planar": _describe("s32", is_planar=True),
    "f32-planar": _describe("f32", is_planar=True),
}

audio_sample_format: Final = Enumeration[AudioSampleFormat]("AudioSampleFormat", list(AUDIO_SAMPLE_FORMATS))


# Spec: audio-samples-magnitude, minimum-value, bias-value
def convert_samples(samples: Samples, destination: AudioSampleType) -> Samples:
    """``samples`` as samples of type ``destination``, in a new array of the same shape.

    The spec fixes the range of each type and leaves the mapping between them open. It is this:

    - The levels are those of linear PCM: an integer of n bits, less its bias, counts steps of 2**-(n-1) from silence;
      a float is the magnitude itself. So -1.0 is the minimum of each integer type, and +1.0 is one step above its
      maximum.
    - Integer to wider integer: shifted left about the bias. Exact.
    - Integer to narrower integer: shifted right about the bias, which rounds down to a level.
    - Integer to float: divided by 2**(n-1). Exact for 8 and 16 bits; rounded to nearest, ties to even, for 32.
    - Float to integer: multiplied by 2**(n-1), rounded to the nearest level, ties to even, and clipped to the type's
      range. Not a number is silence.
    - Float to float is not clipped.
    """
    if samples.dtype == np.float32:
        return samples.copy() if destination == "f32" else _from_float(samples, destination)
    signed = _without_bias(cast("IntegerSamples", samples))
    bits = 8 * signed.itemsize
    match destination:
        case "f32":
            return signed.astype(np.float32) * np.float32(2.0 ** (1 - bits))
        case "s32":
            return signed.astype(np.int32) << (32 - bits)
        case "s16":
            return signed.astype(np.int16) << 8 if bits == 8 else (signed >> (bits - 16)).astype(np.int16)
        case "u8":
            return _with_bias((signed >> (bits - 8)).astype(np.int8))


def _from_float(samples: Samples, destination: Literal["u8", "s16", "s32"]) -> Samples:
    one = {"u8": 2**7, "s16": 2**15, "s32": 2**31}[destination]
    # Every step but the rounding is exact in a float of 64 bits, the quotient (one - 1) / one included. Clipping comes
    # first, so nothing overflows.
    levels = samples.astype(np.float64)
    np.clip(levels, -1.0, (one - 1) / one, out=levels)
    levels *= one
    np.rint(levels, out=levels)
    levels[np.isnan(levels)] = 0
    match destination:
        case "u8":
            return _with_bias(levels.astype(np.int8))
        case "s16":
            return levels.astype(np.int16)
        case "s32":
            return levels.astype(np.int32)


def _without_bias(samples: IntegerSamples) -> _SignedSamples:
    if samples.dtype == np.uint8:
        # Flipping the top bit of an octet moves its bias from 128 to 0, and back.
        return (cast("npt.NDArray[np.uint8]", samples) ^ np.uint8(0x80)).view(np.int8)
    return cast("_SignedSamples", samples)


def _with_bias(samples: npt.NDArray[np.int8]) -> npt.NDArray[np.uint8]:
    return samples.view(np.uint8) ^ np.uint8(0x80)
