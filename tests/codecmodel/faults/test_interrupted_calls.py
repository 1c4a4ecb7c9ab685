"""After a KeyboardInterrupt at any line of a call of ffbind, the object is not in use: it can be closed."""

from collections.abc import Callable
from contextlib import suppress
from importlib import import_module

import pytest

from ffbind import BitstreamFilter, Container, ContainerWriter, Decoder, Encoder, Packet, Resampler, Scaler
from tests.codecmodel.faults import test_interrupted_owners as owners
from tests.codecmodel.faults.interrupts import Interrupter, InterrupterAfterCalls, interrupted_at_each_line

_MODULES = [*owners.MODULES, import_module("ffbind.exclusive")]


def _decode(decoder: Decoder) -> None:
    decoder.decode(owners.STREAM[0], 0)
    decoder.drain()


def _encode(encoder: Encoder) -> None:
    encoder.encode_to_content(owners.picture())
    encoder.drain()


def _read(container: Container) -> None:
    container.seek(0, 0)
    list(container.contents())
    container.seek(0, 0)
    list(container.packets())


def _write(writer: ContainerWriter) -> None:
    writer.write(Packet(owners.STREAM[0], pts=40, dts=40, key=True), 0)


def _scale(scaler: Scaler) -> None:
    scaler.scale(owners.picture())


def _resample(resampler: Resampler) -> None:
    resampler.convert(owners.samples())


def _filter(bitstream_filter: BitstreamFilter) -> None:
    bitstream_filter.drain()


@pytest.mark.parametrize(
    ("make", "use"),
    [
        (owners.a_decoder, _decode),
        (owners.an_encoder, _encode),
        (lambda: owners.a_container(owners.copy_of_file()), _read),
        (lambda: owners.a_writer(owners.copy_of_file()), _write),
        (owners.a_scaler, _scale),
        (owners.a_resampler, _resample),
        (owners.a_filter, _filter),
    ],
    ids=lambda function: function.__name__.strip("_"),
)
def test_an_object_can_be_closed_after_an_interrupt(
    make: Callable[[], Decoder], use: Callable[[Decoder], None]
) -> None:
    def run(interrupter: Interrupter) -> None:
        made = make()
        with suppress(KeyboardInterrupt), interrupter.interrupting():
            use(made)
        # This raises BusyError if a call was not left.
        made.close()

    lines = interrupted_at_each_line(_MODULES, run, visits=1, interrupters=InterrupterAfterCalls)
    assert any("exclusive.py" in str(line) for line in lines)
