"""The samples at the edges of an audio track that are not part of its sound, according to the container."""

from fractions import Fraction
from typing import Final, NamedTuple

from codecmodel.files.mp4_edits import Edit

#: Matroska counts milliseconds.
_MATROSKA_TICK: Final = Fraction(1, 1000)
#: Positions in the hexadecimal words of iTunSMPB: samples at the start, samples at the end, samples between.
_ITUNES_WORDS: Final = slice(1, 4)


class SoundEdges(NamedTuple):
    """All in samples of each channel, at the sample rate of the track's configuration."""

    #: The number of samples that come out of the decoder before the sound begins.
    delay: int = 0
    #: The number of samples of the sound itself, None if the container does not say.
    length: int | None = None
    #: Seconds to add to the timestamps so that the sound begins where the container says.
    shift: Fraction = Fraction(0)


def edges_of_edit(edit: Edit, sample_rate: int) -> SoundEdges:
    """The edges that an MP4 edit makes. The timestamps are shifted by the edit already."""
    length = None if edit.end is None else round((edit.end - edit.start) * sample_rate)
    return SoundEdges(max(0, round(edit.start * sample_rate)), length)


def edges_of_itunes_tag(tag: str, sample_rate: int) -> SoundEdges:
    """The edges in the tag iTunSMPB: numbers in hexadecimal. The second to the fourth count.

    The timestamps begin with the first sample that comes out of the decoder.
    """
    try:
        delay, _, length = (int(word, 16) for word in tag.split()[_ITUNES_WORDS])
    except ValueError:
        return SoundEdges()
    return SoundEdges(delay, length, Fraction(-delay, sample_rate))


def edges_of_codec_delay(delay: int, sample_rate: int) -> SoundEdges:
    """The edges that the CodecDelay of Matroska makes: ``delay`` samples.

    FFmpeg subtracts the delay from the timestamps after it has rounded the delay to milliseconds.
    """
    exact = Fraction(delay, sample_rate) / _MATROSKA_TICK
    rounded = int(exact + Fraction(1, 2))
    return SoundEdges(delay, None, (rounded - exact) * _MATROSKA_TICK)


def edges_of_lame_tag(delay: int, sample_rate: int) -> SoundEdges:
    """The edges that the Xing or Info frame of an MP3 file makes: ``delay`` samples.

    The timestamps begin with the first sample that comes out of the decoder.
    """
    return SoundEdges(delay, None, Fraction(-delay, sample_rate))


def edges_of_vorbis(
    first_duration: int, length: int | None, sample_rate: int, *, is_before_zero: bool = False
) -> SoundEdges:
    """The edges of Vorbis in Ogg, which tells the ``length`` of the sound.

    FFmpeg gives the first packet a duration, ``first_duration`` samples, though no sample comes out of it. In a file
    whose last packet is cut off FFmpeg itself puts that packet before zero.
    """
    return SoundEdges(first_duration, length, Fraction(0 if is_before_zero else -first_duration, sample_rate))
