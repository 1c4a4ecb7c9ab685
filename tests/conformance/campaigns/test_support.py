"""Drawn codec strings get far into their parsers, and a campaign finds answers that configure() contradicts."""

from collections import Counter
from random import Random

import pytest

from codecmodel import AudioDecoder
from codecmodel.registry import parse_codec_string
from conformance.campaigns.case import Case, Part
from conformance.campaigns.drawn_codec_strings import drawn_codec_string
from conformance.campaigns.executions import ask_for_support
from conformance.campaigns.judge import execution_failure
from conformance.campaigns.kinds import Kind

_KIND = Kind(lambda random: Case("any", ()), ask_for_support, "")
_OPUS = Part("AudioDecoder", {"codec": "opus", "sampleRate": 48000, "numberOfChannels": 2})


def test_drawn_codec_strings_are_valid_or_nearly_so() -> None:
    strings = {drawn_codec_string(Random(number)) for number in range(1500)}
    parsed = [parse_codec_string(string) for string in strings]
    accepted = Counter(string.codec for string in parsed if string is not None)
    for codec in ("avc", "hevc", "vp9", "av1"):
        assert accepted[codec] > 10, codec
    assert len(accepted) > 11
    # Those that are refused differ from valid ones in a field: most still begin as one does.
    refused = [string for string in strings if parse_codec_string(string) is None]
    names = ("avc1.", "avc3.", "hev1.", "hvc1.", "vp09.", "av01.", "mp4a.")
    assert sum(string.startswith(names) for string in refused) > len(refused) / 2


def test_answers_that_configure_keeps_are_no_findings() -> None:
    parts = [
        _OPUS,
        Part("AudioDecoder", {"codec": "opus", "sampleRate": 48000, "numberOfChannels": 3}),
        Part("AudioDecoder", {"codec": "opus"}),
        # The registrations require a description, but programs ask before they have one.
        Part("AudioDecoder", {"codec": "flac", "sampleRate": 48000, "numberOfChannels": 2}),
        Part("AudioDecoder", {"codec": "vorbis", "sampleRate": 48000, "numberOfChannels": 2, "description": b""}),
        Part("AudioDecoder", {"codec": "flac", "sampleRate": 48000, "numberOfChannels": 2, "description": b"fLaC"}),
    ]
    assert execution_failure(_KIND, parts) is None


@pytest.mark.parametrize(("answer", "configured"), [(False, True), (True, False)])
def test_an_answer_that_configure_contradicts_is_a_finding(
    monkeypatch: pytest.MonkeyPatch, answer: bool, configured: bool
) -> None:
    answers = iter([answer, configured])
    monkeypatch.setattr(AudioDecoder, "_supports", staticmethod(lambda config, platform: next(answers)))
    failure = execution_failure(_KIND, [_OPUS])
    assert failure is not None
    assert failure[0].startswith("AssertionError")
    assert f"supported: {answer}, configured: {configured}" in failure[1]
