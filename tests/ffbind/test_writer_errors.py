"""The writer refuses impossible contents, does not finish an abandoned container, and leaves no object behind."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import ffbind
from ffbind import ClosedError, Container, ContainerWriter, FFmpegError, Packet
from tests.ffbind.container_media import Failing, contents, encoded_audio, encoded_video, saved, wave, wave_data

if TYPE_CHECKING:
    from typing_extensions import Buffer


def write_all(writer: ContainerWriter, packets: list[Packet], stream: int) -> None:
    for packet in packets:
        writer.write(packet, stream)


def test_formats_that_cannot_be(tmp_path: Path) -> None:
    for target, format, message in (
        (io.BytesIO(), "nonsense", "no muxer for 'nonsense'"),
        (tmp_path / "file.nonsense", None, "the extension tells no format that this FFmpeg can write"),
        (io.BytesIO(), None, "a file object needs a format"),
        (io.BytesIO(), "null", "does not write to one file"),
    ):
        with pytest.raises(ValueError, match=message):
            ContainerWriter.open(target, format)
    assert list(tmp_path.iterdir()) == []


def test_path_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        ContainerWriter.open(tmp_path / "nowhere" / "file.mp4")
    assert caught.value.filename == str(tmp_path / "nowhere" / "file.mp4")


def test_unknown_options() -> None:
    made, packets = encoded_audio("pcm_s16le", "s16")
    writer = ContainerWriter.open(io.BytesIO(), "wav", options={"nonsense": "1"})
    stream = writer.add_stream(made)
    with pytest.raises(ValueError, match="unknown options: nonsense"):
        writer.write(packets[0], stream)
    with pytest.raises(ffbind.FFbindError, match="header"):
        writer.write(packets[0], stream)
    writer.close()


def test_codec_that_the_format_does_not_have() -> None:
    made, packets = encoded_audio("pcm_s16le", "s16")
    writer = ContainerWriter.open(io.BytesIO(), "ivf")
    stream = writer.add_stream(made)
    with pytest.raises(FFmpegError, match="avformat_write_header"):
        writer.write(packets[0], stream)
    writer.close()


def test_no_streams() -> None:
    with pytest.raises(FFmpegError, match="avformat_write_header"), ContainerWriter.open(io.BytesIO(), "mp4"):
        pass


def test_streams_come_before_packets() -> None:
    made, packets = encoded_audio("pcm_s16le", "s16")
    with ContainerWriter.open(io.BytesIO(), "wav") as writer:
        stream = writer.add_stream(made)
        for wrong in (-1, 1):
            with pytest.raises(ValueError, match="there is no stream"):
                writer.write(packets[0], wrong)
        writer.write(packets[0], stream)
        with pytest.raises(ValueError, match="once packets have been written"):
            writer.add_stream(made)


def test_an_exception_of_the_file_object_is_raised() -> None:
    made, packets = encoded_audio("pcm_s16le", "s16", count=40)
    error = OSError(28, "full")
    writer = ContainerWriter.open(Failing(b"", error, name="write"), "wav")
    stream = writer.add_stream(made)
    with pytest.raises(OSError, match="full") as caught:
        write_all(writer, packets, stream)
    assert caught.value is error
    writer.discard()


def test_an_exception_of_the_file_object_at_the_end_is_raised() -> None:
    made, packets = encoded_video("mpeg4", global_header=True)
    error = OSError(28, "full")
    target = Failing(b"", error, name="write", at=1 << 20)
    writer = ContainerWriter.open(target, "mp4")
    stream = writer.add_stream(made)
    for packet in packets:
        writer.write(packet, stream)
    target.fail_now()
    with pytest.raises(OSError, match="full") as caught:
        writer.close()
    assert caught.value is error
    assert "ContainerWriter" not in ffbind.live_objects()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no device that is always full")
def test_bytes_that_are_still_in_the_buffer_find_the_device_full() -> None:
    made, packets = encoded_audio("pcm_s16le", "s16", count=1)
    for end in (ContainerWriter.close, ContainerWriter.discard):
        writer = ContainerWriter.open("/dev/full", "wav")
        writer.write(packets[0], writer.add_stream(made))
        if end is ContainerWriter.discard:
            end(writer)
        else:
            with pytest.raises(OSError, match="No space left on device") as caught:
                end(writer)
            assert caught.value.filename == "/dev/full"
        assert "ContainerWriter" not in ffbind.live_objects()


def unfinished(abandon: str) -> bytes:
    made, packets = encoded_video("mpeg4", global_header=True)
    target = io.BytesIO()
    writer = ContainerWriter.open(target, "mp4")
    stream = writer.add_stream(made)
    for packet in packets:
        writer.write(packet, stream)
    if abandon == "discard":
        writer.discard()
    elif abandon == "forget":
        del writer
    else:
        with pytest.raises(KeyError), writer:
            raise KeyError
    assert "ContainerWriter" not in ffbind.live_objects()
    return target.getvalue()


@pytest.mark.parametrize("abandon", ["discard", "forget", "raise"])
def test_abandoned_container_is_not_finished(abandon: str) -> None:
    assert b"moov" not in unfinished(abandon)


def test_closed_writer_is_refused() -> None:
    made, packets = encoded_audio("pcm_s16le", "s16")
    writer = ContainerWriter.open(io.BytesIO(), "wav")
    stream = writer.add_stream(made)
    writer.write(packets[0], stream)
    writer.close()
    writer.close()
    for use in (lambda: writer.write(packets[0], stream), lambda: writer.needs_global_header):
        with pytest.raises(ClosedError, match="this ContainerWriter is closed"):
            use()


def test_writer_is_not_used_from_its_own_file_object() -> None:
    made, packets = encoded_audio("pcm_s16le", "s16", count=40)

    class Meddling(io.BytesIO):
        def write(self, data: Buffer) -> int:
            writer.close()
            return super().write(data)

    writer = ContainerWriter.open(Meddling(), "wav")
    stream = writer.add_stream(made)
    with pytest.raises(ffbind.BusyError):
        write_all(writer, packets, stream)
    writer.discard()


def test_closed_packet_is_refused(tmp_path: Path) -> None:
    made, _ = encoded_audio("pcm_s16le", "s16")
    packet = Packet(bytes(4))
    packet.close()
    with ContainerWriter.open(saved(tmp_path, "old.wav", wave(10))) as writer:
        stream = writer.add_stream(made)
        with pytest.raises(ClosedError, match="this Packet is closed"):
            writer.write(packet, stream)
        writer.write(Packet(wave_data(3), pts=0), stream)
    with Container.open(tmp_path / "old.wav") as container:
        assert contents(list(container.packets())) == [wave_data(3)]
