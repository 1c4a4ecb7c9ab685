"""libaom's quantizer, set from frame to frame."""

from collections.abc import Iterator

import pytest

import ffbind
from ffbind import (
    Decoder,
    Encoder,
    EncoderSettings,
    PictureParameters,
    UnsupportedLibraryError,
    can_set_aom_quantizer,
    set_aom_quantizer,
)
from ffbind.aom_quantizer import last_aom_quantizer
from tests.ffbind.codec_signals import HEIGHT, PICTURES, WIDTH, decode_all, noise_picture, pixels

#: Some of the 64 quantizers, and their indices in the bitstream.
INDICES = {0: 0, 1: 4, 10: 40, 20: 80, 30: 120, 40: 160, 50: 200, 60: 240, 61: 244, 62: 249, 63: 255}


@pytest.fixture
def encoder() -> Iterator[Encoder]:
    if not can_set_aom_quantizer():
        pytest.skip("this FFmpeg has no libaom that can be reached")
    with new_encoder("realtime") as made:
        yield made


def new_encoder(usage: str) -> Encoder:
    options = {"usage": usage, "cpu-used": "8", "lag-in-frames": "0", "crf": "30", "aq-mode": "0"}
    options["aom-params"] = "deltaq-mode=0"
    return Encoder("libaom-av1", PICTURES, EncoderSettings(bit_rate=0), options=options)


@pytest.mark.parametrize("usage", ["realtime", "good"])
def test_every_frame_has_exactly_its_quantizer(usage: str, encoder: Encoder) -> None:
    with new_encoder(usage) as made:
        for number, (quantizer, index) in enumerate([*INDICES.items(), *INDICES.items()]):
            set_aom_quantizer(made, quantizer)
            frame = noise_picture(number)
            assert len(made.encode(frame, pts=number, key_frame=number % 3 == 0)) == 1
            assert last_aom_quantizer(made) == index


def test_quantizer_zero_of_a_key_frame_is_lossless(encoder: Encoder) -> None:
    set_aom_quantizer(encoder, 0)
    (frame,) = decode_all(Decoder("libdav1d"), encoder.encode(noise_picture(5)))
    assert pixels(frame) == pixels(noise_picture(5))


def test_what_libaom_refuses_is_an_error(encoder: Encoder) -> None:
    with pytest.raises(ffbind.FFbindError, match="libaom refused the quantizer 64"):
        set_aom_quantizer(encoder, 64)


def test_a_structure_with_other_content_is_not_trusted(encoder: Encoder) -> None:
    """The structure is not trusted unless it has the expected content."""
    encoder.fields.width += 1
    with pytest.raises(UnsupportedLibraryError, match="structure for libaom is not known"):
        set_aom_quantizer(encoder, 20)
    encoder.fields.width -= 1
    set_aom_quantizer(encoder, 20)


def test_other_encoders_have_no_libaom() -> None:
    with (
        Encoder("mpeg4", PictureParameters(width=WIDTH, height=HEIGHT, format="yuv420p", framerate=(30, 1))) as encoder,
        pytest.raises(UnsupportedLibraryError, match="libaom"),
    ):
        set_aom_quantizer(encoder, 20)
