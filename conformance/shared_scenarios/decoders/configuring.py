"""The constructor, and configure()."""

from collections.abc import Callable
from functools import partial
from typing import cast

from conformance.fixtures.decoder_session import open_session
from conformance.interfaces import DOMException
from conformance.media.material import Material
from conformance.shared_scenarios.callbacks import assert_requires_callbacks
from conformance.shared_scenarios.template import SharedScenarios
from conformance.suite.harness import (
    Test,
    assert_array_equals,
    assert_equals,
    assert_throws_dom,
    assert_throws_js,
    promise_rejects_dom,
)

SCENARIOS = SharedScenarios[Material]("audiodecoder", "videodecoder")

_CONSTRUCTORS = ("dom-audiodecoder-audiodecoder", "dom-videodecoder-videodecoder")
_UNSUPPORTED = {"codec": "bogus", "sampleRate": 48_000, "numberOfChannels": 2}


@SCENARIOS.promise_test(
    "a new decoder is unconfigured and has nothing queued",
    shows=[
        (f"{_CONSTRUCTORS[0]}#10", f"{_CONSTRUCTORS[1]}#11"),
        (f"{_CONSTRUCTORS[0]}#11", f"{_CONSTRUCTORS[1]}#12"),
        "dom-{}-state",
        "dom-{}-decodequeuesize",
        "dom-{}-ondequeue",
    ],
    needs="any codec",
)
async def new_decoder(t: Test, media: Material) -> None:
    session = open_session(t, media)
    assert_equals(session.state, "unconfigured")
    assert_equals(session.decodeQueueSize, 0)
    assert_equals(session.decoder.ondequeue, None)


@SCENARIOS.promise_test(
    "state and decodeQueueSize are read-only",
    shows=["dom-{}-state", "dom-{}-decodequeuesize"],
    needs="any codec",
)
async def read_only_attributes(t: Test, media: Material) -> None:
    session = open_session(t, media)
    assert_throws_js(AttributeError, partial(setattr, session.decoder, "state", "closed"))
    assert_throws_js(AttributeError, partial(setattr, session.decoder, "decodeQueueSize", 1))
    assert_equals(session.state, "unconfigured")


@SCENARIOS.promise_test(
    "the constructor requires both callbacks, and that they can be called",
    shows=["dictdef-{}init", "dom-{}init-output", "dom-{}init-error"],
    needs="any codec",
)
async def constructor_requires_callbacks(t: Test, media: Material) -> None:
    construct = cast("Callable[[object], object]", type(open_session(t, media).decoder))
    assert_requires_callbacks(construct)


@SCENARIOS.promise_test(
    "configure() makes the decoder configured at once; decoding waits, and nothing comes out by itself",
    shows=["dom-{}-configure#3", "dom-{}-configure#6"],
    needs="every codec",
)
async def configure(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    assert_equals(session.state, "configured")
    assert_equals(session.decodeQueueSize, 0)
    await session.flush()
    assert_equals(session.state, "configured")
    assert_array_equals(session.log, ["flush resolved"])


@SCENARIOS.promise_test(
    "configure() with an invalid configuration throws TypeError and changes nothing",
    shows=["dom-{}-configure#1", "valid-{}config#1"],
    needs="any codec",
)
async def configure_invalid(t: Test, media: Material) -> None:
    session = open_session(t, media)
    invalid = {**media.config, "codec": " "}
    assert_throws_js(TypeError, lambda: session.configure(invalid))
    assert_equals(session.state, "unconfigured")
    session.configure()
    session.decode(0)
    assert_throws_js(TypeError, lambda: session.configure(invalid))
    assert_equals(session.state, "configured")
    assert_equals(session.decodeQueueSize, 1)
    await session.flush()
    session.assert_outputs_of(media.timestamps(1))


@SCENARIOS.promise_test(
    "configure() on a closed decoder throws InvalidStateError, but TypeError if the configuration is invalid",
    shows=["dom-{}-configure#1", "dom-{}-configure#2"],
    needs="any codec",
)
async def configure_closed(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.close()
    assert_throws_dom("InvalidStateError", session.configure)
    assert_throws_js(TypeError, lambda: session.configure({**media.config, "codec": ""}))
    assert_equals(session.state, "closed")


@SCENARIOS.promise_test(
    "a configuration may be changed by its owner once configure() has returned",
    shows=["dom-{}-configure#5"],
    needs="every codec",
)
async def configuration_is_copied(t: Test, media: Material) -> None:
    session = open_session(t, media)
    config: dict[str, object] = dict(media.config)
    description = bytearray(cast("bytes", media.config.get("description", b"")))
    if description:
        config["description"] = description
    session.configure(config)
    description[:] = bytes(len(description))
    config["codec"] = "bogus"
    session.decode_all()
    await session.flush()
    session.assert_outputs_of(media.timestamps())


@SCENARIOS.promise_test(
    "a configuration that is not supported closes the decoder later, with NotSupportedError",
    shows=[
        "dom-{}-configure:message#2.1",
        "dom-{}-configure:message#2.2",
        "close-{}#2",
        "close-{}#4",
        "check-configuration-support#1",
    ],
    needs="any codec",
)
async def configure_unsupported(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.expect_errors = True
    states: list[str] = []
    session.on_error = lambda error: states.append(session.state)
    session.configure(_UNSUPPORTED)
    assert_equals(session.state, "configured", "until the work queue has found out")
    session.decode(media.chunk(0))
    flush = session.flush()
    assert_array_equals(session.log, [], "nothing happens synchronously")
    await promise_rejects_dom(t, "NotSupportedError", flush)
    # The dequeue event comes after the assertions, and no one waits for it here.
    assert_array_equals(session.log[:2], ["error NotSupportedError", "flush rejected NotSupportedError"])
    assert_array_equals(states, ["closed"], "the state that the error callback sees")
    assert_equals(session.state, "closed")
    assert_equals(session.decodeQueueSize, 0)
    assert_equals(type(session.errors[0]), DOMException)


@SCENARIOS.promise_test(
    "configure() after configure() decodes on, and a key chunk is required again",
    shows=["dom-{}-configure#4", "dom-{}-configure:message#2.4"],
    needs="every codec",
)
async def configure_again(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    session.decode(0)
    session.configure()
    assert_throws_dom("DataError", lambda: session.decode(media.chunk(0, type="delta")))
    session.decode(0)
    await session.flush()
    session.assert_outputs_of(media.timestamps(1) * 2)


@SCENARIOS.promise_test(
    "a configuration in the middle of a stream takes effect in its turn",
    shows=["dom-{}-configure#5", "dom-{}-configure:message#1", "dom-{}-configure:message#2.5"],
    needs="every codec",
)
async def reconfigure_in_mid_stream(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    session.decode_all()
    session.configure()
    session.decode_all()
    assert_equals(session.state, "configured")
    await session.flush()
    session.assert_outputs_of(media.timestamps() * 2)
    assert_equals(session.decodeQueueSize, 0)


@SCENARIOS.promise_test(
    "a configuration that is not supported, after one that was, lets the earlier outputs out",
    shows=["dom-{}-configure:message#2.2", "codec-work-queue"],
    needs="every codec",
)
async def reconfigure_unsupported(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.expect_errors = True
    session.configure()
    session.decode_all()
    first = session.flush()
    session.configure(_UNSUPPORTED)
    session.decode(0)
    second = session.flush()
    await first
    session.assert_outputs_of(media.timestamps())
    await promise_rejects_dom(t, "NotSupportedError", second)
    assert_equals(session.state, "closed")
    assert_equals(len(session.errors), 1)
    session.assert_outputs_of(media.timestamps())


@SCENARIOS.promise_test(
    "configure, reset, configure does not stall",
    shows=["dom-{}-configure:message#2.5.1", "dom-{}-configure:message#2.5.2", "reset-{}#4"],
    needs="every codec",
)
async def configure_reset_configure(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.configure()
    session.reset()
    session.configure()
    session.decode(0)
    session.decode(1)
    await session.flush()
    session.assert_outputs_of(media.timestamps(2))


@SCENARIOS.promise_test(
    "a reset does not save a decoder from an unsupported configuration",
    shows=["dom-{}-configure:message#2.2", "reset-{}#3"],
    needs="any codec",
)
async def unsupported_then_reset(t: Test, media: Material) -> None:
    session = open_session(t, media)
    session.expect_errors = True
    session.configure(_UNSUPPORTED)
    session.reset()
    session.configure()
    session.decode(0)
    await promise_rejects_dom(t, "NotSupportedError", session.flush())
    assert_equals(session.state, "closed")
    assert_array_equals([error.name for error in session.errors], ["NotSupportedError"])
    session.assert_outputs_of([])
