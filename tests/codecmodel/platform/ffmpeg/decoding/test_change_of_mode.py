"""A decoder that changes its mode soon after a key chunk loses no frame of the chunks before it."""

import pytest

from codecmodel.platform.ffmpeg.decoding.video_decoder import FFmpegVideoDecoder
from tests.codecmodel.platform.ffmpeg.decoding.streams import CODECS, HEIGHT, WIDTH, require, stream, use_processors


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("change", range(8, 16))
@pytest.mark.parametrize("processors", [2, 3, 4])
@pytest.mark.parametrize("is_busy_first", [False, True])
def test_no_frame_is_lost(
    name: str, change: int, is_busy_first: bool, processors: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_processors(monkeypatch, processors)
    codec = require(name)
    chunks = stream(name, 20, (0, 10))
    decoder = FFmpegVideoDecoder()
    decoder.configure({"codec": codec.string, "codedWidth": WIDTH, "codedHeight": HEIGHT})
    timestamps: list[int] = []
    for number, chunk in enumerate(chunks):
        is_busy = is_busy_first == (number < change)
        # The decoder is in the "parallel" mode while chunks wait, and in the "prompt" one when none does.
        decoder.requests.finished = 0
        decoder.requests.accepted = decoder.requests.capacity if is_busy else 1
        for output in decoder.decode(chunk, number, None):
            timestamps.append(output.timestamp)
            output.resource.release()
    for output in decoder.flush():
        timestamps.append(output.timestamp)
        output.resource.release()
    decoder.release()
    assert sorted(timestamps) == list(range(len(chunks)))
