"""isConfigSupported(), which is the same for all four interfaces of chapters 3 to 6 of the spec."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from codecmodel.algorithm import algorithm
from codecmodel.codecs.codec import Codec
from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.current import current_platform
from codecmodel.web.event_loop import EventLoop, Promise, TaskSource, current_event_loop, reject, resolve, settling
from codecmodel.web.steps import is_interrupt

ConfigT = TypeVar("ConfigT")
MediaT = TypeVar("MediaT")
OutputT = TypeVar("OutputT")
SupportT = TypeVar("SupportT")


def is_answered_with_yes(question: Callable[[], bool], event_loop: EventLoop, task_source: TaskSource) -> bool:
    """Ask the platform whether it supports something. Runs on a parallel queue.

    Not in the spec: if the question raises an exception, the answer is no. An unforeseen exception is also
    reported, in a task. An interrupt of the program goes on; it comes on the main thread only.
    """
    try:
        return question()
    except BaseException as failure:
        if is_interrupt(failure):
            raise
        if not isinstance(failure, CodecError):
            event_loop.queue_task(task_source, partial(event_loop.report_exception, failure))
        return False


@algorithm(
    "dom-audiodecoder-isconfigsupported",
    "dom-videodecoder-isconfigsupported",
    "dom-audioencoder-isconfigsupported",
    "dom-videoencoder-isconfigsupported",
)
def is_config_supported(
    interface: type[Codec[ConfigT, MediaT, OutputT]],
    config: ConfigT,
    new_support: Callable[[ConfigT, bool], SupportT],
) -> Promise[SupportT]:
    """isConfigSupported(config): the method steps. ``new_support`` makes the result from a clone of ``config``."""
    event_loop = current_event_loop()
    platform = current_platform()
    # 2. before 1.: make the promise, which is also the one that is rejected at once.
    promise: Promise[SupportT] = event_loop.new_promise()
    # 1. Reject an invalid configuration. (A method that returns a promise never throws, Web IDL § 3.7.7.)
    try:
        config = interface._converted(config)
        if not interface._is_valid(config):
            raise TypeError(f"not a valid configuration: {interface._why_not_valid(config)}")
    except TypeError as error:
        reject(promise, error)
        return promise
    # 4.2.1.1. before 3.: clone the configuration now, as the program may change the description's bytes meanwhile.
    clone = interface._clone(config)
    # 3. Start a parallel queue.
    check_support_queue = event_loop.start_parallel_queue()
    task_source = TaskSource("codec support")

    def check_support_work() -> None:
        # 4.1. Check whether the platform supports the configuration.
        supported = is_answered_with_yes(lambda: interface._supports(clone, platform), event_loop, task_source)
        # 4.2. Queue a task:
        # 4.2.1. make the result,
        # 4.2.1.2. say in it whether the configuration is supported, and
        # dom-audiodecoder-isconfigsupported: 4.2.2. resolve the promise with it.
        # dom-videodecoder-isconfigsupported: 4.2.2.
        # dom-audioencoder-isconfigsupported: 4.2.2.
        # dom-videoencoder-isconfigsupported: 4.3. (as published, it is not a step of the task)
        event_loop.queue_task(task_source, settling(promise, lambda: resolve(promise, new_support(clone, supported))))

    # 4. Enqueue the check.
    check_support_queue.enqueue(settling(promise, check_support_work))
    # 5. Return the promise.
    return promise
