"""Broken processing models, for the explorer to catch: each replaces a few characters of one function.

A mutation says which lines it changes as they stand in the source, so that one that no longer applies is noticed.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Final, cast

from codecmodel.codecs import control_messages, processing_model
from codecmodel.codecs.decoder import Decoder
from conformance.explorer.programs import Pattern
from conformance.explorer.search import Limits


class StaleMutationError(Exception):
    """The source no longer has what a mutation changes."""


@dataclass(frozen=True)
class Mutation:
    """Has ``new`` instead of ``old`` in ``function``.

    ``breaks`` are the invariants, one of which must catch it, in the programs of ``pattern`` (all up to three calls).
    """

    name: str
    function: FunctionType
    old: str
    new: str
    breaks: frozenset[str]
    pattern: str = ""

    @property
    def limits(self) -> Limits:
        """What to explore to catch it."""
        return (
            Limits(len(self.pattern.split()), self.pattern.count(":"), Pattern(self.pattern))
            if self.pattern
            else Limits(3)
        )

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Within the block the function is the broken one. Raises StaleMutationError."""
        function = self.function
        original = function.__code__
        function.__code__ = self._broken_code(function)
        try:
            yield
        finally:
            function.__code__ = original

    def _broken_code(self, function: FunctionType) -> CodeType:
        source = textwrap.dedent(inspect.getsource(function))
        if source.count(self.old) != 1:
            raise StaleMutationError(f"{self.old!r} is {source.count(self.old)} times in {function.__qualname__}")
        tree = ast.parse(source.replace(self.old, self.new))
        definition = tree.body[0]
        assert isinstance(definition, ast.FunctionDef)
        definition.decorator_list.clear()
        scope: dict[str, object] = {}
        exec(compile(tree, inspect.getfile(function), "exec"), function.__globals__, scope)
        return cast("FunctionType", scope[function.__name__]).__code__


def _mutation(name: str, function: object, old: str, new: str, *breaks: str, pattern: str = "") -> Mutation:
    return Mutation(name, cast("FunctionType", function), old, new, frozenset(breaks), pattern)


MUTATIONS: Final = [
    _mutation(
        "blocked flag never cleared",
        control_messages.configure_control_message,
        "codec._message_queue_blocked = False",
        "pass",
        "rest",
        "queue size",
    ),
    _mutation(
        "blocked flag cleared early",
        control_messages.configure_control_message,
        "    # 2. Enqueue the work. If",
        "    codec._message_queue_blocked = False\n    # If",
        "assertions",
    ),
    _mutation(
        "queue not processed once it is unblocked",
        control_messages.configure_control_message,
        "partial(process_the_control_message_queue, codec)",
        "lambda: None",
        "rest",
        "queue size",
    ),
    _mutation(
        "unsupported configuration forgotten by a reset",
        processing_model.Codec._close_after_failure,
        '(exception.name == "NotSupportedError" or not epoch.ceased)',
        "not epoch.ceased",
        "rest",
        "queue size",
    ),
    _mutation(
        "pending outputs lost by configure",
        control_messages.configure_control_message,
        "outputs = implementation.drain()",
        "outputs = implementation.drain()[:0]",
        "outputs",
        "resources",
        "rest",
        "flush",
        "exceptions",
        pattern="configure decode configure",
    ),
    _mutation(
        "old stream not drained",
        control_messages.configure_control_message,
        "        drain_work()",
        "        pass",
        "outputs",
        "resources",
        "rest",
        "flush",
        "exceptions",
        pattern="configure decode configure",
    ),
    _mutation(
        "error in draining taken for an unsupported configuration",
        control_messages.configure_control_message,
        'codec._work_has_failed(failure, epoch, "EncodingError")',
        'codec._work_has_failed(failure, epoch, "NotSupportedError")',
        "exceptions",
        pattern="configure decode configure",
    ),
    _mutation(
        "queue not emptied by reset",
        Decoder._reset,
        "self._control_message_queue.clear()",
        "pass",
        "queue size",
    ),
    _mutation(
        "queue size kept by reset",
        Decoder._reset,
        "self._queue_size = 0",
        "pass",
        "queue size",
    ),
    _mutation(
        "no dequeue event from reset",
        Decoder._reset,
        "schedule_dequeue_event(self)",
        "pass",
        "dequeue",
    ),
    _mutation(
        "outputs after reset delivered",
        processing_model.signal_to_cease,
        "codec._epoch.ceased = True",
        "pass",
        "silence",
        "outputs",
        "assertions",
        "message order",
    ),
    _mutation(
        "codec not told to cease",
        processing_model.signal_to_cease,
        'codec._enqueue("cease work", cease_work)',
        "pass",
        "outputs",
        "resources",
        "message order",
        pattern="configure decode reset configure",
    ),
    _mutation(
        "promise not removed by reset",
        Decoder._reset,
        "self._pending_flush_promises.remove(promise)",
        "pass",
        "promises",
    ),
    _mutation(
        "promise rejected with another exception",
        Decoder._reset,
        "reject(promise, exception)",
        'reject(promise, DOMException("", "AbortError"))',
        "promises",
    ),
    _mutation(
        "close not silent",
        processing_model.close,
        'if exception.name != "AbortError":',
        "if True:",
        "silence",
        "exceptions",
    ),
    _mutation(
        "state not closed",
        processing_model.close,
        'codec._state = "closed"',
        "pass",
        "state",
    ),
    _mutation(
        "codec not released",
        processing_model.close,
        "implementation.release()",
        "pass",
        "resources",
    ),
    _mutation(
        "epoch not checked in flush",
        control_messages.flush_control_message,
        "        if epoch.ceased:\n            return\n        # 1.3.2. ",
        "        # 1.3.2. ",
        "assertions",
        "promises",
        pattern="configure decode flush output:close",
    ),
    _mutation(
        "promise resolved before the outputs of the flush",
        control_messages.flush_control_message,
        'codec._queue_a_task("flushed task", partial(flushed_task, outputs), outputs)',
        'codec._queue_a_task("flushed task", partial(flushed_task, []), outputs)\n'
        '        codec._queue_a_task("output", partial(codec._output, epoch, outputs), outputs)',
        "flush",
        pattern="configure decode flush",
    ),
    _mutation(
        "promise not removed by flush",
        control_messages.flush_control_message,
        "codec._pending_flush_promises.remove(promise)",
        "pass",
        "promises",
    ),
    _mutation(
        "un-saturation lost",
        control_messages.request_control_message,
        "        process_the_control_message_queue(codec)",
        "        pass",
        "rest",
        "queue size",
        pattern="configure decode decode decode",
    ),
    _mutation(
        "saturated flag never cleared",
        control_messages.request_control_message,
        "codec._codec_saturated = False",
        "pass",
        "rest",
        "queue size",
        pattern="configure decode decode",
    ),
    _mutation(
        "saturation ignored",
        control_messages.request_control_message,
        "if codec._codec_saturated:",
        "if False:",
        "capacity",
        pattern="configure decode decode decode",
    ),
    _mutation(
        "stale news of un-saturation believed",
        control_messages.request_control_message,
        "        if requests.is_saturated():\n            return\n",
        "",
        "capacity",
        pattern="configure decode decode decode decode decode",
    ),
    _mutation(
        "message that is not processed dropped",
        processing_model.process_the_control_message_queue,
        "            break",
        "            pass",
        "queue size",
        "capacity",
        "rest",
        "assertions",
        pattern="configure decode decode decode",
    ),
    _mutation(
        "queue size decreased twice",
        control_messages.request_control_message,
        "codec._queue_size -= 1",
        "codec._queue_size -= 2",
        "queue size",
    ),
    _mutation(
        "error in decoding swallowed",
        control_messages.request_control_message,
        'codec._work_has_failed(failure, epoch, "EncodingError")',
        "pass",
        "rest",
        "exceptions",
        "outputs",
    ),
    _mutation(
        "tasks queued out of order",
        control_messages.request_control_message,
        "partial(codec._output, epoch, outputs), outputs)",
        'lambda: codec._queue_a_task("output", partial(codec._output, epoch, outputs)), outputs)',
        "flush",
        "outputs",
        pattern="configure decode flush",
    ),
    _mutation(
        "left-over outputs not released",
        Decoder._output,
        "                output.resource.release()\n                continue",
        "                continue",
        "resources",
        pattern="configure decode output:reset",
    ),
    _mutation(
        "outputs delivered last first",
        Decoder._output,
        "iter(outputs)",
        "reversed(outputs)",
        "outputs",
        pattern="configure decode decode",
    ),
    _mutation(
        "dequeue flag not cleared",
        processing_model.schedule_dequeue_event,
        "        codec._dequeue_event_scheduled = False",
        "        pass",
        "dequeue",
        "rest",
    ),
    _mutation(
        "dequeue flag not set",
        processing_model.schedule_dequeue_event,
        "    codec._dequeue_event_scheduled = True",
        "    pass",
        "dequeue",
    ),
    _mutation(
        "messages queued at the front",
        processing_model.queue_a_control_message,
        "codec._control_message_queue.append(",
        "codec._control_message_queue.appendleft(",
        "message order",
        "assertions",
        "outputs",
        "rest",
    ),
]
