"""Temporal layers of libaom."""

import pytest

from ffbind import (
    Encoder,
    EncoderSettings,
    Frame,
    LayeredFrame,
    PictureParameters,
    UnsupportedLibraryError,
    can_set_aom_layers,
    set_aom_layer,
    set_aom_layers,
)

OPTIONS = {"usage": "realtime", "cpu-used": "8", "lag-in-frames": "0", "minrate": "200000", "maxrate": "200000"}
SOURCE = PictureParameters(width=64, height=64, format="yuv420p", framerate=(30, 1))


def picture(number: int) -> Frame:
    frame = Frame.video(64, 64, "yuv420p")
    for plane in frame.writable_planes():
        plane.data[:] = bytes([20 + 7 * number]) * len(plane.data)
    return frame


def test_frames_have_the_layers_that_are_set() -> None:
    if not can_set_aom_layers():
        pytest.skip("this FFmpeg has no libaom whose functions can be called")
    with Encoder("libaom-av1", SOURCE, EncoderSettings(bit_rate=200_000), options=OPTIONS) as encoder:
        set_aom_layers(encoder, [100_000, 140_000, 200_000])
        packets = []
        for number, layer in enumerate((0, 2, 1, 2, 0)):
            set_aom_layer(encoder, LayeredFrame(layer, 0, 0 if layer == 0 else None))
            with picture(number) as frame:
                packets += encoder.encode_to_content(frame, pts=number)
    # AV1 § 5.3.2, § 5.3.3: an OBU's header may have an extension, whose three high bits are the layer. In the first
    # packet, another OBU precedes that of the frame.
    headers = [packet.data[2:4] for packet in packets[1:]]
    assert [extension >> 5 if header & 4 else 0 for header, extension in headers] == [2, 1, 2, 0]


def test_an_encoder_of_another_kind_is_refused() -> None:
    with Encoder("mpeg4", SOURCE) as encoder, pytest.raises(UnsupportedLibraryError):
        set_aom_layers(encoder, [100_000, 200_000])
