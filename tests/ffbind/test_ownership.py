"""Ownership: counting, freeing once, forks, the end of the interpreter, threads."""

import gc
import os
import resource
import subprocess
import sys
import threading

import pytest

import ffbind
from ffbind import Decoder, DecoderSettings, Encoder, EncoderSettings, Frame, Packet, PictureParameters
from tests.ffbind.codec_signals import decode_all, encode_pictures, flat_picture, mean_luma

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")


def mpeg4_stream(pictures: int = 8) -> list[Packet]:
    """A stream of an encoder that is in every FFmpeg."""
    encoder = Encoder(
        "mpeg4",
        PictureParameters(width=128, height=96, format="yuv420p", framerate=(25, 1)),
        EncoderSettings(bit_rate=2_000_000),
    )
    return encode_pictures(encoder, [flat_picture(index) for index in range(pictures)])


def test_everything_is_counted_until_it_is_closed() -> None:
    frame, packet = Frame.video(16, 16, "gray"), Packet(b"x")
    decoder = Decoder("mpeg4")
    encoder = Encoder("mpeg4", PictureParameters(width=16, height=16, format="yuv420p", framerate=(25, 1)))
    assert ffbind.live_objects() == {"Frame": 1, "Packet": 1, "Decoder": 1, "Encoder": 1}
    for owner in (frame, packet, decoder, encoder):
        owner.close()
    assert ffbind.live_objects() == {}


def test_everything_is_freed_on_collection() -> None:
    cycle: list[object] = [Frame.video(16, 16, "gray"), Packet(b"x"), Decoder("mpeg4")]
    cycle.append(cycle)
    del cycle
    gc.collect()
    assert ffbind.live_objects() == {}


def test_what_fails_to_open_leaves_nothing() -> None:
    with pytest.raises(ffbind.FFmpegError, match=r"avcodec_find_decoder\('nonsense'\): Decoder not found"):
        Decoder("nonsense")
    with pytest.raises(ValueError, match="unknown options: nonsense"):
        Decoder("mpeg4", options={"nonsense": "1"})
    with pytest.raises(ffbind.FFmpegError, match=r"avcodec_open2\(mpeg4\): Invalid argument"):
        Encoder("mpeg4", PictureParameters(width=0, height=0, format="yuv420p", framerate=(25, 1)))
    assert ffbind.live_objects() == {}


def test_no_memory_is_lost_over_a_thousand_decoders() -> None:
    packets = mpeg4_stream(3)

    def open_and_close(times: int) -> None:
        for index in range(times):
            decoder = Decoder("mpeg4")
            for packet in packets:
                decoder.decode(bytes(packet.data), packet.pts)
            if index % 2:
                decoder.close()

    open_and_close(200)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    open_and_close(1000)
    # A lost picture would be 18 kB, a lost context 100: the peak, in kB, would grow by tens of thousands.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4_000
    assert ffbind.live_objects() == {"Packet": 3}


def test_two_threads_decode_at_once() -> None:
    packets = mpeg4_stream()
    results: dict[int, list[float]] = {}
    together = threading.Barrier(2)

    def work(number: int) -> None:
        together.wait()
        with Decoder("mpeg4") as decoder:
            for _ in range(20):
                results[number] = [round(mean_luma(frame)) for frame in decode_all(decoder, packets)]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results[0] == results[1] == [20 + 13 * index for index in range(8)]


def test_a_decoder_in_use_by_another_thread_is_refused() -> None:
    decoder = Decoder("mpeg4")
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with decoder._turn:
            entered.set()
            leave.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    entered.wait()
    try:
        for use in (lambda: decoder.decode(b"x", 0), decoder.drain, decoder.receive, decoder.close):
            with pytest.raises(ffbind.BusyError):
                use()
    finally:
        leave.set()
        thread.join()
    assert decoder.drain() == []
    decoder.close()


def in_child(work: object) -> str:
    """The value that `work` returns in a forked child. It must not fail or hang there."""
    assert callable(work)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(write, str(work()).encode())
            os._exit(0)
        except BaseException as error:
            os.write(write, repr(error).encode())
            os._exit(1)
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.read()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, text
    return text


@needs_fork
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_refuses_what_was_made_before() -> None:
    packets = mpeg4_stream()
    decoder = Decoder("mpeg4", settings=DecoderSettings(threads=2))
    frames = [frame for packet in packets for frame in decoder.decode(bytes(packet.data), packet.pts)]

    def refusals() -> list[str]:
        texts = []
        for use in (
            lambda: decoder.decode(b"x", 0),
            decoder.drain,
            lambda: decoder.width,
            lambda: frames[0].width,
            frames[0].planes,
            frames[0].ref,
            lambda: packets[0].data,
        ):
            try:
                use()
            except ffbind.ClosedError as error:
                texts.append(str(error).split()[1])
        return texts

    assert in_child(refusals) == str(["Decoder"] * 3 + ["Frame"] * 3 + ["Packet"])
    assert len(frames) + len(decoder.drain()) == 8


@needs_fork
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_frees_nothing_of_its_parent_and_can_decode_anew() -> None:
    packets = mpeg4_stream()
    data = [(bytes(packet.data), packet.pts) for packet in packets]
    kept = [Decoder("mpeg4", settings=DecoderSettings(threads=4))]
    for bytes_, pts in data:
        kept[0].decode(bytes_, pts)

    def decode_anew() -> object:
        kept[0].close()
        kept.clear()
        gc.collect()
        with Decoder("mpeg4", settings=DecoderSettings(threads=2)) as decoder:
            count = sum(len(decoder.decode(bytes_, pts)) for bytes_, pts in data) + len(decoder.drain())
        return count, ffbind.live_objects()

    assert in_child(decode_anew) == "(8, {})"
    assert ffbind.live_objects() == {"Packet": 8, "Decoder": 1}
    kept[0].close()


# A thread that has not been joined is in the middle of decoding when the interpreter goes.
DECODE_ON = "threading.Thread(target=lambda: [again() for _ in iter(int, 1)], daemon=True).start()"


@pytest.mark.parametrize("ending", ["pass", "raise SystemExit", DECODE_ON])
def test_the_interpreter_ends_cleanly_with_everything_open(ending: str) -> None:
    code = f"""if True:
        import threading, ffbind
        pictures = ffbind.PictureParameters(width=64, height=48, format="yuv420p", framerate=(25, 1))
        encoder = ffbind.Encoder("mpeg4", pictures, ffbind.EncoderSettings(threads=2))
        decoder = ffbind.Decoder("mpeg4", settings=ffbind.DecoderSettings(threads=4))
        frames, packets = [], []
        for pts in range(20):
            frame = ffbind.Frame.video(64, 48, "yuv420p")
            frame.pts = pts
            for packet in encoder.encode(frame):
                packets.append(packet)
                frames += decoder.decode(bytes(packet.data), packet.pts)
        def again():
            with ffbind.Decoder("mpeg4", settings=ffbind.DecoderSettings(threads=2)) as other:
                return [other.decode(bytes(packet.data), packet.pts) for packet in packets]
        class Cycle: pass
        cycle = Cycle()
        cycle.me, cycle.held = cycle, [frames, decoder, encoder, frames[0].planes()]
        print(len(frames), flush=True)
        {ending}
    """
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout == "17\n"
