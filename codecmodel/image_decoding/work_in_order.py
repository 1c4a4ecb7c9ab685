"""Work that waits. Not from the spec, which has steps on the codec work queue "wait".

Nothing waits there: a thread that did would be one more thread for each image that is arriving, and one that never
ends if the rest of the image never comes. Steps that have to wait say so, and are tried again when more data has
arrived, or when a reset may have made them superfluous. What was enqueued after them keeps its place behind them.
"""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from codecmodel.image_decoding.image_decoder_slots import ImageDecoderSlots

WorkOutcome: TypeAlias = Literal["done", "waiting"]
WorkInOrder: TypeAlias = deque[Callable[[], WorkOutcome]]


def enqueue_in_order(decoder: "ImageDecoderSlots", steps: Callable[[], WorkOutcome]) -> None:
    """Enqueue steps to the codec work queue which may have to wait there."""

    def work() -> None:
        decoder._work_in_order.append(steps)
        if len(decoder._work_in_order) == 1:
            go_on(decoder)

    decoder._enqueue("decode work", work)


def go_on(decoder: "ImageDecoderSlots") -> None:
    """On the work queue: try what waits, until something has to wait again."""
    waiting = decoder._work_in_order
    while waiting and waiting[0]() == "done":
        waiting.popleft()
