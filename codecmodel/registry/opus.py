"""Opus: codec string, identification header.

Sources: Opus registration; RFC 6716 § 3; RFC 7845 § 5.1.
"""

from dataclasses import dataclass
from typing import Final

from codecmodel.registry.codec_string import CodecString, Data, InvalidDescription

_MAGIC: Final = b"OpusHead"


@dataclass(frozen=True)
class OpusHead:
    """The identification header. ``pre_skip`` is in samples at 48 kHz, ``output_gain`` in 256ths of a dB."""

    version: int
    channels: int
    pre_skip: int
    input_sample_rate: int
    output_gain: int
    mapping_family: int
    stream_count: int
    coupled_count: int
    channel_mapping: tuple[int, ...]


class OpusRegistration:
    """The Opus registration."""

    codec: Final = "opus"

    # Spec: webcodecs-opus-codec-registration/fully-qualified-codec-strings
    def parse(self, string: str) -> CodecString | None:
        return CodecString("opus", "audio", string) if string == "opus" else None

    # Spec: webcodecs-opus-codec-registration/audiodecoderconfig-description
    def parse_description(self, codec_string: CodecString, description: bytes | None) -> OpusHead | None:
        """Parse a description. Without one the chunks are plain Opus packets of one or two channels."""
        return None if description is None else parse_opus_head(description)

    # Spec: webcodecs-opus-codec-registration/encodedaudiochunk-type
    def is_key_chunk(self, description: bytes | None, data: Data) -> bool | None:
        return True

    # Spec: webcodecs-opus-codec-registration/encodedaudiochunk-data
    def chunk_format(self, description: bytes | None) -> str:
        return "opus" if description is None else "ogg"


def parse_opus_head(data: bytes) -> OpusHead:
    """Parse an identification header. Raises InvalidDescription."""
    if len(data) < 19 or data[:8] != _MAGIC:
        raise InvalidDescription("not an Opus identification header (OpusHead)")
    version, channels, family = data[8], data[9], data[18]
    if version > 15:
        raise InvalidDescription(f"OpusHead: version {version}")
    if channels == 0 or (family == 0 and channels > 2):
        raise InvalidDescription(f"OpusHead: {channels} channels in mapping family {family}")
    streams, coupled, mapping = 1, channels - 1, tuple(range(channels))
    if family != 0:
        if len(data) < 21 + channels:
            raise InvalidDescription("OpusHead: truncated channel mapping table")
        streams, coupled, mapping = data[19], data[20], tuple(data[21 : 21 + channels])
        if streams == 0 or coupled > streams or streams + coupled > 255:
            raise InvalidDescription(f"OpusHead: {streams} streams, {coupled} coupled")
        if any(index != 255 and index >= streams + coupled for index in mapping):
            raise InvalidDescription("OpusHead: a channel belongs to a stream that does not exist")
    return OpusHead(
        version,
        channels,
        int.from_bytes(data[10:12], "little"),
        int.from_bytes(data[12:16], "little"),
        int.from_bytes(data[16:18], "little", signed=True),
        family,
        streams,
        coupled,
        mapping,
    )


def build_opus_head(channels: int, *, pre_skip: int = 0, input_sample_rate: int = 48000) -> bytes:
    """An identification header of mapping family 0 for one or two channels. Raises ValueError for more."""
    if channels not in (1, 2):
        raise ValueError("mapping family 0 has one or two channels")
    return format_opus_head(OpusHead(1, channels, pre_skip, input_sample_rate, 0, 0, 1, channels - 1, ()))


def format_opus_head(head: OpusHead) -> bytes:
    """Write an identification header. Mapping family 0 has no channel mapping table."""
    fields = bytes([head.version, head.channels]) + head.pre_skip.to_bytes(2, "little")
    fields += head.input_sample_rate.to_bytes(4, "little") + head.output_gain.to_bytes(2, "little", signed=True)
    fields += bytes([head.mapping_family])
    if head.mapping_family:
        fields += bytes([head.stream_count, head.coupled_count, *head.channel_mapping])
    return _MAGIC + fields
