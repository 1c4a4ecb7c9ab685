"""A KeyboardInterrupt at any line of ffbind leaves no object of FFmpeg behind, and frees none twice.

In each run one line is interrupted, or the instruction after a call, while an object is made, used, and closed or
dropped. FFmpeg's own functions are counted: what they have made they have freed, once.
"""

import ctypes
import gc
import io
import pkgutil
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest

import ffbind
from codecmodel.web import finalizers
from ffbind import (
    BitstreamFilter,
    Chapter,
    Container,
    ContainerWriter,
    Decoder,
    Encoder,
    EncoderSettings,
    Frame,
    Packet,
    PictureKind,
    PictureParameters,
    PicturePool,
    Resampler,
    SampleParameters,
    Scaler,
    StreamHeader,
    StreamParameters,
    lending,
)
from ffbind.frame_memory import _spares
from tests.codecmodel.faults.interrupts import Interrupter, InterrupterAfterCalls, interrupted_at_each_line

#: The first two have no object of FFmpeg, and the others are about loading FFmpeg.
MODULES = [
    import_module(f"ffbind.{module.name}")
    for module in pkgutil.iter_modules(ffbind.__path__)
    if module.name not in {"exclusive", "file_methods", "library", "library_search", "loading", "layout", "prototypes"}
]

MAKING = (
    *("av_frame_alloc", "av_packet_alloc", "avcodec_alloc_context3", "avio_alloc_context", "avformat_alloc_context"),
    *("sws_alloc_context", "swr_alloc_set_opts", "av_buffer_create", "av_malloc"),
)
#: These make, free or replace that to which they get a pointer by reference.
CHANGING = (
    *("avio_open2", "avformat_alloc_output_context2", "av_bsf_alloc", "swr_alloc_set_opts2", "av_dict_set"),
    *("av_frame_free", "av_packet_free", "avcodec_free_context", "avio_context_free", "avio_closep", "swr_free"),
    *("avformat_close_input", "av_bsf_free", "av_buffer_unref", "av_dict_free"),
    *("avformat_open_input", "avformat_write_header", "avcodec_open2"),
    *("avcodec_free_context_keeping_gil", "avcodec_open2_keeping_gil"),
)
#: This gets the address itself.
FREEING = ("sws_freeContext",)


class NativeObjects:
    """The addresses of the objects that FFmpeg's functions have made and not freed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.alive: dict[int, str] = {}
        library = ffbind.load()
        for functions in (library.avutil, library.avcodec, library.avformat, library.swscale, library.swresample):
            for name in MAKING + CHANGING + FREEING:
                if functions.has(name):
                    monkeypatch.setattr(functions, name, self.counted(name, getattr(functions, name)))
            if functions.has("av_freep"):
                monkeypatch.setattr(functions, "av_freep", self.counted_freep(functions.av_freep))

    def counted(self, name: str, function: Callable[..., int | None]) -> Callable[..., int | None]:
        def call(*arguments: object) -> int | None:
            targets = [getattr(argument, "_obj", None) for argument in arguments]
            pointers = [target for target in targets if isinstance(target, ctypes.c_void_p)]
            before = [arguments[0]] if name in FREEING else [pointer.value for pointer in pointers]
            for address in filter(None, before):
                assert isinstance(address, int)
                # It is an error to free what is not alive.
                self.alive.pop(address)
            answer = function(*arguments)
            if name == "avio_alloc_context" and answer and isinstance(arguments[0], ctypes.c_void_p):
                # The buffer belongs to the context now, which may replace it.
                self.alive.pop(arguments[0].value or 0)
            for address in [answer] if name in MAKING else [pointer.value for pointer in pointers]:
                if address:
                    self.alive[address] = name
            return answer

        return call

    def counted_freep(self, function: Callable[..., None]) -> Callable[..., None]:
        """Its argument points to a pointer."""

        def call(place: object) -> None:
            pointer = ctypes.c_void_p.from_address(place) if isinstance(place, int) else getattr(place, "_obj", None)
            if isinstance(pointer, ctypes.c_void_p):
                self.alive.pop(pointer.value or 0, None)
            function(place)

        return call


def give_back() -> None:
    """Free what ffbind keeps for use again."""
    # Cycles that an exception has made are young.
    gc.collect(0)
    lending.reclaim()
    _spares.clear()


@pytest.fixture
def native(monkeypatch: pytest.MonkeyPatch) -> Iterator[NativeObjects]:
    give_back()
    with monkeypatch.context() as patches:
        patches.setattr(finalizers, "_DELAY_SECONDS", 0.001)
        yield NativeObjects(patches)


PICTURES = PictureParameters(width=32, height=32, format="yuv420p", framerate=(25, 1))
SOUND = SampleParameters("s16", 8000, 1)


def picture(pts: int = 0) -> Frame:
    frame = Frame.video(32, 32, "yuv420p")
    for plane in frame.writable_planes():
        plane.data[:] = bytes(len(plane.data))
    frame.pts = pts
    return frame


# Each makes and uses an object, and returns it.


def a_frame() -> Frame:
    return picture().ref()


def samples() -> Frame:
    return Frame.audio(16, "s16", 1, 8000)


def a_lent_picture() -> Frame:
    return ffbind.lend_picture(32, 32, "yuv420p", [(bytearray(1024), 32), (bytearray(256), 16), (bytearray(256), 16)])


def a_packet() -> Packet:
    return Packet.of(Packet(b"123", pts=1).content())


def an_encoder() -> Encoder:
    encoder = Encoder("mpeg4", PICTURES, EncoderSettings(max_b_frames=0), options={"data_partitioning": "0"})
    for _ in range(2):
        encoder.encode_to_content(picture())
        encoder.drain()
    return encoder


def a_decoder() -> Decoder:
    decoder = Decoder("mpeg4", StreamHeader(extradata=b"\0\0\1\xb0"))
    decoder.decode(STREAM[0], 0)
    decoder.drain()
    return decoder


def a_scaler() -> Scaler:
    scaler = Scaler(PictureKind(32, 32, "yuv420p"), PictureKind(16, 16, "rgb24"))
    scaler.scale(picture())
    return scaler


def a_pool() -> PicturePool:
    pool = PicturePool(16, 16, "rgb24")
    pool.take()
    return pool


def a_resampler() -> Resampler:
    resampler = Resampler(SOUND, SampleParameters("fltp", 16000, 2))
    resampler.convert(samples())
    resampler.convert(None)
    return resampler


def a_filter() -> BitstreamFilter:
    bitstream_filter = BitstreamFilter("dump_extra", "mpeg4", extradata=b"\0\0\1\xb0", options={"freq": "k"})
    bitstream_filter.filter(Packet(b"\0\0\1\xb6", key=True))
    bitstream_filter.drain()
    return bitstream_filter


def a_writer(target: "Path | io.BytesIO") -> ContainerWriter:
    writer = ContainerWriter.open(target, "matroska", metadata={"title": "t"})
    parameters = StreamParameters(codec_name="mpeg4", time_base=(1, 25), width=32, height=32, extradata=b"\0\0\1\xb0")
    stream = writer.add_stream(parameters)
    writer.set_chapters([Chapter((1, 1), 0, 1, {"title": "c"})])
    writer.write(Packet(STREAM[0], pts=0, dts=0, key=True), stream)
    return writer


def a_container(source: "Path | io.BytesIO") -> Container:
    container = Container.open(source)
    list(container.contents())
    container.seek(0, 0)
    list(container.packets())
    return container


def a_container_that_fails() -> Container:
    with suppress(ffbind.FFmpegError):
        return Container.open(io.BytesIO(b"no media" * 99))
    return Container.open(copy_of_file())


def _stream() -> list[bytes]:
    with Encoder("mpeg4", PICTURES) as encoder:
        return [one.data for one in encoder.encode_to_content(picture())] + [one.tobytes() for one in encoder.drain()]


def _file() -> io.BytesIO:
    target = io.BytesIO()
    a_writer(target).close()
    return target


STREAM = _stream()
FILE = _file()


def copy_of_file() -> io.BytesIO:
    """A file object with a video of one frame."""
    return io.BytesIO(FILE.getvalue())


@pytest.mark.parametrize("ending", ["closed", "dropped"])
@pytest.mark.parametrize(
    "make",
    [
        a_frame,
        samples,
        a_lent_picture,
        a_packet,
        an_encoder,
        a_decoder,
        a_scaler,
        a_pool,
        a_resampler,
        a_filter,
        lambda path: a_writer(path),
        lambda path: a_writer(io.BytesIO()),
        lambda path: a_container(path),
        lambda path: a_container(copy_of_file()),
        a_container_that_fails,
    ],
    ids=lambda make: make.__name__.strip("<>"),
)
def test_what_was_made_is_freed_once(
    make: Callable[..., Frame | Packet | Encoder | Decoder | Scaler | PicturePool | Container | ContainerWriter],
    ending: str,
    native: NativeObjects,
    tmp_path: Path,
) -> None:
    path = tmp_path / "file.mkv"
    arguments = [path] if make.__code__.co_argcount else []

    def use(interrupter: Interrupter) -> None:
        with interrupter.interrupting():
            made = make(*arguments)
            if ending == "closed":
                made.close()
            del made

    def run(interrupter: Interrupter) -> None:
        path.write_bytes(FILE.getvalue())
        raised = False
        try:
            use(interrupter)
        except KeyboardInterrupt:
            raised = True
        assert raised == (interrupter.line is not None)
        give_back()
        assert native.alive == {}, interrupter.line
        assert ffbind.live_objects() == {}, interrupter.line

    lines = interrupted_at_each_line(MODULES, run, visits=1, interrupters=InterrupterAfterCalls)
    print(len(lines), "interrupts at", len(set(lines)), "lines")
    assert len(lines) > 20
    assert sys.gettrace() is None


def test_an_interrupted_close_is_finished_by_the_next(monkeypatch: pytest.MonkeyPatch, native: NativeObjects) -> None:
    for made, (functions, name) in (
        (Decoder("mpeg4"), (ffbind.load().avcodec, "avcodec_free_context_keeping_gil")),
        (Packet(b"1")._memory, (ffbind.load().avcodec, "av_packet_free")),
    ):
        free = getattr(functions, name)

        def interrupted_free(pointer: object, free: Callable[[object], None] = free) -> None:
            free(pointer)
            raise KeyboardInterrupt

        assert made is not None
        with monkeypatch.context() as patches:
            patches.setattr(functions, name, interrupted_free)
            with pytest.raises(KeyboardInterrupt):
                made.close()
        with pytest.raises(ffbind.ClosedError):
            _ = made.address
        made.close()
    assert native.alive == {}
