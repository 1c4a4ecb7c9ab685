"""Chapter 11 of the spec: resource reclamation.

A user agent may reclaim codecs when resources are constrained. This one never does unless a program asks for it:

- ``reclaim_inactive_codecs()`` reclaims now;
- within ``use_reclamation()`` codecs are reclaimed when the process needs more memory than a budget, and when a codec
  cannot be opened for want of memory or threads. That includes the decoder of an image.

A reclaimed codec is closed with QuotaExceededError: its flushes are rejected, and its error callback is called.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias, cast

from codecmodel.codecs.audio_decoder import AudioDecoder
from codecmodel.codecs.audio_encoder import AudioEncoder
from codecmodel.codecs.codec import Codec, close
from codecmodel.codecs.live_codecs import GlobalObject, global_object_of
from codecmodel.codecs.scarcity import Scarcity, use_scarcity
from codecmodel.codecs.video_decoder import VideoDecoder
from codecmodel.codecs.video_encoder import VideoEncoder
from codecmodel.web.errors import QuotaExceededError
from codecmodel.web.event_loop import current_event_loop

__all__ = [
    "GlobalObject",
    "ReclamationPolicy",
    "global_object_of",
    "is_active",
    "is_background",
    "may_be_reclaimed",
    "reclaim_a_codec",
    "reclaim_inactive_codecs",
    "use_reclamation",
]

AnyCodec: TypeAlias = AudioDecoder | VideoDecoder | AudioEncoder | VideoEncoder

#: Seconds of the event loop's clock for which progress on the work queue makes a codec active.
ACTIVE_SECONDS: Final = 10.0


# Spec: active-codec
def is_active(codec: AnyCodec) -> bool:
    """Whether the codec has made progress on [[codec work queue]] in the past 10 seconds, or was made in these."""
    return codec._event_loop.now() - codec._last_progress <= ACTIVE_SECONDS


# Spec: inactive-codec
def is_inactive(codec: AnyCodec) -> bool:
    """Whether the codec is not active."""
    return not is_active(codec)


# Spec: background-codec
def is_background(codec: AnyCodec) -> bool:
    """Whether the document of the codec's global object is hidden, according to its host."""
    return codec._global_object.is_hidden


# Spec: resource-reclamation
def may_be_reclaimed(codec: AnyCodec) -> bool:
    """Whether the spec permits to reclaim the codec. Called on the thread of its event loop."""
    if is_inactive(codec):
        return True
    if not is_background(codec):
        return False
    # An active codec in the background may be a decoder, unless something depends on it that must go on.
    if isinstance(codec, AudioEncoder | VideoEncoder):
        return False
    encoder = AudioEncoder if isinstance(codec, AudioDecoder) else VideoEncoder
    if any(isinstance(other, encoder) and is_active(other) for other in _open_codecs(codec._global_object)):
        return False
    return not (isinstance(codec, AudioDecoder) and codec._global_object.is_audible)


# Spec: reclaim-a-codec
def reclaim_a_codec(codec: AnyCodec, then: Callable[[], None] | None = None) -> None:
    """Queue a task to reclaim the codec. May be called on any thread.

    The task looks again whether the codec may be reclaimed, because it may have made progress since it was picked. Then
    it runs ``then``, in either case.
    """

    def reclaim_task() -> None:
        if codec._state != "closed" and may_be_reclaimed(codec):
            exception = QuotaExceededError("the codec was reclaimed, because resources are scarce")
            close(cast("Codec[object, object, object]", codec), exception)
        if then is not None:
            then()

    codec._queue_a_task("reclaim task", reclaim_task)


def reclaimable_codecs(global_object: GlobalObject) -> list[AnyCodec]:
    """The codecs that hold an implementation and may be reclaimed, the one that was inactive for longest first.

    Not in the spec: a codec that is at work is left out, even if a single step has taken it more than 10 seconds.
    """
    found = [
        codec
        for codec in _open_codecs(global_object)
        if codec._codec_implementation is not None and not _is_at_work(codec) and may_be_reclaimed(codec)
    ]
    return sorted(found, key=lambda codec: codec._last_progress)


def reclaim_inactive_codecs(count: int | None = None) -> Sequence[AnyCodec]:
    """Reclaim codecs of the running event loop that have been inactive for more than 10 seconds, or ``count`` of them.

    Returns the codecs that were picked, the one that was inactive for longest first. A task closes each, unless that
    codec has made progress by then.
    """
    picked = [codec for codec in reclaimable_codecs(global_object_of(current_event_loop())) if is_inactive(codec)][
        :count
    ]
    for codec in picked:
        reclaim_a_codec(codec)
    return picked


@dataclass(frozen=True)
class ReclamationPolicy:
    """When codecs are reclaimed by themselves.

    ``memory_budget`` is in bytes. If the resident memory of the process is larger when a codec is configured, the codec
    that was inactive for longest is reclaimed; None sets no budget. ``when_out_of_resources`` says whether a codec that
    cannot be opened for want of memory or threads is tried once more, after that inactive codec has been reclaimed.
    """

    memory_budget: int | None = None
    when_out_of_resources: bool = True


@contextmanager
def use_reclamation(policy: ReclamationPolicy) -> Iterator[None]:
    """Within the block, codecs are reclaimed as ``policy`` says when codecs made within it are configured."""
    with use_scarcity(_Reclamation(policy)):
        yield


class _Reclamation(Scarcity):
    """Has the codecs of an event loop make room for one of them."""

    def __init__(self, policy: ReclamationPolicy) -> None:
        self._policy = policy

    def before_configuring(self, global_object: GlobalObject) -> None:
        budget = self._policy.memory_budget
        if budget is not None and resident_memory() > budget:
            for codec in reclaimable_codecs(global_object)[:1]:
                reclaim_a_codec(codec)

    def make_room(self, global_object: GlobalObject, then: Callable[[], None]) -> bool:
        if not self._policy.when_out_of_resources:
            return False
        candidates = reclaimable_codecs(global_object)
        if not candidates:
            return False
        codec = candidates[0]

        def released_work() -> None:
            codec._queue_a_task("room made task", then)

        # There is room when the implementation has been released, on the work queue of the codec.
        reclaim_a_codec(codec, lambda: codec._enqueue("released work", released_work))
        return True


def resident_memory() -> int:
    """The resident memory of this process in bytes. 0 where the system has no /proc."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _open_codecs(global_object: GlobalObject) -> list[AnyCodec]:
    codecs = [cast("AnyCodec", codec) for codec in global_object.codecs]
    return [codec for codec in codecs if codec._state != "closed"]


def _is_at_work(codec: AnyCodec) -> bool:
    implementation = codec._codec_implementation
    assert implementation is not None, "a codec without an implementation is not at work"
    requests = implementation.requests
    return (
        codec._message_queue_blocked
        or bool(codec._pending_flush_promises)
        or codec._queue_size > 0
        or requests.accepted != requests.finished
    )
