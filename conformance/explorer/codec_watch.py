"""The invariants of a scripted codec on every schedule: its requests, their number, and the resources it keeps."""

from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig
from codecmodel.platform.codec_implementation import CodecRequests
from codecmodel.raw_media.resource_protocols import AudioResource, VideoResource
from conformance.explorer.invariants import Violation
from conformance.scripted.scripted_codec import (
    ScriptedAudioEncoder,
    ScriptedDecoder,
    ScriptedPlatform,
    ScriptedVideoEncoder,
)

#: Members that tell of the past, and on which the further course does not depend.
HISTORY: Final = frozenset({"_read", "_violated"})


_Codec: TypeAlias = (
    ScriptedDecoder[AudioDecoderConfig, AudioResource]
    | ScriptedDecoder[VideoDecoderConfig, VideoResource]
    | ScriptedAudioEncoder
    | ScriptedVideoEncoder
)


class _Entry(NamedTuple):
    """A request that the codec may get, with the number of its call, if that is part of the request.

    ``is_required`` unless its configuration was reset.
    """

    kind: str
    number: int | None
    is_required: bool

    @property
    def request(self) -> str:
        return self.kind if self.number is None else f"{self.kind} {self.number}"


class CodecWatch:
    """Watches the implementations of one codec: there is at most one.

    Configurations and chunks go by the requests that ScriptedDecoder lists.
    """

    def __init__(self, platform: ScriptedPlatform, violated: Callable[[Violation], None]) -> None:
        self._platform = platform
        self._violated = violated
        self._entries: deque[_Entry] = deque()
        # Frames or data that were to be encoded were dropped. They are garbage, which a run that can be rewound keeps.
        self._has_garbage = False
        self._read = 0

    def expect(self, kind: str, number: int | None = None) -> None:
        """A message was sent that leads to this request."""
        self._entries.append(_Entry(kind, number, True))

    def withdraw(self, kind: str, number: int) -> None:
        """A message was looked at, and doesn't lead to its request."""
        requests = [(entry.kind, entry.number) for entry in self._entries]
        if (kind, number) in requests:
            self._entries[requests.index((kind, number))] = _Entry("drain", None, False)

    def start_again(self, *, close: bool) -> None:
        """The codec was reset, or closed."""
        self._has_garbage = self._has_garbage or any(entry.kind == "encode" for entry in self._entries)
        # Whether the codec is configured then doesn't matter; nothing is decoded by a configuration that was reset.
        self._entries = deque(
            entry._replace(is_required=False)
            for entry in self._entries
            if entry.kind in ("configure", "cease", "release")
        )
        self._entries.append(_Entry("cease", None, bool(self._codecs())))
        if close:
            self._entries.append(_Entry("release", None, False))

    def after_work(self, *, is_queue_empty: bool) -> None:
        """Check the requests that the codec got. If the queue is empty, none that was reset can come any more."""
        for codec in self._codecs():
            for request in codec.calls[self._read :]:
                self._read += 1
                self._check(request)
        if is_queue_empty:
            self._entries = deque(entry for entry in self._entries if entry.is_required)

    def after_step(self) -> None:
        """Check the number of requests that the codec has."""
        requests = self._requests()
        if requests is not None and requests.accepted - requests.finished > requests.capacity:
            count = requests.accepted - requests.finished
            self._violate("capacity", f"the codec has {count} requests, {requests.capacity} at most")

    def at_rest(self, *, is_closed: bool) -> None:
        """Check the resources that the codec keeps when nothing is left to run."""
        platform = self._platform
        # Encoders keep bytes, and no resources.
        pending = sum(len(decoder._pending) for decoder in platform.audio_decoders)
        pending += sum(len(decoder._pending) for decoder in platform.video_decoders)
        if platform.resources.live != pending and not self._has_garbage:
            self._violate(
                "resources", f"{platform.resources.live} outputs are not released, the codec has {pending} of them"
            )
        for codec in self._codecs():
            if is_closed != codec._released:
                self._violate("resources", f"the codec is released: {codec._released}; closed: {is_closed}")
        if any(entry.kind == "cease" and entry.is_required for entry in self._entries):
            self._violate("resources", "the codec was not told to drop what it has pending")
        requests = self._requests()
        if requests is not None and requests.accepted != requests.finished:
            self._violate("capacity", f"{requests.accepted} requests were accepted, {requests.finished} finished")

    def _requests(self) -> CodecRequests | None:
        codecs = self._codecs()
        return codecs[0].requests if codecs else None

    def _codecs(self) -> list[_Codec]:
        platform = self._platform
        return [*platform.audio_decoders, *platform.video_decoders, *platform.audio_encoders, *platform.video_encoders]

    def _check(self, request: str) -> None:
        if request == "drain":
            # It precedes a configuration, or one that turns out not to be supported.
            front = next((entry for entry in self._entries if entry.is_required or entry.kind == "drain"), None)
            if front is None or front.kind not in ("configure", "drain"):
                self._violate("message order", "the codec is drained, and no configuration is next")
            return
        while self._entries:
            entry = self._entries.popleft()
            if entry.request == request:
                return
            if entry.is_required:
                self._violate("message order", f"the codec is asked to {request} before {entry.request}")
                return
        self._violate("message order", f"the codec is asked to {request}, though no call asks for it (any more)")

    def _violate(self, invariant: str, what: str) -> None:
        self._violated(Violation(invariant, what))
