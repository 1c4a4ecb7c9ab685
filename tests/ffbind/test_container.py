"""Containers are read from paths and from file objects, and errors name the fault."""

import io
import os
import threading
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

import ffbind
from ffbind import ClosedError, Container, FFmpegError
from tests.ffbind.container_media import (
    Failing,
    encoded_audio,
    encoded_video,
    saved,
    unseekable,
    wave,
    wave_data,
    wave_header,
    written,
)

#: AVPacketSideDataType of samples to remove.
SKIP_SAMPLES = 11
INVALID_DATA = -int.from_bytes(b"INDA", "little")


def all_data(container: Container) -> bytes:
    return b"".join(bytes(packet.data) for packet in container.packets())


def test_path_gives_the_streams_and_all_packets(tmp_path: Path) -> None:
    path = saved(tmp_path, "tone.wav", wave(title="A title"))
    with Container.open(path) as container:
        assert container.format_name == "wav"
        assert container.duration == 416_667
        assert container.metadata == {"title": "A title"}
        (stream,) = container.streams
        assert (stream.index, stream.type, stream.codec_name) == (0, "audio", "pcm_s16le")
        assert (stream.sample_rate, stream.channels, stream.format) == (48_000, 2, "s16")
        assert (stream.bits_per_coded_sample, stream.block_align, stream.bit_rate) == (16, 4, 1_536_000)
        assert (stream.time_base, stream.duration) == ((1, 48_000), 20_000)
        assert (stream.codec_tag, stream.extradata) == ("\x01\0\0\0", b"")
        assert (stream.width, stream.height, stream.display_matrix) == (0, 0, None)
        packets = list(container.packets())
    assert b"".join(bytes(packet.data) for packet in packets) == wave_data(20_000)
    assert all(packet.key and packet.stream_index == 0 for packet in packets)
    samples = 0
    for packet in packets:
        assert (packet.pts, packet.dts, packet.duration) == (samples, samples, packet.size // 4)
        samples += packet.duration


def test_path_may_be_a_string_with_a_colon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(tmp_path, "http:tone.wav", wave(100))
    monkeypatch.chdir(tmp_path)
    with Container.open("http:tone.wav") as container:
        assert all_data(container) == wave_data(100)


def test_file_object_is_read_from_its_position_on() -> None:
    file = io.BytesIO(b"something else" + wave())
    file.seek(14)
    with Container.open(file) as container:
        assert container.duration == 416_667
        assert all_data(container) == wave_data(20_000)
    assert not file.closed


@pytest.mark.parametrize("most", [1, 1000])
def test_unseekable_file_object(most: int) -> None:
    with Container.open(unseekable(wave(), most)) as container:
        assert all_data(container) == wave_data(20_000)


def test_file_object_that_returns_no_bytes_objects() -> None:
    class Array(io.BytesIO):
        def read(self, size: int | None = -1) -> bytearray:  # type: ignore[override]
            return bytearray(super().read(size))

    with Container.open(Array(wave(100))) as container:
        assert all_data(container) == wave_data(100)


def test_file_object_is_used_by_the_calling_thread_alone() -> None:
    threads = []

    class Recording(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            threads.append(threading.get_ident())
            return super().read(size)

    made, packets = encoded_video("mpeg4")
    with Container.open(Recording(written("mov", made, packets))) as container:
        assert len(list(container.packets())) == 12
    assert set(threads) == {threading.get_ident()}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the platform has no named pipes")
def test_other_threads_run_while_a_path_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.wav"
    os.mkfifo(pipe)
    # The data is more than a pipe holds, so neither side can finish without the other.
    samples = 500_000
    writer = threading.Thread(target=lambda: pipe.write_bytes(wave(samples)))
    writer.start()
    with Container.open(pipe) as container:
        assert sum(packet.size for packet in container.packets()) == 4 * samples
    writer.join()


def test_packets_outlive_the_container() -> None:
    with Container.open(io.BytesIO(wave(1000))) as container:
        packets = list(container.packets())
    assert b"".join(bytes(packet.data) for packet in packets) == wave_data(1000)


def test_packets_of_some_streams_only() -> None:
    made, packets = encoded_video("mpeg4")
    with ffbind.ContainerWriter.open(target := io.BytesIO(), "matroska") as writer:
        streams = [writer.add_stream(made) for _ in range(3)]
        for packet in packets:
            for stream in streams:
                writer.write(packet, stream)
    target.seek(0)
    with Container.open(target) as container:
        chosen = container.packets([container.streams[1], 2])
        assert [packet.stream_index for packet in chosen] == [1, 2] * 12


def test_discarded_stream_has_no_packets() -> None:
    with Container.open(io.BytesIO(wave(1000))) as container:
        (stream,) = container.streams
        assert not stream.discard
        stream.discard = True
        assert stream.discard
        assert list(container.packets()) == []
        stream.discard = False
        assert not stream.discard


def test_format_can_be_given() -> None:
    raw = wave_data(1000)
    with Container.open(io.BytesIO(raw), format="s16le", options={"sample_rate": "8000"}) as container:
        assert container.format_name == "s16le"
        assert container.streams[0].sample_rate == 8000
        assert all_data(container) == raw


def test_equal_streams() -> None:
    with Container.open(io.BytesIO(wave(10))) as one, Container.open(io.BytesIO(wave(10))) as other:
        assert one.streams == one.streams
        assert len({one.streams[0], one.streams[0]}) == 1
        assert one.streams != other.streams
        assert repr(one.streams[0]) == "<Stream 0: audio pcm_s16le>"


def test_missing_file() -> None:
    with pytest.raises(FileNotFoundError) as caught:
        Container.open("/does/not/exist.mp4")
    assert caught.value.filename == "/does/not/exist.mp4"


def test_directory(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        Container.open(tmp_path)


@pytest.mark.parametrize("data", [b"", bytes(5000), b"hello world\n" * 500], ids=["empty", "zeros", "text"])
def test_data_of_no_format(data: bytes) -> None:
    with pytest.raises(FFmpegError, match="avformat_open_input") as caught:
        Container.open(io.BytesIO(data))
    assert caught.value.code == INVALID_DATA


def test_unknown_demuxer_and_option() -> None:
    with pytest.raises(ValueError, match="no demuxer 'nonsense'"):
        Container.open(io.BytesIO(wave(10)), format="nonsense")
    with pytest.raises(ValueError, match="unknown options: nonsense"):
        Container.open(io.BytesIO(wave(10)), options={"nonsense": "1"})


@pytest.mark.parametrize("name", ["list.m3u8", "list.ffconcat"])
@pytest.mark.parametrize("from_path", [True, False])
def test_other_files_are_not_opened(tmp_path: Path, name: str, from_path: bool) -> None:
    saved(tmp_path, "tone.wav", wave(1000))
    texts = {
        "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\ntone.wav\n#EXT-X-ENDLIST\n",
        "list.ffconcat": "ffconcat version 1.0\nfile tone.wav\n",
    }
    path = saved(tmp_path, name, texts[name].encode())
    with pytest.raises(FFmpegError):
        Container.open(path if from_path else io.BytesIO(path.read_bytes()))


def test_cut_off_before_the_streams_are_known() -> None:
    made, packets = encoded_video("mpeg4")
    whole = written("mov", made, packets)
    with pytest.raises(FFmpegError):
        Container.open(io.BytesIO(whole[: len(whole) // 2]))


def test_cut_off_within_a_packet() -> None:
    whole, cut = wave(20_000), 60_001
    with Container.open(io.BytesIO(whole[:cut])) as container:
        *whole_packets, last = container.packets()
        assert (last.corrupt, [packet.corrupt for packet in whole_packets]) == (True, [False] * len(whole_packets))
        assert (44 + sum(packet.size for packet in whole_packets) + last.size) == cut
        assert list(container.packets()) == []
        stream = container.streams[0]
        assert stream.codec_name == "pcm_s16le"


class Unusual(BaseException):
    pass


@pytest.mark.parametrize("error", [KeyError("mine"), OSError(5, "mine"), Unusual("mine")], ids=repr)
def test_what_read_raises_at_opening_is_raised(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught:
        Container.open(Failing(wave(), error))
    assert caught.value is error


def test_what_seek_raises_is_raised() -> None:
    error = RuntimeError("mine")
    made, packets = encoded_video("mpeg4")
    with pytest.raises(RuntimeError) as caught:
        Container.open(Failing(written("mov", made, packets), error, name="seek"))
    assert caught.value is error


def test_what_read_raises_later_is_raised_once() -> None:
    error = Unusual("mine")
    file = Failing(wave(500_000), error, at=1 << 20)
    with Container.open(file) as container:
        file.fail_now()
        packets: list[ffbind.Packet] = []
        with pytest.raises(Unusual) as caught:
            packets.extend(container.packets())
        assert caught.value is error
        # The packets that had been read before were not lost.
        assert packets
        with pytest.raises(OSError, match="failed before"):
            next(container.packets())


@pytest.mark.parametrize(
    ("result", "error"),
    [("text", TypeError), (None, BlockingIOError), (bytes(1 << 20), ValueError)],
    ids=["text", "none", "too much"],
)
def test_read_returns_what_it_must_not(result: object, error: type[Exception]) -> None:
    class Wrong(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return result  # type: ignore[return-value]

    with pytest.raises(error):
        Container.open(Wrong())


def test_reading_continues_where_it_is_told_to() -> None:
    with Container.open(io.BytesIO(wave())) as container:
        all_packets = [(packet.pts, bytes(packet.data)) for packet in container.packets()]
        for start, data in (all_packets[3], all_packets[0], all_packets[-1]):
            assert start is not None
            container.seek(container.streams[0], start)
            assert next(container.contents([0]))[1:3] == (data, start)
    with Container.open(unseekable(wave())) as container, pytest.raises(FFmpegError):
        container.seek(0, 4096)


def test_an_error_of_the_file_object_is_raised_where_reading_continues() -> None:
    file = Failing(wave(200_000), Unusual(), name="seek", at=1 << 60)
    with Container.open(file) as container:
        file.fail_now()
        with pytest.raises(Unusual):
            container.seek(0, 150_000)


def test_closed_container_is_refused() -> None:
    container = Container.open(io.BytesIO(wave(10)))
    stream = container.streams[0]
    iterator = container.packets()
    container.close()
    container.close()
    uses: list[Callable[[], object]] = [
        lambda: container.streams,
        lambda: container.duration,
        lambda: container.metadata,
        lambda: container.format_name,
        lambda: stream.codec_name,
        lambda: stream.time_base,
        lambda: stream.extradata,
        lambda: next(iterator),
    ]
    for use in uses:
        with pytest.raises(ClosedError, match="this Container is closed"):
            use()


def test_forgotten_container_is_freed() -> None:
    container = Container.open(io.BytesIO(wave(10)))
    assert ffbind.live_objects()["Container"] == 1
    del container
    assert "Container" not in ffbind.live_objects()


def test_container_is_not_used_from_its_own_file_object() -> None:
    class Meddling(io.BytesIO):
        container: Container | None = None

        def read(self, size: int | None = -1) -> bytes:
            if self.container is not None:
                self.container.close()
            return super().read(size)

    file = Meddling(wave(200_000))
    with Container.open(file) as container:
        file.container = container
        with pytest.raises(ffbind.BusyError):
            list(container.packets())
        file.container = None


def test_two_threads_do_not_use_a_container_at_once() -> None:
    reading, go_on = threading.Event(), threading.Event()

    class Slow(io.BytesIO):
        slow = False

        def read(self, size: int | None = -1) -> bytes:
            if self.slow:
                reading.set()
                go_on.wait()
            return super().read(size)

    file = Slow(wave(200_000))
    with Container.open(file) as container:
        file.slow = True
        sizes: list[int] = []
        thread = threading.Thread(target=lambda: sizes.extend(packet.size for packet in container.packets()))
        thread.start()
        reading.wait()
        with pytest.raises(ffbind.BusyError):
            next(container.packets())
        with pytest.raises(ffbind.BusyError):
            container.close()
        go_on.set()
        thread.join()
        assert sum(sizes) == 800_000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
def test_container_is_refused_in_a_forked_child() -> None:
    with Container.open(io.BytesIO(wave(10))) as container:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            try:
                container.streams  # noqa: B018
            except ClosedError as error:
                container.close()
                os._exit(0 if "before the process forked" in str(error) else 2)
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert all_data(container) == wave_data(10)


def test_header_alone_has_no_packets() -> None:
    with Container.open(io.BytesIO(wave_header(0))) as container:
        assert list(container.packets()) == []


def test_contents_are_copies_of_the_packets() -> None:
    made, packets = encoded_video("mpeg4", options={"sc_threshold": "1000000000"})
    data = written("mov", made, packets)
    with Container.open(io.BytesIO(data)) as container:
        expected = [
            (p.stream_index, p.tobytes(), p.pts, p.dts, p.duration, p.key, p.corrupt, p.all_side_data())
            for p in container.packets()
        ]
    with Container.open(io.BytesIO(data)) as container:
        contents = list(container.contents())
    assert [content[:-1] for content in contents] == expected
    # Each packet is at its position in the file.
    assert all(data[content.position :].startswith(content.data) for content in contents)
    assert {content.key for content in contents} == {True, False}


def test_contents_have_side_data() -> None:
    made, packets = encoded_audio("libmp3lame", "fltp")
    data = written("mp3", made, packets)
    with Container.open(io.BytesIO(data)) as container:
        expected = [packet.side_data(SKIP_SAMPLES) for packet in container.packets()]
    assert expected[0]
    with Container.open(io.BytesIO(data)) as container:
        assert [content.side_data.get(SKIP_SAMPLES) for content in container.contents()] == expected


def test_contents_of_some_streams_and_of_a_cut_file() -> None:
    with Container.open(io.BytesIO(wave(20_000)[:60_001])) as container:
        assert list(container.contents([1])) == []
    with Container.open(io.BytesIO(wave(20_000)[:60_001])) as container:
        contents = list(container.contents([0]))
        assert [content.corrupt for content in contents] == [False] * (len(contents) - 1) + [True]
        assert b"".join(content.data for content in contents) == wave_data(20_000)[: 60_001 - len(wave_header(20_000))]
    with Container.open(io.BytesIO(wave(20_000))) as container:
        container.streams[0].discard = True
        assert list(container.contents()) == []


def test_contents_of_a_closed_container_are_refused() -> None:
    container = Container.open(io.BytesIO(wave(20_000)))
    contents = container.contents()
    assert next(contents).pts == 0
    container.close()
    with pytest.raises(ClosedError, match="this Container is closed"):
        next(contents)
    assert ffbind.live_objects() == {}
