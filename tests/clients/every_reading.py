"""Reading: mediabunny finds in each file what this implementation's Demuxer and FFmpeg find there."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import cast

import pytest

from codecmodel import EncodedAudioChunk, EncodedVideoChunk
from codecmodel.files import Demuxer
from tests.clients.workspace import MEDIA, Json, Result, Workspace

_SOURCES = ("blob", "buffer", "stream", "blobUrl")
#: The end of a packet's time in a file, in microseconds, may be rounded.
_ROUNDING = 2
#: Microseconds of the encoder's delay: mediabunny counts the sound's time from the delay's start, Demuxer from its end.
_DELAYS = {"vp9_opus.webm": 6500, "sound.mp3": 23021}
#: Of Ogg, it counts so for the first packet alone.
_STARTING_AT_0 = ("sound.ogg",)
#: Sound that is not compressed is cut into packets of any size.
_OF_ANY_SIZE = ("sound.wav",)


@pytest.fixture(scope="module")
def results(workspace: Workspace) -> Mapping[tuple[str, str], Result]:
    """The results of reading each medium from its URL, and one from each source."""
    wanted = [*((name, "url") for name in MEDIA), *(("avc_aac.mp4", source) for source in _SOURCES)]
    jobs = [{"kind": "read", "from": name, "source": source} for name, source in wanted]
    return dict(zip(wanted, workspace.run(jobs), strict=True))


@pytest.mark.parametrize("name", MEDIA)
def test_tracks_and_chunks(name: str, workspace: Workspace, results: Mapping[tuple[str, str], Result]) -> None:
    tracks = cast("Sequence[Mapping[str, Json]]", results[name, "url"].told()["tracks"])
    expected = Demuxer(workspace.medium(name)).tracks
    found = {str(track["type"]): track for track in tracks}
    assert len(found) == len(expected)
    for track in expected:
        chunks: list[EncodedAudioChunk | EncodedVideoChunk] = list(Demuxer(workspace.medium(name)).chunks_of(track))
        kind = "video" if isinstance(chunks[0], EncodedVideoChunk) else "audio"
        facts = found[kind]
        config = cast("Mapping[str, Json]", facts["config"])
        description = track.config.get("description")
        for member in ("codedWidth", "codedHeight", "sampleRate", "numberOfChannels"):
            assert config.get(member) == track.config.get(member), member
        assert _kind_of_codec(str(config["codec"])) == _kind_of_codec(track.config["codec"])
        if description is not None and facts["description"] is not None:
            assert facts["description"] == bytes(cast("bytes", description)).hex()
        if name not in _OF_ANY_SIZE:
            _check_packets(name, cast("Sequence[Sequence[Json]]", facts["packets"]), chunks)
        assert facts["hash"] == hashlib.sha256(b"".join(bytes(chunk) for chunk in chunks)).hexdigest()


def _kind_of_codec(codec: str) -> str:
    """The codec without its parameters. HEVC has two names; in Matroska, nothing tells which."""
    return codec.split(".")[0].replace("hev1", "hvc1")


def _check_packets(
    name: str, packets: Sequence[Sequence[Json]], chunks: Sequence[EncodedAudioChunk | EncodedVideoChunk]
) -> None:
    assert [(type, size) for type, _, _, size in packets] == [(chunk.type, chunk.byteLength) for chunk in chunks]
    times = [cast("int", time) for _, time, _, _ in packets]
    delay = _DELAYS.get(name, 0) if isinstance(chunks[0], EncodedAudioChunk) else 0
    expected = [chunk.timestamp + delay for chunk in chunks]
    if name in _STARTING_AT_0:
        expected[0] = 0
    assert times == pytest.approx(expected, abs=_ROUNDING)


@pytest.mark.parametrize("source", _SOURCES)
def test_sources(source: str, results: Mapping[tuple[str, str], Result]) -> None:
    assert results["avc_aac.mp4", source].told() == results["avc_aac.mp4", "url"].told()
