"""Control messages, blocking and saturation, on a scripted codec."""

from collections.abc import Sequence

from conformance.scripted.observed_decoder import Kind
from conformance.scripted.scheduler import Choice, sequence, tasks_first
from conformance.scripted.settings import KINDS, SETTINGS, Setting, of_decoders
from conformance.scripted.stage import Stage
from conformance.suite.harness import Test, assert_array_equals, assert_equals, promise_test


@promise_test(
    "an empty control message queue: nothing to run before the first call, and after its message",
    shows=of_decoders(
        "process-the-control-message-queue#1", "dom-{}-configure:message#1", "dom-{}-configure:message#2.5.2"
    ),
    variants=SETTINGS,
)
async def empty_queue(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_decoder()
        assert_array_equals(stage.scheduler.enabled(), [], "a new decoder has nothing to run")
        with stage.script():
            decoder.configure()
        assert_array_equals(
            [choice.kind for choice in stage.scheduler.enabled()], ["work"], "the message is run at once"
        )
        stage.run(setting.policy)
        # The work, the task that unblocks the queue, and the task that processes it.
        assert_array_equals([choice.kind for choice in stage.scheduler.trace], ["work", "task", "task"])
        stage.assert_log(["configure(1) [configured 0]"])
        assert_array_equals(stage.calls(), [["configure 1"]])


@promise_test(
    "a blocked queue: decode() and flush() wait behind configure() until a task after the one that unblocks",
    shows=of_decoders(
        "process-the-control-message-queue#1",
        "dom-{}-configure:message#1",
        "dom-{}-configure:message#2.5.1",
        "dom-{}-configure:message#2.5.2",
        "dom-{}-decode#3",
    ),
    variants=SETTINGS,
)
async def blocked_queue(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_decoder()
        with stage.script():
            decoder.configure()
            decoder.decode(10)
            decoder.decode(20)
            decoder.flush()
        expected = [
            "configure(1) [configured 0]",
            "decode(10) [configured 1]",
            "decode(20) [configured 2]",
            "flush() 1 [configured 2]",
        ]
        # Configuring and unblocking have taken no message from the queue yet.
        for kind in ("work", "task"):
            assert_array_equals([choice.kind for choice in stage.scheduler.enabled()], [kind])
            stage.scheduler.run(stage.scheduler.enabled()[0])
            assert_equals(decoder.decoder.decodeQueueSize, 2)
        # Processing the queue takes every message.
        stage.scheduler.run(stage.scheduler.enabled()[0])
        assert_equals(decoder.decoder.decodeQueueSize, 0)
        stage.run(setting.policy)
        stage.assert_log(
            [
                *expected,
                "dequeue [configured 0]",
                "output 10 [configured 0]",
                "output 20 [configured 0]",
                "flush 1 resolved [configured 0]",
            ]
        )
        assert_array_equals(stage.calls(), [["configure 1", "decode 10", "decode 20", "flush"]])


@promise_test(
    "an open queue: decode() and flush() are passed to the work queue within the call",
    shows=of_decoders("dom-{}-decode#5", "dom-{}-decode:message#3", "dom-{}-flush#6"),
    variants=SETTINGS,
)
async def open_queue(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_decoder()
        with stage.script():
            decoder.configure()
        stage.run(setting.policy)
        with stage.script():
            decoder.decode(10)
            decoder.flush()
        stage.run(setting.policy)
        stage.assert_log(
            [
                "configure(1) [configured 0]",
                "decode(10) [configured 0]",
                "flush() 1 [configured 0]",
                "dequeue [configured 0]",
                "output 10 [configured 0]",
                "flush 1 resolved [configured 0]",
            ]
        )


@promise_test(
    "messages are run in the order of the calls, and a second configure() blocks like the first",
    shows=of_decoders(
        "process-the-control-message-queue#1.1",
        "process-the-control-message-queue#1.4",
        "dom-{}-configure:message#1",
        "dom-{}-configure:message#2.4",
    ),
    variants=SETTINGS,
)
async def order_of_messages(t: Test, setting: Setting) -> None:
    with setting.stage() as stage:
        decoder = stage.new_decoder()
        with stage.script():
            decoder.configure(1)
            decoder.decode(10)
            decoder.flush()
            decoder.decode(20)
            decoder.configure(2)
            decoder.decode(30)
            decoder.flush()
        stage.run(setting.policy)
        calls = ["configure 1", "decode 10", "flush", "decode 20", "drain", "configure 2", "decode 30", "flush"]
        assert_array_equals(stage.calls(), [calls], "one implementation serves both configurations")
        before = [
            "configure(1) [configured 0]",
            "decode(10) [configured 1]",
            "flush() 1 [configured 1]",
            "decode(20) [configured 2]",
            "configure(2) [configured 2]",
            "decode(30) [configured 3]",
            "flush() 2 [configured 3]",
            # The second configure() has been run: 10 and 20 have left the queue, 30 has not.
            "dequeue [configured 1]",
            "output 10 [configured 1]",
            "flush 1 resolved [configured 1]",
            "output 20 [configured 1]",
        ]
        after = ["dequeue [configured 0]", "output 30 [configured 0]", "flush 2 resolved [configured 0]"]
        stage.assert_log([*before, *after])


@promise_test(
    "a saturated codec: decode() is not processed and retried, in order, when the codec has made progress",
    shows=of_decoders(
        "saturated",
        "process-the-control-message-queue#1.3",
        "dom-{}-decode:message#1",
        "dom-{}-decode:message#2",
        "dom-{}-decode:message#4.3.1",
        "dom-{}-decode:message#4.3.2",
    ),
    variants=SETTINGS,
)
async def saturated_codec(t: Test, setting: Setting) -> None:
    with setting.stage(capacity=2) as stage:
        decoder = stage.new_decoder()
        with stage.script():
            decoder.configure()
        stage.run(setting.policy)
        with stage.script():
            for timestamp in (10, 20, 30, 40):
                decoder.decode(timestamp)
            decoder.flush()
        stage.run(setting.policy)
        calls = [
            "configure(1) [configured 0]",
            "decode(10) [configured 0]",
            "decode(20) [configured 0]",
            # The second request saturates the codec.
            "decode(30) [configured 1]",
            "decode(40) [configured 2]",
            "flush() 1 [configured 2]",
        ]
        slow = [
            "dequeue [configured 2]",
            # The first request is done. The codec takes the third, and is saturated again.
            "output 10 [configured 1]",
            "dequeue [configured 1]",
            "output 20 [configured 0]",
            "dequeue [configured 0]",
            "output 30 [configured 0]",
            "output 40 [configured 0]",
            "flush 1 resolved [configured 0]",
        ]
        fast = [
            "dequeue [configured 2]",
            # Both requests are done. The codec takes two more at once.
            "output 10 [configured 0]",
            "output 20 [configured 0]",
            "dequeue [configured 0]",
            "output 30 [configured 0]",
            "output 40 [configured 0]",
            "flush 1 resolved [configured 0]",
        ]
        stage.assert_log([*calls, *setting.either(tasks_first=slow, work_first=fast)])
        assert_array_equals(
            stage.calls(), [["configure 1", "decode 10", "decode 20", "decode 30", "decode 40", "flush"]]
        )


@promise_test(
    "a message that is not processed keeps its place: flush() and configure() wait behind it",
    shows=of_decoders("process-the-control-message-queue#1.3", "dom-{}-decode:message#1"),
    variants=SETTINGS,
)
async def not_processed_keeps_its_place(t: Test, setting: Setting) -> None:
    with setting.stage(capacity=2) as stage:
        decoder = stage.new_decoder()
        with stage.script():
            decoder.configure(1)
        stage.run(setting.policy)
        with stage.script():
            for timestamp in (10, 20, 30):
                decoder.decode(timestamp)
            decoder.flush()
            decoder.configure(2)
        [queue] = stage.event_loop.parallel_queues
        assert_equals(len(queue.items), 2, "only the two accepted requests are in the work queue")
        stage.run(setting.policy)
        assert_array_equals(
            stage.calls(), [["configure 1", "decode 10", "decode 20", "decode 30", "flush", "drain", "configure 2"]]
        )
        calls = [
            "configure(1) [configured 0]",
            "decode(10) [configured 0]",
            "decode(20) [configured 0]",
            "decode(30) [configured 1]",
            "flush() 1 [configured 1]",
            "configure(2) [configured 1]",
        ]
        slow = [
            "dequeue [configured 1]",
            "output 10 [configured 0]",
            "dequeue [configured 0]",
            "output 20 [configured 0]",
            "output 30 [configured 0]",
            "flush 1 resolved [configured 0]",
        ]
        fast = [
            "dequeue [configured 1]",
            "output 10 [configured 0]",
            "output 20 [configured 0]",
            "dequeue [configured 0]",
            "output 30 [configured 0]",
            "flush 1 resolved [configured 0]",
        ]
        stage.assert_log([*calls, *setting.either(tasks_first=slow, work_first=fast)])


@promise_test(
    "a codec is never given more than saturates it, even if it made progress twice before the event loop heard of it",
    shows=of_decoders("saturated", "dom-{}-decode:message#4.3", "dom-{}-decode:message#4.3.1"),
    variants=KINDS,
)
async def late_news_of_progress(t: Test, kind: Kind) -> None:
    with Stage(kind, capacity=2) as stage:
        decoder = stage.new_decoder()
        with stage.script():
            decoder.configure()
        stage.run(tasks_first)
        with stage.script():
            for timestamp in (10, 20, 30, 40, 50, 60):
                decoder.decode(timestamp)
        stage.run(sequence(["work", "work"], then=tasks_first))
        stage.assert_log(
            [
                "configure(1) [configured 0]",
                "decode(10) [configured 0]",
                "decode(20) [configured 0]",
                "decode(30) [configured 1]",
                "decode(40) [configured 2]",
                "decode(50) [configured 3]",
                "decode(60) [configured 4]",
                "dequeue [configured 4]",
                # At the news of the first progress the codec takes two more requests, and is saturated again.
                "output 10 [configured 2]",
                # The news of the second is out of date. It must not make the codec unsaturated.
                "output 20 [configured 2]",
                "dequeue [configured 2]",
                "output 30 [configured 1]",
                "dequeue [configured 1]",
                "output 40 [configured 0]",
                "dequeue [configured 0]",
                "output 50 [configured 0]",
                "output 60 [configured 0]",
            ]
        )
        assert_array_equals(stage.most_requests(), [2])


@promise_test(
    "reset() of a saturated codec: the next configuration is not stuck",
    shows=of_decoders("reset-{}#4", "dom-{}-decode:message#4.3.1"),
    variants=SETTINGS,
)
async def reset_of_a_saturated_codec(t: Test, setting: Setting) -> None:
    with setting.stage(capacity=2) as stage:
        decoder = stage.new_decoder()
        with stage.script():
            decoder.configure(1)
        stage.run(setting.policy)
        with stage.script():
            for timestamp in (10, 20, 30):
                decoder.decode(timestamp)
            decoder.reset()
            decoder.configure(2)
            for timestamp in (40, 50, 60):
                decoder.decode(timestamp)
            decoder.flush()
        stage.run(setting.policy)
        calls = [
            "configure(1) [configured 0]",
            "decode(10) [configured 0]",
            "decode(20) [configured 0]",
            "decode(30) [configured 1]",
            "reset() [unconfigured 0]",
            "configure(2) [configured 0]",
            "decode(40) [configured 1]",
            "decode(50) [configured 2]",
            "decode(60) [configured 3]",
            "flush() 1 [configured 3]",
            "dequeue [configured 3]",
        ]
        slow = [
            "dequeue [configured 1]",
            "output 40 [configured 0]",
            "dequeue [configured 0]",
            "output 50 [configured 0]",
            "output 60 [configured 0]",
            "flush 1 resolved [configured 0]",
        ]
        fast = [
            "dequeue [configured 1]",
            "output 40 [configured 0]",
            "output 50 [configured 0]",
            "dequeue [configured 0]",
            "output 60 [configured 0]",
            "flush 1 resolved [configured 0]",
        ]
        stage.assert_log([*calls, *setting.either(tasks_first=slow, work_first=fast)])


@promise_test(
    "codecs do not wait for each other: each has its own queues and its own task source",
    shows=["codec-work-queue", "codec-task-source"],
    variants=KINDS,
)
async def two_codecs(t: Test, kind: Kind) -> None:
    with Stage(kind) as stage:
        first, second = stage.new_configured_decoder("first: "), stage.new_configured_decoder("second: ")
        with stage.script():
            first.decode(10)
            first.flush()
            second.decode(20)
            second.flush()

        def second_codec_first(enabled: Sequence[Choice]) -> Choice:
            return next((choice for choice in enabled if choice.place.endswith(" 2")), enabled[0])

        stage.run(second_codec_first)
        stage.assert_log(
            [
                "first: decode(10) [configured 0]",
                "first: flush() 1 [configured 0]",
                "second: decode(20) [configured 0]",
                "second: flush() 1 [configured 0]",
                "second: dequeue [configured 0]",
                "second: output 20 [configured 0]",
                "second: flush 1 resolved [configured 0]",
                "first: dequeue [configured 0]",
                "first: output 10 [configured 0]",
                "first: flush 1 resolved [configured 0]",
            ]
        )
