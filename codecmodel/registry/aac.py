"""AAC: codec strings, AudioSpecificConfig.

Sources: AAC registration; ISO/IEC 14496-3 § 1.6.2.1 (tables 1.15 to 1.18).
"""

from dataclasses import dataclass
from typing import Final

from codecmodel.registry.bit_reader import BitReader, EndOfData
from codecmodel.registry.codec_string import CodecString, Data, InvalidDescription

#: Codec string → audio object type.
_STRINGS: Final = {
    "mp4a.40.2": 2,
    "mp4a.40.02": 2,
    "mp4a.40.5": 5,
    "mp4a.40.05": 5,
    "mp4a.40.29": 29,
    "mp4a.40.42": 42,
    "mp4a.67": 2,
}
#: Table 1.18: samplingFrequencyIndex → Hz.
SAMPLING_FREQUENCIES: Final = (
    96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
)  # fmt: skip
#: Table 1.19: channelConfiguration → channels. With 0 the bitstream has the number elsewhere.
_CHANNELS: Final = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 8, 11: 7, 12: 8, 13: 24, 14: 8}
#: ISO/IEC 23003-3 table 68 has three more.
_USAC_CHANNELS: Final = {**_CHANNELS, 8: 2, 9: 3, 10: 4}
_SBR, _BSAC, _PS, _ESCAPE, _USAC = 5, 22, 29, 31, 42
_SBR_SYNC, _PS_SYNC = 0x2B7, 0x548
#: The object types that have a GASpecificConfig.
_GENERAL_AUDIO: Final = frozenset({1, 2, 3, 4, 6, 7, 17, 19, 20, 21, 22, 23})


@dataclass(frozen=True)
class AacCodecString(CodecString):
    """``mp4a.40.OO``, where OO is the audio object type."""

    object_type: int


@dataclass(frozen=True)
class AudioSpecificConfig:
    """An AudioSpecificConfig. Rates are in Hz. ``channels`` is 0 if it is in the bitstream (channelConfiguration 0)."""

    object_type: int
    sampling_frequency: int
    channel_configuration: int
    channels: int
    #: None if the config does not say, and a decoder has to find out (implicit signalling).
    sbr: bool | None
    ps: bool | None
    #: The rate after spectral band replication.
    extension_sampling_frequency: int | None
    #: The samples of a frame, 1024 or 960; None for object types without GASpecificConfig.
    frame_length: int | None


class AacRegistration:
    """The AAC registration."""

    codec: Final = "aac"

    # Spec: webcodecs-aac-codec-registration/fully-qualified-codec-strings
    def parse(self, string: str) -> AacCodecString | None:
        object_type = _STRINGS.get(string)
        return None if object_type is None else AacCodecString("aac", "audio", string, object_type)

    # Spec: webcodecs-aac-codec-registration/audiodecoderconfig-description
    def parse_description(self, codec_string: CodecString, description: bytes | None) -> AudioSpecificConfig | None:
        """Parse a description. Without one the stream is in ADTS format, which is impossible for xHE-AAC."""
        if description is not None:
            return parse_audio_specific_config(description)
        if isinstance(codec_string, AacCodecString) and codec_string.object_type == _USAC:
            raise InvalidDescription("xHE-AAC requires an AudioSpecificConfig")
        return None

    # Spec: webcodecs-aac-codec-registration/encodedaudiochunk-type
    def is_key_chunk(self, description: bytes | None, data: Data) -> bool | None:
        return True

    # Spec: webcodecs-aac-codec-registration/encodedaudiochunk-data
    def chunk_format(self, description: bytes | None) -> str:
        return "adts" if description is None else "aac"


def _read_object_type(bits: BitReader) -> int:
    object_type = bits.bits(5)
    return 32 + bits.bits(6) if object_type == _ESCAPE else object_type


def _read_frequency(bits: BitReader) -> int:
    index = bits.bits(4)
    if index == 15:
        return _require_frequency(bits.bits(24))
    if index >= len(SAMPLING_FREQUENCIES):
        raise InvalidDescription(f"AudioSpecificConfig: the sampling frequency index {index} is reserved")
    return SAMPLING_FREQUENCIES[index]


def _require_frequency(frequency: int) -> int:
    if not frequency:
        raise InvalidDescription("AudioSpecificConfig: the sampling frequency is zero")
    return frequency


def parse_audio_specific_config(data: bytes) -> AudioSpecificConfig:
    """Parse an AudioSpecificConfig. Raises InvalidDescription."""
    try:
        return _parse_audio_specific_config(BitReader(data))
    except EndOfData as error:
        raise InvalidDescription(f"AudioSpecificConfig: {error}") from None


def _parse_audio_specific_config(bits: BitReader) -> AudioSpecificConfig:
    object_type = _read_object_type(bits)
    frequency = _read_frequency(bits)
    configuration = bits.bits(4)
    sbr: bool | None = None
    ps: bool | None = None
    extension_frequency: int | None = None
    if object_type in (_SBR, _PS):
        # Explicit hierarchical signalling.
        sbr, ps = True, True if object_type == _PS else None
        extension_frequency = _read_frequency(bits)
        object_type = _read_object_type(bits)
        if object_type == _BSAC:
            configuration = bits.bits(4)
    channels = (_USAC_CHANNELS if object_type == _USAC else _CHANNELS).get(configuration)
    if object_type == 0 or channels is None:
        raise InvalidDescription(
            f"AudioSpecificConfig: object type {object_type} with channel configuration {configuration} is not defined"
        )
    frame_length: int | None = None
    if object_type in _GENERAL_AUDIO:
        frame_length = 960 if bits.flag() else 1024
        if bits.flag():  # dependsOnCoreCoder
            bits.skip(14)
        bits.skip(1)  # extensionFlag
        if configuration == 0:
            channels = _read_program_config_channels(bits)
        # Explicit backward-compatible signalling. (Error-resilient types have further fields before it.)
        if object_type <= 7 and sbr is None and bits.remaining >= 16 and bits.bits(11) == _SBR_SYNC:
            sbr = _read_object_type(bits) == _SBR and bits.remaining > 0 and bits.flag()
            if sbr:
                extension_frequency = _read_frequency(bits)
                if bits.remaining >= 12 and bits.bits(11) == _PS_SYNC:
                    ps = bits.flag()
    return AudioSpecificConfig(
        object_type, frequency, configuration, channels, sbr, ps, extension_frequency, frame_length
    )


def _read_program_config_channels(bits: BitReader) -> int:
    """The number of channels in a program_config_element() (table 4.2)."""
    bits.skip(4 + 2 + 4)  # element_instance_tag, object_type, sampling_frequency_index
    front, side, back, lfe, data, coupling = (
        bits.bits(4), bits.bits(4), bits.bits(4), bits.bits(2), bits.bits(3), bits.bits(4),
    )  # fmt: skip
    for width in (4, 4, 3):  # mono, stereo and matrix mixdown
        if bits.flag():
            bits.skip(width)
    channels = lfe
    for _ in range(front + side + back):
        channels += 2 if bits.flag() else 1
        bits.skip(4)
    bits.skip(4 * (lfe + data) + 5 * coupling)
    bits.skip(bits.remaining % 8)  # byte_alignment
    bits.skip(8 * bits.bits(8))  # comment_field_data
    return channels


def build_audio_specific_config(object_type: int, sampling_frequency: int, channels: int) -> bytes:
    """An AudioSpecificConfig with frames of 1024 samples, for 1 to 6 or 8 channels.

    Raises ValueError for other numbers of channels, object types without GASpecificConfig, and rates of more than 24
    bits.
    """
    configuration = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 8: 7}.get(channels)
    if configuration is None or object_type not in (1, 2, 3, 4) or not 0 < sampling_frequency < 1 << 24:
        raise ValueError(
            f"no AudioSpecificConfig for object type {object_type}, {sampling_frequency} Hz and {channels} channels"
        )
    if sampling_frequency in SAMPLING_FREQUENCIES:
        frequency, width = SAMPLING_FREQUENCIES.index(sampling_frequency), 4
    else:
        frequency, width = 15 << 24 | sampling_frequency, 28
    value = ((object_type << width | frequency) << 4 | configuration) << 3
    length = 5 + width + 4 + 3
    padding = -length % 8
    return (value << padding).to_bytes((length + padding) // 8, "big")


def adts_header(config: AudioSpecificConfig, size: int, *, mpeg2: bool = False) -> bytes:
    """The ADTS header, without CRC, of a raw frame of ``size`` bytes (§ 1.A.3.2).

    Raises ValueError if ADTS cannot describe the frame: object types other than the first four, rates that are not in
    table 1.18, channel configuration 0 or above 7, frames that are too long.
    """
    length = size + 7
    if config.object_type not in (1, 2, 3, 4) or config.sampling_frequency not in SAMPLING_FREQUENCIES:
        raise ValueError("ADTS has no object type or no sampling frequency index for this configuration")
    if not 0 < config.channel_configuration < 8 or length >= 1 << 13:
        raise ValueError("ADTS cannot describe this channel configuration, or a frame of this size")
    # Syncword, ID, layer, protection_absent; the rest of the fixed header; lengths and a buffer of variable rate.
    fields = (
        (0xFFF, 12), (int(mpeg2), 1), (0, 2), (1, 1),
        (config.object_type - 1, 2), (SAMPLING_FREQUENCIES.index(config.sampling_frequency), 4), (0, 1),
        (config.channel_configuration, 3), (0, 4), (length, 13), (0x7FF, 11), (0, 2),
    )  # fmt: skip
    value = 0
    for number, width in fields:
        value = value << width | number
    return value.to_bytes(7, "big")


def codec_string_from_audio_specific_config(data: bytes) -> str:
    """``mp4a.40.OO`` with the highest object type in the config. Raises InvalidDescription."""
    config = parse_audio_specific_config(data)
    if config.ps:
        return f"mp4a.40.{_PS}"
    if config.sbr:
        return f"mp4a.40.{_SBR}"
    string = f"mp4a.40.{config.object_type}"
    if string not in _STRINGS:
        raise InvalidDescription(f"AudioSpecificConfig: object type {config.object_type} has no codec string")
    return string
