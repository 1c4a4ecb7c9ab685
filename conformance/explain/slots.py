"""The slots that a page shows, and how they are read."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias, cast

from codecmodel.web.event_loop import Promise

#: The value of a slot as a page shows it.
Value: TypeAlias = str | int | bool | None


class Slot(NamedTuple):
    """A slot: its name in the spec, its attribute here, and the function that makes it presentable."""

    name: str
    attribute: str
    shown: Callable[[object], Value]
    #: Whether steps on the work queue write it.
    is_of_work: bool = False


def _plain(value: object) -> Value:
    return value if isinstance(value, str | int | bool) else None


def _number_of(value: object) -> Value:
    return len(cast("Sequence[object]", value))


def _presence(value: object) -> Value:
    return "none" if value is None else "made"


def _promise(value: object) -> Value:
    promise = cast("Promise[None]", value)
    if not promise.done():
        return "pending"
    if promise.cancelled() or promise._exception is not None:
        return "rejected"
    return "resolved"


def _tracks(value: object) -> Value:
    return _number_of(getattr(value, "_track_list", ()))


def _selected(value: object) -> Value:
    return _plain(getattr(value, "_selected_index", None))


def _ready(value: object) -> Value:
    promise = getattr(value, "_ready_promise", None)
    return None if promise is None else _promise(promise)


_STATE: Final = Slot("[[state]]", "_state", _plain)
_BLOCKED: Final = Slot("[[message queue blocked]]", "_message_queue_blocked", _plain)
_SATURATED: Final = Slot("[[codec saturated]]", "_codec_saturated", _plain)
_FLUSHES: Final = Slot("[[pending flush promises]]", "_pending_flush_promises", _number_of)
_SCHEDULED: Final = Slot("[[dequeue event scheduled]]", "_dequeue_event_scheduled", _plain)
_KEY: Final = Slot("[[key chunk required]]", "_key_chunk_required", _plain)
_IMPLEMENTATION: Final = Slot("[[codec implementation]]", "_codec_implementation", _presence, is_of_work=True)
_DECODER: Final = (
    _STATE,
    _BLOCKED,
    _SATURATED,
    Slot("[[decodeQueueSize]]", "_queue_size", _plain),
    _FLUSHES,
    _SCHEDULED,
    _KEY,
    _IMPLEMENTATION,
)
_ENCODER: Final = (
    _STATE,
    _BLOCKED,
    _SATURATED,
    Slot("[[encodeQueueSize]]", "_queue_size", _plain),
    _FLUSHES,
    _SCHEDULED,
    _IMPLEMENTATION,
)
_IMAGE: Final = (
    Slot("[[closed]]", "_closed", _plain),
    _BLOCKED,
    Slot("[[complete]]", "_complete", _plain),
    Slot("tracks", "_image_track_list", _tracks),
    Slot("[[selected index]]", "_image_track_list", _selected),
    Slot("[[ready promise]]", "_image_track_list", _ready),
    Slot("[[completed promise]]", "_completed_promise", _promise),
    Slot("[[pending decode promises]]", "_pending_decode_promises", _number_of),
    Slot("[[tracks established]]", "_tracks_established", _plain, is_of_work=True),
    Slot("[[internal selected track index]]", "_internal_selected_track_index", _plain, is_of_work=True),
    _IMPLEMENTATION,
)
#: The slots of each interface, in the order of a page.
SLOTS: Final[Mapping[str, Sequence[Slot]]] = {
    "AudioDecoder": _DECODER,
    "VideoDecoder": _DECODER,
    "AudioEncoder": _ENCODER,
    "VideoEncoder": _ENCODER,
    "ImageDecoder": _IMAGE,
}


def read(codec: object, slot: Slot) -> Value:
    """The value now. None before the constructor has assigned the slot."""
    members = cast("dict[str, object]", codec.__dict__)
    return slot.shown(members[slot.attribute]) if slot.attribute in members else None
