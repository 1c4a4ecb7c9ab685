"""Chapter 11: resource reclamation, on scripted codecs and a clock that scenarios set."""

from codecmodel.reclamation import ACTIVE_SECONDS, may_be_reclaimed, reclaim_a_codec
from conformance.scripted.observed_codec import Kind, ObservedCodec
from conformance.scripted.scheduler import work_first
from conformance.scripted.scripted_codec import Outputs
from conformance.scripted.settings import KINDS, SETTINGS, Setting
from conformance.scripted.stage import Stage
from conformance.suite.harness import Test, assert_equals, promise_test

_JUST_ACTIVE = ACTIVE_SECONDS
_JUST_INACTIVE = ACTIVE_SECONDS + 0.001


def _reclaim(stage: Stage, observed: ObservedCodec) -> None:
    """Have the user agent decide to reclaim the codec, and run everything."""
    reclaim_a_codec(observed.codec)
    stage.run(work_first)


def _hide(stage: Stage) -> None:
    stage.global_object.is_hidden = True


@promise_test(
    "an inactive codec is closed with QuotaExceededError: flushes are rejected, then the error callback is called",
    shows=["reclaim-a-codec", "inactive-codec", "close-audiodecoder#4", "close-videodecoder#4"],
    variants=SETTINGS,
)
async def inactive_codec(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_configured_decoder()
        with stage.script():
            decoder.decode(10, Outputs(delay=9))
            decoder.flush()
        stage.event_loop.time = _JUST_INACTIVE
        reclaim_a_codec(decoder.codec)
        stage.run_tasks()
        stage.assert_log(
            [
                "decode(10) [configured 0]",
                "flush() 1 [configured 0]",
                "dequeue [configured 0]",
                "error QuotaExceededError [closed 0]",
                "flush 1 rejected QuotaExceededError [closed 0]",
            ]
        )
        stage.run(setting.policy)
        assert_equals(stage.calls()[0][-1], "release")


@promise_test(
    "a codec that has made progress in the past 10 seconds is active, and in the foreground it is not reclaimed",
    shows=["active-codec", "resource-reclamation"],
    variants=KINDS,
)
async def active_codec(t: Test, kind: Kind) -> None:
    for new in (Stage.new_configured_decoder, Stage.new_configured_encoder):
        with Stage(kind) as stage:
            codec = new(stage)
            stage.event_loop.time = _JUST_ACTIVE
            _reclaim(stage, codec)
            assert_equals(codec.codec.state, "configured")
            stage.event_loop.time = _JUST_INACTIVE
            _reclaim(stage, codec)
            assert_equals(codec.codec.state, "closed")


@promise_test(
    "each piece of work is progress: configuring, decoding, flushing",
    shows=["active-codec"],
    variants=KINDS,
)
async def progress(t: Test, kind: Kind) -> None:
    with Stage(kind) as stage:
        decoder = stage.new_decoder()
        steps = (decoder.configure, lambda: decoder.decode(10), decoder.flush)
        for number, step in enumerate(steps, 1):
            stage.event_loop.time = number * _JUST_INACTIVE
            assert_equals(may_be_reclaimed(decoder.codec), True, "before:")
            with stage.script():
                step()
            stage.run(work_first)
            assert_equals(may_be_reclaimed(decoder.codec), False, "after:")


@promise_test(
    "an active decoder in the background is reclaimed",
    shows=["background-codec", "resource-reclamation", "reclaim-a-codec"],
    variants=KINDS,
)
async def background_decoder(t: Test, kind: Kind) -> None:
    with Stage(kind) as stage:
        decoder = stage.new_configured_decoder()
        _hide(stage)
        _reclaim(stage, decoder)
        stage.assert_log(["error QuotaExceededError [closed 0]"])


@promise_test(
    "an active encoder in the background is not reclaimed; an inactive one is",
    shows=["resource-reclamation"],
    variants=KINDS,
)
async def background_encoder(t: Test, kind: Kind) -> None:
    with Stage(kind) as stage:
        encoder = stage.new_configured_encoder()
        _hide(stage)
        _reclaim(stage, encoder)
        assert_equals(encoder.codec.state, "configured")
        stage.event_loop.time = _JUST_INACTIVE
        _reclaim(stage, encoder)
        assert_equals(encoder.codec.state, "closed")


@promise_test(
    "an active decoder in the background is not reclaimed while an encoder of its kind is active in its global object",
    shows=["resource-reclamation"],
    variants=KINDS,
)
async def decoder_beside_an_encoder(t: Test, kind: Kind) -> None:
    other_kind: Kind = "video" if kind == "audio" else "audio"
    with Stage(kind) as stage:
        encoder = stage.new_configured_encoder()
        decoder = stage.new_configured_decoder()
        _hide(stage)
        _reclaim(stage, decoder)
        assert_equals(decoder.codec.state, "configured", "beside an active encoder:")
        stage.event_loop.time = _JUST_INACTIVE
        with stage.script():
            decoder.decode(10)
        stage.run(work_first)
        assert_equals(encoder.codec.state, "configured")
        _reclaim(stage, decoder)
        assert_equals(decoder.codec.state, "closed", "beside an inactive encoder:")
    with Stage(kind) as stage:
        stage.new_configured_encoder(other_kind)
        decoder = stage.new_configured_decoder()
        _hide(stage)
        _reclaim(stage, decoder)
        assert_equals(decoder.codec.state, "closed", "beside an active encoder of the other kind:")
    with Stage(kind) as stage:
        encoder = stage.new_configured_encoder()
        decoder = stage.new_configured_decoder()
        with stage.script():
            encoder.close()
        _hide(stage)
        _reclaim(stage, decoder)
        assert_equals(decoder.codec.state, "closed", "beside a closed encoder:")


@promise_test(
    "an active AudioDecoder in the background is not reclaimed while its tab is audible; a VideoDecoder is",
    shows=["resource-reclamation"],
    variants=KINDS,
)
async def audible(t: Test, kind: Kind) -> None:
    with Stage(kind) as stage:
        decoder = stage.new_configured_decoder()
        _hide(stage)
        stage.global_object.is_audible = True
        _reclaim(stage, decoder)
        assert_equals(decoder.codec.state, "configured" if kind == "audio" else "closed")
        stage.event_loop.time = _JUST_INACTIVE
        _reclaim(stage, decoder)
        assert_equals(decoder.codec.state, "closed", "once it is inactive:")


@promise_test(
    "a codec that makes progress between the decision to reclaim it and the task is not reclaimed",
    shows=["resource-reclamation", "active-codec"],
    variants=KINDS,
)
async def progress_before_the_task(t: Test, kind: Kind) -> None:
    with Stage(kind) as stage:
        decoder = stage.new_configured_decoder()
        stage.event_loop.time = _JUST_INACTIVE
        with stage.script():
            decoder.decode(10)
        reclaim_a_codec(decoder.codec)
        stage.run(work_first)
        stage.assert_log(["decode(10) [configured 0]", "dequeue [configured 0]", "output 10 [configured 0]"])


@promise_test(
    "a codec that is closed between the decision to reclaim it and the task gets no error",
    shows=["reclaim-a-codec"],
    variants=KINDS,
)
async def closed_before_the_task(t: Test, kind: Kind) -> None:
    with Stage(kind) as stage:
        decoder = stage.new_configured_decoder()
        stage.event_loop.time = _JUST_INACTIVE
        reclaim_a_codec(decoder.codec)
        with stage.script():
            decoder.close()
        stage.run_tasks()
        stage.assert_log(["close() [closed 0]"])
