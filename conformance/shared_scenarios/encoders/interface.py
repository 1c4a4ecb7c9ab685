"""The interface of encoders: constructor, attributes, events, and the arguments of their methods."""

from collections.abc import Callable
from functools import partial
from typing import cast

from codecmodel.configurations.encoder_configurations import AudioEncoderConfig
from codecmodel.web.events import Event
from conformance.fixtures.encoder_session import new_media, new_session, open_encoder
from conformance.interfaces import AudioData, AudioEncoder, DOMException, VideoFrame
from conformance.media.sources import Source, VideoSource
from conformance.shared_scenarios.callbacks import assert_requires_callbacks
from conformance.shared_scenarios.template import SharedScenarios
from conformance.suite.harness import (
    Test,
    assert_array_equals,
    assert_equals,
    assert_throws_dom,
    assert_throws_js,
    assert_true,
    promise_rejects_dom,
)

SCENARIOS = SharedScenarios[Source]("audioencoder", "videoencoder")

_UNSUPPORTED = {"codec": "bogus"}


@SCENARIOS.promise_test(
    "a new encoder is unconfigured, and has nothing queued and no event handler; attributes are read-only",
    shows=[
        "dom-{}-{}#11",
        "dom-{}-{}#12",
        "dom-{}-state",
        "dom-{}-encodequeuesize",
        "dom-{}-ondequeue",
    ],
    needs="any codec",
)
async def new_encoder(t: Test, source: Source) -> None:
    encoder = open_encoder(t, source).encoder
    assert_equals(encoder.state, "unconfigured")
    assert_equals(encoder.encodeQueueSize, 0)
    assert_equals(encoder.ondequeue, None)
    assert_throws_js(AttributeError, partial(setattr, encoder, "state", "closed"))
    assert_throws_js(AttributeError, partial(setattr, encoder, "encodeQueueSize", 1))
    assert_equals((encoder.state, encoder.encodeQueueSize), ("unconfigured", 0))


@SCENARIOS.promise_test(
    "the constructor requires both callbacks, and that they can be called",
    shows=["dom-{}-{}#7", "dom-{}-{}#8", "dictdef-{}init", "dom-{}init-output", "dom-{}init-error"],
    needs="any codec",
)
async def constructor_requires_callbacks(t: Test, source: Source) -> None:
    construct = cast("Callable[[object], object]", type(open_encoder(t, source).encoder))
    assert_requires_callbacks(construct)


@SCENARIOS.promise_test(
    "encode() of closed media throws TypeError, and changes nothing",
    shows=["dom-{}-encode#1"],
    needs="any codec",
)
async def closed_media(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    media = new_media(source)
    media.close()
    session.configure()
    assert_throws_js(TypeError, partial(cast("AudioEncoder", session.encoder).encode, cast("AudioData", media)))
    assert_equals(session.encoder.encodeQueueSize, 0)
    session.encode(0)
    await session.flush()
    assert_equals(session.timestamps[0], 0)


@SCENARIOS.promise_test(
    "encode() of closed media throws TypeError even if the encoder is unconfigured or closed",
    shows=["dom-{}-encode#1", "dom-{}-encode#2"],
    needs="any codec",
)
async def closed_media_comes_first(t: Test, source: Source) -> None:
    session = open_encoder(t, source)
    media = new_media(source)
    media.close()
    encode = partial(cast("AudioEncoder", session.encoder).encode, cast("AudioData", media))
    assert_throws_js(TypeError, encode, "unconfigured")
    assert_throws_dom("InvalidStateError", partial(session.encode, 0), "unconfigured, of open media")
    session.encoder.close()
    assert_throws_js(TypeError, encode, "closed")
    assert_throws_dom("InvalidStateError", partial(session.encode, 0), "closed, of open media")


@SCENARIOS.promise_test(
    "encode() takes AudioData or a VideoFrame, each encoder its own",
    shows=["dom-{}-encode"],
    needs="any codec",
)
async def wrong_media(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    session.configure()
    await session.flush()
    encode = cast("AudioEncoder", session.encoder).encode
    other = AudioData if isinstance(source, VideoSource) else VideoFrame
    for media in (None, b"bytes", other, session.encoder):
        assert_throws_js(TypeError, partial(encode, cast("AudioData", media)), str(type(media)))
    assert_equals(session.encoder.encodeQueueSize, 0)


@SCENARIOS.promise_test(
    "configure() with an invalid configuration throws TypeError and changes nothing",
    shows=["dom-{}-configure#1", "dom-{}-configure#3"],
    needs="any codec",
)
async def invalid_configuration(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    assert_throws_js(TypeError, partial(session.configure, codec=""))
    assert_equals(session.encoder.state, "unconfigured")
    session.configure()
    session.encode(0)
    assert_throws_js(TypeError, partial(session.configure, codec=" "))
    assert_equals((session.encoder.state, session.encoder.encodeQueueSize), ("configured", 1))
    await session.flush()
    assert_equals(session.timestamps[0], 0)


@SCENARIOS.promise_test(
    "configure() of a closed encoder throws InvalidStateError, but TypeError if the configuration is invalid",
    shows=["dom-{}-configure#1", "dom-{}-configure#2"],
    needs="any codec",
)
async def configure_closed(t: Test, source: Source) -> None:
    session = open_encoder(t, source)
    session.encoder.close()
    assert_throws_dom("InvalidStateError", session.configure)
    assert_throws_js(TypeError, partial(session.configure, codec=""))
    assert_equals(session.encoder.state, "closed")


@SCENARIOS.promise_test(
    "a configuration may be changed by its owner once configure() has returned",
    shows=[("dom-audioencoder-configure#4", "dom-videoencoder-configure#5"), "dom-{}-configure:message#2.5"],
    needs="any codec",
)
async def configuration_is_copied(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    config = cast("dict[str, object]", session.config())
    codec = config["codec"]
    cast("AudioEncoder", session.encoder).configure(cast("AudioEncoderConfig", config))
    config["codec"] = "bogus"
    session.encode(0)
    await session.flush()
    assert_equals(session.decoder_configs[0]["codec"], codec)


@SCENARIOS.promise_test(
    "a configuration that is not supported closes the encoder later, with NotSupportedError",
    shows=[
        "dom-{}-configure:message#2.1",
        "dom-{}-configure:message#2.2",
        "close-{}#2",
        "close-{}#4",
        "reset-{}#7.1",
        "reset-{}#8.1",
    ],
    needs="any codec",
)
async def configure_unsupported(t: Test, source: Source) -> None:
    session = open_encoder(t, source)
    session.expect_errors = True
    session.configure(**_UNSUPPORTED)
    assert_equals(session.encoder.state, "configured", "until the work queue has found out")
    session.encode(0)
    flush = session.flush()
    assert_array_equals(session.log, [], "nothing happens synchronously")
    await promise_rejects_dom(t, "NotSupportedError", flush)
    assert_array_equals(session.log[:2], ["error NotSupportedError", "flush rejected NotSupportedError"])
    assert_equals((session.encoder.state, session.encoder.encodeQueueSize), ("closed", 0))
    assert_equals(type(session.errors[0]), DOMException)


@SCENARIOS.promise_test(
    "a reset does not save an encoder from an unsupported configuration",
    shows=["dom-{}-configure:message#2.2", "reset-{}#5"],
    needs="any codec",
)
async def configure_unsupported_then_reset(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    session.expect_errors = True
    session.configure(**_UNSUPPORTED)
    session.encoder.reset()
    session.configure()
    session.encode(0)
    await promise_rejects_dom(t, "NotSupportedError", session.flush())
    assert_equals(session.encoder.state, "closed")
    assert_array_equals(session.log[:1], ["error NotSupportedError"])
    assert_array_equals(session.chunks, [])


@SCENARIOS.promise_test(
    "a dequeue event is trusted and has the encoder as its target; listeners and ondequeue get it in their order",
    shows=["eventdef-{}-dequeue", "dom-{}-ondequeue", "{}-schedule-dequeue-event#3.1"],
    needs="any codec",
)
async def event_object(t: Test, source: Source) -> None:
    session = await new_session(t, source)
    encoder = session.encoder
    got: list[str] = []
    events: list[Event] = []

    def listener(event: Event) -> None:
        got.append("listener")
        events.append(event)

    encoder.ondequeue = lambda event: got.append("ondequeue")
    encoder.addEventListener("dequeue", listener)
    session.configure()
    session.encode(0)
    await session.flush()
    # The event may come after the flush.
    await t.step_wait(lambda: bool(events), "the event")
    assert_array_equals(got, ["ondequeue", "listener"])
    (event,) = events
    assert_equals(event.type, "dequeue")
    assert_true(event.target is encoder)
    assert_true(event.isTrusted)
    assert_equals((event.bubbles, event.cancelable), (False, False))
