"""Streams that begin at a recovery point of H.264 or a CRA picture of H.265."""

import json
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from codecmodel.files import Demuxer
from codecmodel.platform.ffmpeg.decoding.random_access import begins_anew
from codecmodel.platform.ffmpeg.decoding.video_decoder import FFmpegVideoDecoder
from codecmodel.registry.avc import AvcRegistration, avcc_from_annex_b
from codecmodel.registry.bit_reader import BitReader
from codecmodel.registry.hevc import HevcRegistration
from codecmodel.registry.nal_units import annex_b_units, without_emulation_prevention
from ffbind import Encoder, EncoderSettings, Frame, PictureParameters, find_encoder
from tests.codecmodel.platform.ffmpeg.decoding.streams import run, use_processors

FAULTS = Path(os.environ.get("CODECMODEL_MEDIA", "/nonexistent"), "../faults")
AVC = {
    "pyramid": "bframes=3:b-adapt=0:b-pyramid=normal",
    "strict pyramid": "bframes=3:b-adapt=0:b-pyramid=strict",
    "few references": "bframes=2:b-adapt=0:ref=1",
    "many references": "bframes=2:b-adapt=0:ref=6",
    "slices": "bframes=2:b-adapt=0:slices=4",
}
HEVC = {"pyramid": "bframes=3:b-adapt=0", "no pyramid": "bframes=3:b-adapt=0:b-pyramid=0"}


@cache
def open_gops(encoder: str, parameters: str, frames: int = 50) -> Sequence[bytes]:
    """Chunks with a key picture in every ten, between which pictures refer to each other."""
    if find_encoder(encoder) is None:
        pytest.skip(f"this FFmpeg has no {encoder}")
    pictures = PictureParameters(width=128, height=96, format="yuv420p", framerate=(25, 1))
    common = "annexb=1:open-gop=1:keyint=10:min-keyint=10:scenecut=0:repeat-headers=1:"
    options = {f"{encoder[3:]}-params": common + parameters}
    chunks = []
    with Encoder(encoder, pictures, EncoderSettings(), options=options) as made:
        for number in range(frames):
            with Frame.video(128, 96, "yuv420p") as frame:
                for plane in frame.writable_planes():
                    samples = np.frombuffer(plane.data, np.uint8)
                    samples[:] = (np.arange(samples.size) // 3 + 5 * number) % 200 + 16
                chunks += made.encode(frame, pts=number)
        chunks += made.drain()
        return [chunk.tobytes() for chunk in chunks]


def recovery_points(codec: str, chunks: Sequence[bytes]) -> list[int]:
    registration = AvcRegistration() if codec == "avc" else HevcRegistration()
    return [
        number
        for number, chunk in enumerate(chunks)
        if registration.is_key_chunk(None, chunk) and not begins_anew(codec, None, 0, chunk)
    ]


def is_reference(chunk: bytes) -> bool:
    """nal_ref_idc of the first slice."""
    return any(unit[0] & 0x60 for unit in annex_b_units(chunk) if 1 <= unit[0] & 0x1F <= 5)


def frame_number(chunk: bytes) -> int:
    """frame_num of the first slice, of four bits."""
    for unit in annex_b_units(chunk):
        if 1 <= unit[0] & 0x1F <= 5:
            bits = BitReader(without_emulation_prevention(unit[:20]), 1)
            bits.ue(), bits.ue(), bits.ue()
            return bits.bits(4)
    raise AssertionError("a chunk without a slice")


def in_avc_format(chunk: bytes) -> bytes:
    return b"".join(len(unit).to_bytes(4, "big") + bytes(unit) for unit in annex_b_units(chunk))


@pytest.mark.parametrize("processors", [1, 4])
@pytest.mark.parametrize("behind", [0, 1000])
@pytest.mark.parametrize(
    ("codec", "parameters"),
    [("avc", parameters) for parameters in AVC.values()] + [("hevc", parameters) for parameters in HEVC.values()],
)
def test_a_stream_may_begin_there(
    codec: str, parameters: str, behind: int, processors: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames that refer to missing frames are left out; all others are as in the whole stream."""
    use_processors(monkeypatch, processors)
    chunks = open_gops("libx264" if codec == "avc" else "libx265", parameters)
    whole = run(codec, chunks, flush=True)
    assert (len(whole.timestamps), whole.error) == (50, None)
    points = recovery_points(codec, chunks)
    assert len(points) >= 3
    for point in points:
        rest = chunks[point:]
        cut = run(codec, rest, waiting=[behind] * len(rest), flush=True)
        assert cut.error is None
        begin = whole.timestamps.index(point)
        assert [timestamp + point for timestamp in cut.timestamps] == whole.timestamps[begin:]
        assert cut.pixels == whole.pixels[begin:]


@pytest.mark.parametrize("codec", ["avc", "hevc"])
def test_a_flush_soon_after_it_gives_all_frames(codec: str) -> None:
    chunks = open_gops("libx264" if codec == "avc" else "libx265", (AVC if codec == "avc" else HEVC)["pyramid"])
    whole = run(codec, chunks, flush=True)
    pixels = dict(zip(whole.timestamps, whole.pixels, strict=True))
    point = recovery_points(codec, chunks)[0]
    for count in range(1, 12):
        cut = run(codec, chunks[point : point + count], flush=True)
        shown = whole.timestamps[whole.timestamps.index(point) :]
        assert [timestamp + point for timestamp in cut.timestamps] == [
            number for number in shown if number < point + count
        ]
        assert cut.pixels == [pixels[timestamp + point] for timestamp in cut.timestamps]


def test_with_parameter_sets_in_the_description() -> None:
    chunks = open_gops("libx264", AVC["pyramid"])
    point = recovery_points("avc", chunks)[1]
    whole = run("avc", chunks, flush=True)
    rest = [in_avc_format(chunk) for chunk in chunks[point:]]
    cut = run("avc", rest, flush=True, description=avcc_from_annex_b(chunks[0]))
    assert cut.error is None
    assert cut.pixels == whole.pixels[whole.timestamps.index(point) :]


@pytest.mark.parametrize("behind", [0, 1000])
@pytest.mark.parametrize("parameters", AVC.values())
def test_damage_is_found(parameters: str, behind: int) -> None:
    chunks = open_gops("libx264", parameters)
    rest = list(chunks[recovery_points("avc", chunks)[0] :])
    noise = np.random.default_rng(1).integers(1, 255, 5000, np.uint8).tobytes()
    for number in (12, 13, 14, 25):
        good = run("avc", rest[:number], flush=True)
        for damage in (rest[number][: len(rest[number]) // 2], b"\0\0\0\1" + noise[: len(rest[number])]):
            broken = [*rest[:number], damage, *rest[number + 1 :]]
            result = run("avc", broken, waiting=[behind] * len(rest), flush=True)
            assert result.error is not None
            if damage in rest[number]:
                # The chunk is cut, and so FFmpeg marks its frame.
                assert result.error == f"the frame is damaged (timestamp {number} µs)"
            known = dict(zip(good.timestamps, good.pixels, strict=True))
            assert set(known) <= set(result.timestamps)
            assert all(known.get(*pair) == pair[1] for pair in zip(result.timestamps, result.pixels, strict=True))


@pytest.mark.parametrize("behind", [0, 1000])
@pytest.mark.parametrize("parameters", ["few references", "many references"])
def test_a_lost_picture_is_found(parameters: str, behind: int) -> None:
    """The pictures that refer to it are wrong. Only frame_num reveals that."""
    chunks = open_gops("libx264", AVC[parameters])
    rest = list(chunks[recovery_points("avc", chunks)[0] :])
    # Pictures numbered 0 or 1 may follow one with memory_management_control_operation 5, so a loss before them is not
    # told. The encoder's numbers are of four bits.
    numbers = [frame_number(chunk) for chunk in rest]
    references = [number for number, chunk in enumerate(rest) if is_reference(chunk)][1:-1]
    lost = [number for number in references if numbers[number + 1] > 1]
    assert len(lost) > 20
    for number in lost:
        good = run("avc", rest[:number], flush=True)
        result = run("avc", rest[:number] + rest[number + 1 :], waiting=[behind] * len(rest), flush=True)
        assert result.error == "a picture that the chunk refers to is missing"
        assert (result.timestamps, result.pixels) == (good.timestamps, good.pixels)


def test_after_a_flush() -> None:
    """A decoder that began at an IDR picture goes on at a recovery point, and the other way round."""
    chunks = open_gops("libx264", AVC["pyramid"])
    point = recovery_points("avc", chunks)[0]
    decoder = FFmpegVideoDecoder()
    decoder.configure({"codec": "avc1.64001e"})
    counts = []
    for begin, end in ((0, 8), (point, point + 8), (0, 8), (point, point + 8), (point, point + 8)):
        outputs = [output for number in range(begin, end) for output in decoder.decode(chunks[number], number, None)]
        outputs += decoder.flush()
        counts.append(len(outputs))
        for output in outputs:
            output.resource.release()
    decoder.release()
    assert counts[0] == counts[2] == 8
    assert counts[1] == counts[3] == counts[4] <= 8


@pytest.mark.skipif(not FAULTS.is_dir(), reason="the files with faults are not there")
def test_a_recording_that_was_cut() -> None:
    expected = json.loads((FAULTS / "og_cut.ts.json").read_text())["expected"]["video frames"]
    with Demuxer(FAULTS / "og_cut.ts") as demuxer:
        chunks = [chunk._internal_data for chunk in demuxer.chunks_of(demuxer.video_track)]
    result = run("avc", chunks, flush=True)
    assert (len(result.timestamps), result.error) == (expected, None)
