"""libopus, with the settings that FFmpeg has no options for."""

import numpy as np
import pytest

import ffbind
from ffbind import Frame, OpusEncoder, OpusSignal, SampleParameters, UnsupportedLibraryError
from tests.ffbind.codec_signals import RATE, encode_tone, tone

CELT_ONLY = 16


@pytest.fixture(autouse=True)
def libopus() -> None:
    if ffbind.find_encoder("libopus") is None:
        pytest.skip("this FFmpeg has no encoder libopus")
    if not ffbind.can_reach_libopus():
        pytest.skip("this FFmpeg's libopus cannot be reached")


def silence(index: int) -> Frame:
    frame = Frame.audio(960, "flt", 1, RATE)
    np.frombuffer(frame.writable_planes()[0].data, np.float32)[:] = 0
    frame.pts = 960 * index
    return frame


def modes(signal: OpusSignal) -> set[bool]:
    """Whether packets of a tone are without linear prediction (RFC 6716, table 2)."""
    with OpusEncoder(SampleParameters("flt", RATE, 2), bit_rate=32_000, signal=signal) as encoder:
        return {packet.data[0] >> 3 >= CELT_ONLY for packet in encode_tone(encoder, "flt", 20)}


def test_the_kind_of_signal_decides_on_the_mode() -> None:
    assert modes(OpusSignal.MUSIC) == {True}
    assert modes(OpusSignal.VOICE) == {False}


def test_silence_is_not_transmitted_and_that_stays_so_in_a_new_stream() -> None:
    options = {"application": "voip"}
    for dtx, has_gaps in ((True, True), (False, False)):
        with OpusEncoder(SampleParameters("flt", RATE, 1), bit_rate=16_000, dtx=dtx, options=options) as made:
            for _ in range(2):
                packets = []
                for index in range(50):
                    packets += made.encode(silence(index))
                packets += made.drain()
                assert any(packet.size == 1 for packet in packets) == has_gaps


def test_an_encoder_with_other_answers_is_not_trusted() -> None:
    """The structure is not trusted unless it answers as it should."""
    encoder = OpusEncoder(SampleParameters("flt", RATE, 2), options={"packet_loss": "7"})
    assert encoder._libopus_encoder()
    encoder._options["packet_loss"] = "8"
    with pytest.raises(UnsupportedLibraryError, match="structure for libopus is not known"):
        encoder._libopus_encoder()
    encoder.encode(tone(0, 960, "flt"))
