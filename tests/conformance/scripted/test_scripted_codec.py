"""The scripted codec follows its script, and notices misuse."""

from collections.abc import Sequence

import pytest

from codecmodel.platform.codec_implementation import CodecError, DecodedOutput, VideoDecoderImplementation
from codecmodel.raw_media.resource_protocols import AudioResource, VideoResource
from conformance.scripted.scripted_codec import Fails, Outputs, ScriptedPlatform, Supported, Unsupported


def platform(capacity: int = 100) -> ScriptedPlatform:
    return ScriptedPlatform(lambda: True, capacity)


def configured(platform: ScriptedPlatform) -> VideoDecoderImplementation:
    decoder = platform.new_video_decoder()
    decoder.configure({"codec": "vp8", "codedWidth": 1, "codedHeight": 1})
    return decoder


def timestamps(outputs: Sequence[DecodedOutput[VideoResource]]) -> list[int]:
    return [output.timestamp for output in outputs]


def test_without_an_answer_a_chunk_is_one_output_at_once() -> None:
    decoder = configured(platform())
    [output] = decoder.decode(b"", 10, 5)
    assert (output.timestamp, output.duration) == (10, 5)


def test_delayed_outputs_come_with_later_requests_in_presentation_order_and_the_rest_with_the_flush() -> None:
    scripted = platform()
    scripted.decode_answers = {30: Outputs(delay=2), 5: Outputs(delay=9), 4: Outputs(delay=9), 10: Outputs(count=2)}
    decoder = configured(scripted)
    outputs = [timestamps(decoder.decode(b"", timestamp, None)) for timestamp in (30, 10, 20, 5, 4)]
    assert outputs == [[], [10, 10], [20, 30], [], []]
    assert timestamps(decoder.flush()) == [4, 5]
    assert timestamps(decoder.flush()) == []


def test_reconfiguring_gives_what_is_pending_and_counts_afresh() -> None:
    scripted = platform()
    scripted.decode_answers = {10: Outputs(delay=1), 20: Outputs(delay=1)}
    decoder = configured(scripted)
    assert timestamps(decoder.decode(b"", 10, None)) == []
    assert timestamps(decoder.drain()) == [10]
    decoder.configure({"codec": "vp8", "codedWidth": 2, "codedHeight": 2})
    assert timestamps(decoder.decode(b"", 20, None)) == []
    assert timestamps(decoder.decode(b"", 30, None)) == [20, 30]


def test_errors_on_demand() -> None:
    scripted = platform()
    scripted.decode_answers = {10: Fails("broken")}
    scripted.configure_answers = {2: Fails("not openable"), 3: Supported(flushes=[None, Fails("not flushable")])}
    decoder = configured(scripted)
    with pytest.raises(CodecError, match="broken"):
        decoder.decode(b"", 10, None)
    with pytest.raises(CodecError, match="not openable"):
        decoder.configure({"codec": "vp8", "codedWidth": 2, "codedHeight": 2})
    decoder.configure({"codec": "vp8", "codedWidth": 3, "codedHeight": 2})
    assert decoder.flush() == []
    with pytest.raises(CodecError, match="not flushable"):
        decoder.flush()
    assert decoder.flush() == []


def test_support_on_demand() -> None:
    scripted = platform()
    scripted.configure_answers = {2: Unsupported(), 3: Fails()}
    widths = [
        scripted.supports_video_decoder({"codec": "vp8", "codedWidth": width, "codedHeight": 1}) for width in (1, 2, 3)
    ]
    assert widths == [True, False, True]
    rates = [
        scripted.supports_audio_decoder({"codec": "opus", "sampleRate": rate, "numberOfChannels": 1})
        for rate in (1, 2, 3)
    ]
    assert rates == [True, False, True]


@pytest.mark.parametrize("end", ["cease", "release"])
def test_what_is_pending_is_released_with_the_configuration(end: str) -> None:
    scripted = platform()
    scripted.decode_answers = {10: Outputs(count=3, delay=9)}
    decoder = configured(scripted)
    decoder.decode(b"", 10, None)
    assert (scripted.resources.made, scripted.resources.live) == (3, 3)
    getattr(decoder, end)()
    assert (scripted.resources.made, scripted.resources.live) == (3, 0)


def test_calls_are_recorded_and_requests_counted() -> None:
    scripted = platform(capacity=3)
    decoder = configured(scripted)
    assert decoder.requests.capacity == 3
    decoder.requests.accepted = 2
    decoder.decode(b"", 10, None)
    decoder.requests.finished = 1
    decoder.decode(b"", 20, None)
    decoder.flush()
    decoder.cease()
    decoder.release()
    [recorded] = scripted.video_decoders
    assert recorded.calls == ["configure 1", "decode 10", "decode 20", "flush", "cease", "release"]
    assert recorded.most_requests == 2


def test_misuse_is_noticed() -> None:
    decoder = configured(platform())
    decoder.cease()
    with pytest.raises(AssertionError, match="works when it is configured"):
        decoder.decode(b"", 10, None)
    with pytest.raises(AssertionError, match="flushed when it is configured"):
        decoder.flush()
    decoder.release()
    with pytest.raises(AssertionError, match="cease, after release"):
        decoder.cease()
    elsewhere = ScriptedPlatform(lambda: False).new_video_decoder()
    with pytest.raises(AssertionError, match="only the codec work queue"):
        elsewhere.flush()


def test_a_resource_is_released_once() -> None:
    scripted = platform()
    [output] = configured(scripted).decode(b"", 10, None)
    output.resource.release()
    with pytest.raises(AssertionError, match="only once"):
        output.resource.release()
    assert scripted.resources.released == 1


def test_the_pictures() -> None:
    [output] = configured(platform()).decode(b"", 259, None)
    picture = output.resource
    assert picture.format == "I420"
    assert (picture.coded_size, picture.visible_rect, picture.display_size) == ((2, 2), (0, 0, 2, 2), (2, 2))
    assert picture.color_space is None
    planes = [(bytes(plane.data), plane.stride) for plane in picture.planes()]
    assert planes == [(b"\x03\x03\x03\x03", 2), (b"\x03", 1), (b"\x03", 1)]


def test_the_samples() -> None:
    decoder = platform().new_audio_decoder()
    decoder.configure({"codec": "opus", "sampleRate": 1, "numberOfChannels": 1})
    [output] = decoder.decode(b"", 2, None)
    samples: AudioResource = output.resource
    assert (samples.format, samples.sample_rate) == ("f32", 48000.0)
    assert (samples.number_of_frames, samples.number_of_channels) == (4, 1)
    [plane] = samples.planes()
    assert (plane.data.cast("f").tolist(), plane.stride) == ([2.0, 2.0, 2.0, 2.0], 16)
