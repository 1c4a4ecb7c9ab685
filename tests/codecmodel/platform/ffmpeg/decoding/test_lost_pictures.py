"""A picture that others refer to is missing in a stream of H.264 or H.265."""

import random
from collections.abc import Sequence
from functools import cache

import pytest

from codecmodel.files import Demuxer
from codecmodel.platform.ffmpeg.decoding.avc_frame_numbers import AvcFrameNumbers
from codecmodel.platform.ffmpeg.decoding.hevc_references import HevcReferences
from codecmodel.registry.avc import avcc_from_annex_b
from codecmodel.registry.hevc import hvcc_from_annex_b, parse_hvcc
from tests.codecmodel.files.media import media_files
from tests.codecmodel.platform.ffmpeg.decoding.streams import run
from tests.codecmodel.platform.ffmpeg.decoding.test_recovery_points import frame_number, in_avc_format, open_gops

AVC = {
    "no b-frames": "bframes=0:ref=3",
    "b-frames": "bframes=2:b-adapt=0:ref=1",
    "pyramid": "bframes=3:b-adapt=0:b-pyramid=normal",
}
HEVC = {
    "no b-frames": "bframes=0:ref=3",
    "b-frames": "bframes=2:b-adapt=0:b-pyramid=0:ref=1",
    "pyramid": "bframes=4:b-adapt=0:ref=4",
    "layers": "bframes=4:b-adapt=0:temporal-layers=3",
    "open groups": "bframes=3:b-adapt=0:open-gop=1",
}
CASES = [("avc", each) for each in AVC.values()] + [("hevc", each) for each in HEVC.values()]


@cache
def chunks_of(codec: str, parameters: str) -> Sequence[bytes]:
    """Chunks of closed groups of twenty pictures, unless the parameters say otherwise."""
    closed = "open-gop=0:" if "open-gop" not in parameters else ""
    encoder = "libx264" if codec == "avc" else "libx265"
    return open_gops(encoder, f"{closed}keyint=20:min-keyint=20:{parameters}", 50)


@pytest.mark.parametrize("behind", [0, 1000])
@pytest.mark.parametrize(("codec", "parameters"), CASES)
def test_a_lost_picture_is_found(codec: str, parameters: str, behind: int) -> None:
    """The decoder fails, or all frames are right, as no picture refers to the lost one."""
    chunks = chunks_of(codec, parameters)
    whole = run(codec, chunks, flush=True)
    assert (len(whole.timestamps), whole.error) == (50, None)
    pixels = dict(zip(whole.timestamps, whole.pixels, strict=True))
    errors = 0
    for number in range(1, 49, 1 if behind == 0 else 7):
        if codec == "avc" and frame_number(chunks[number + 1]) <= 1:
            # It may follow a picture with memory_management_control_operation 5.
            continue
        rest = [*chunks[:number], *chunks[number + 1 :]]
        times = [each for each in range(50) if each != number]
        result = run(codec, rest, waiting=[behind] * len(rest), flush=True)
        shown = [times[timestamp] for timestamp in result.timestamps]
        if result.error is None:
            assert [pixels[timestamp] for timestamp in shown] == result.pixels
        else:
            errors += 1
            assert all(pixels[each] == own for each, own in zip(shown, result.pixels, strict=True))
    assert errors >= (2 if behind else 10)


@pytest.mark.parametrize("codec", ["avc", "hevc"])
def test_with_parameter_sets_in_the_description(codec: str) -> None:
    chunks = chunks_of(codec, (AVC if codec == "avc" else HEVC)["no b-frames"])
    description = avcc_from_annex_b(chunks[0]) if codec == "avc" else hvcc_from_annex_b(chunks[0])
    rest = [in_avc_format(chunk) for chunk in chunks]
    assert run(codec, rest, flush=True, description=description).error is None
    del rest[5]
    assert (
        run(codec, rest, flush=True, description=description).error == "a picture that the chunk refers to is missing"
    )


def test_nothing_is_lost_in_whole_files() -> None:
    seen = set()
    for path in media_files():
        with Demuxer(path) as demuxer:
            for track in demuxer.tracks:
                if track.codec_name == "hevc":
                    description = track.config.get("description")
                    assert description is None or isinstance(description, bytes)
                    references = HevcReferences(0 if description is None else parse_hvcc(description).length_size)
                    if description is not None:
                        references.read_parameter_sets(
                            tuple(unit for _, units in parse_hvcc(description).arrays for unit in units)
                        )
                    for demuxed in demuxer.chunks([track.index]):
                        assert references.is_complete(demuxed.chunk._internal_data), path
                        seen.add(references._kept is None)
    assert True not in seen, "all slices can be read"


@pytest.mark.parametrize("kind", [AvcFrameNumbers, HevcReferences])
def test_any_bytes(kind: type[AvcFrameNumbers | HevcReferences]) -> None:
    generator = random.Random(1)
    chunks = chunks_of("avc" if kind is AvcFrameNumbers else "hevc", "bframes=2:b-adapt=0:ref=2")
    for _ in range(300):
        check = kind(generator.choice([0, 0, 0, 4]))
        for chunk in chunks[: generator.randrange(1, 8)]:
            damaged = bytearray(chunk)
            for _ in range(generator.randrange(30)):
                damaged[generator.randrange(min(len(damaged), 150))] = generator.randrange(256)
            assert check.is_complete(bytes(damaged)) in (False, True)
