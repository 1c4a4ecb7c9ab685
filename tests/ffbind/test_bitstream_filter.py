"""Bitstream filters turn packets of one wrapping into those of another."""

import io

import pytest

from ffbind import BitstreamFilter, ClosedError, Container, FFmpegError, Packet
from tests.ffbind.container_media import contents, encoded_audio, encoded_video, written

START = b"\0\0\0\1"
NEW_EXTRADATA = 1


def filtered(filter: BitstreamFilter, packets: list[Packet]) -> list[Packet]:
    return [result for packet in packets for result in filter.filter(packet)] + filter.drain()


def units(data: bytes) -> list[bytes]:
    return [unit for unit in data.replace(START, START[1:]).split(START[1:]) if unit]


@pytest.mark.parametrize(
    ("encoder", "name", "parameter_sets"),
    [("libx264", "h264_mp4toannexb", 2), ("libx265", "hevc_mp4toannexb", 3)],
    ids=["h264", "hevc"],
)
def test_from_lengths_to_start_codes(encoder: str, name: str, parameter_sets: int) -> None:
    made, packets = encoded_video(encoder, global_header=True)
    with Container.open(io.BytesIO(written("mp4", made, packets))) as container:
        (stream,) = container.streams
        with BitstreamFilter.for_stream(name, stream) as filter:
            assert filter.extradata.startswith(START)
            results = filtered(filter, list(container.packets()))
    header = units(made.extradata)
    assert len(contents(results)) == len(packets)
    for result, packet in zip(results, packets, strict=True):
        expected = units(bytes(packet.data))
        if packet.key:
            assert [unit for unit in units(bytes(result.data)) if unit in header][:parameter_sets] == header[
                :parameter_sets
            ]
        assert [unit for unit in units(bytes(result.data)) if unit not in header] == expected


def test_extradata_given_by_hand() -> None:
    made, packets = encoded_video("libx264", global_header=True)
    with Container.open(io.BytesIO(written("mp4", made, packets))) as container:
        extradata, first = container.streams[0].extradata, next(container.packets())
    with BitstreamFilter("h264_mp4toannexb", "h264", extradata=extradata, time_base=(1, 12_800)) as filter:
        assert filter.time_base == (1, 12_800)
        (result,) = filter.filter(first)
    assert result.data[:4] == START
    assert (result.pts, result.dts, result.key) == (first.pts, first.dts, True)


def test_packet_stays_as_it_is() -> None:
    made, packets = encoded_video("libx264", global_header=True)
    with Container.open(io.BytesIO(written("mp4", made, packets))) as container:
        (stream,) = container.streams
        packet = next(container.packets())
        before = bytes(packet.data), packet.pts, packet.dts, packet.side_data_types()
        with BitstreamFilter.for_stream("h264_mp4toannexb", stream) as filter:
            filter.filter(packet)
        assert (bytes(packet.data), packet.pts, packet.dts, packet.side_data_types()) == before


def test_aac_loses_its_headers() -> None:
    made, packets = encoded_audio("aac", "fltp", global_header=True)
    with Container.open(io.BytesIO(written("adts", made, packets))) as container:
        (stream,) = container.streams
        assert stream.extradata == b""
        with BitstreamFilter.for_stream("aac_adtstoasc", stream) as filter:
            results = filtered(filter, list(container.packets()))
    assert contents(results) == contents(packets)
    # An AudioSpecificConfig: AAC LC, 48 kHz, two channels.
    assert results[0].side_data(NEW_EXTRADATA) == b"\x11\x90"


def test_parameter_sets_are_extracted() -> None:
    _, packets = encoded_video("libx264")
    with BitstreamFilter("extract_extradata", "h264") as filter:
        results = filtered(filter, packets)
    assert contents(results) == contents(packets)
    extracted = results[0].side_data(NEW_EXTRADATA)
    assert extracted is not None
    assert [unit[0] & 31 for unit in units(extracted)] == [7, 8]
    assert [result.side_data(NEW_EXTRADATA) for result in results[1:] if not result.key] == [None] * (len(results) - 1)


def test_superframe_is_split() -> None:
    _, packets = encoded_video("libvpx-vp9", count=2)
    first, second = contents(packets)
    # The index at the end: two frames, their sizes in two bytes each, between two equal markers.
    marker = bytes([0b110_01_001])
    index = marker + len(first).to_bytes(2, "little") + len(second).to_bytes(2, "little") + marker
    with BitstreamFilter("vp9_superframe_split", "vp9") as filter:
        assert contents(filtered(filter, [Packet(first + second + index, pts=7)])) == [first, second]


def test_filter_can_be_used_again_after_draining() -> None:
    _, packets = encoded_video("libx264")
    with BitstreamFilter("extract_extradata", "h264") as filter:
        assert contents(filtered(filter, packets)) == contents(filtered(filter, packets)) == contents(packets)


def test_options() -> None:
    _, packets = encoded_video("libx264")
    with BitstreamFilter("extract_extradata", "h264", options={"remove": "1"}) as filter:
        (first,) = filter.filter(packets[0])
    assert {unit[0] & 31 for unit in units(bytes(first.data))}.isdisjoint({7, 8})


def test_unknown_filters_codecs_and_options_are_refused() -> None:
    with pytest.raises(ValueError, match="no bitstream filter 'nonsense'"):
        BitstreamFilter("nonsense", "h264")
    with pytest.raises(ValueError, match="no codec 'nonsense'"):
        BitstreamFilter("null", "nonsense")
    with pytest.raises(ValueError, match="option nonsense=1"):
        BitstreamFilter("extract_extradata", "h264", options={"nonsense": "1"})


def test_what_does_not_go_together() -> None:
    with pytest.raises(FFmpegError, match="av_bsf_init"):
        BitstreamFilter("h264_mp4toannexb", "aac")
    with pytest.raises(FFmpegError, match="av_bsf_init"):
        BitstreamFilter("h264_mp4toannexb", "h264", extradata=b"\1nonsense")


def test_broken_packet() -> None:
    with (
        BitstreamFilter("aac_adtstoasc", "aac") as filter,
        pytest.raises(FFmpegError, match="av_bsf_receive_packet"),
    ):
        filter.filter(Packet(b"no header at all"))


def test_closed_filter_is_refused() -> None:
    filter = BitstreamFilter("null", "h264")
    assert contents(filter.filter(Packet(b"abc"))) == [b"abc"]
    filter.close()
    filter.close()
    for use in (lambda: filter.filter(Packet(b"abc")), filter.drain, lambda: filter.extradata):
        with pytest.raises(ClosedError, match="this BitstreamFilter is closed"):
            use()
