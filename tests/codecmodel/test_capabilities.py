"""The list of codecs that can be decoded and encoded here."""

import asyncio
import json

import pytest

from codecmodel import AudioDecoder, AudioEncoder, VideoDecoder, VideoEncoder
from codecmodel.capabilities import supported_codecs
from codecmodel.command_line.main import main
from codecmodel.registry import parse_codec_string


def test_each_configuration_can_be_used() -> None:
    def ignore(*arguments: object) -> None:
        pass

    async def run() -> None:
        found = await supported_codecs()
        assert {codec.codec for codec in found} == {
            "AVC", "HEVC", "VP8", "VP9", "AV1", "AAC", "MP3", "Opus", "FLAC", "Linear PCM", "A-law", "µ-law"
        }  # fmt: skip
        for codec in found:
            assert parse_codec_string(codec.codec_string) is not None
            decoder = (VideoDecoder if codec.kind == "video" else AudioDecoder)({"output": ignore, "error": ignore})
            encoder = (VideoEncoder if codec.kind == "video" else AudioEncoder)({"output": ignore, "error": ignore})
            with decoder, encoder:
                if codec.decoder_config is not None:
                    decoder.configure(codec.decoder_config)  # type: ignore[arg-type]  # it is of the right kind
                    await decoder.flush()
                if codec.encoder_config is not None:
                    encoder.configure(codec.encoder_config)  # type: ignore[arg-type]  # it is of the right kind
                    await encoder.flush()

    asyncio.run(run())


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["codecs"]) == 0
    table = capsys.readouterr().out
    assert main(["codecs", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    expected = asyncio.run(supported_codecs())
    assert [entry["codecString"] for entry in listed] == [codec.codec_string for codec in expected]
    assert [entry["encoderConfig"] for entry in listed] == [codec.encoder_config for codec in expected]
    assert all(codec.codec_string in table for codec in expected)
