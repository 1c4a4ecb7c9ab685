"""The invariants of an ImageDecoder on every schedule, and a watch that checks them.

The watch is told of all calls, of the pieces that the stream is given, and of all events. From these it knows which
requests must be served, in which order, and with which frames.
"""

from collections.abc import Callable, Sequence
from typing import Final

from codecmodel import ImageDecoder
from codecmodel.image_decoding.image_decode_options import ImageDecodeResult
from codecmodel.web.event_loop import Promise
from conformance.explorer.image_request import ImageRequest
from conformance.explorer.invariants import Violation, short
from conformance.scripted.observed_codec import name_of
from conformance.scripted.scripted_codec import ScriptedPlatform
from conformance.scripted.scripted_image import Frame, ScriptedImageDecoder

#: The meaning of each invariant.
IMAGE_INVARIANTS: Final = {
    "requests": "requests are served once, in the order of the calls, with the frame and the detail that was asked for",
    "silence": "after a reset, a selection or close, earlier requests have no result",
    "promises": "each promise settles exactly once, as it should; those pending are those unsettled",
    "tracks": "the tracks are those of the data, and one of them is selected, or none if the program wants none",
    "closed": "the decoder is closed by close() and by bad data alone, and then for good",
    "message order": "the codec is given the data once and in order, and is asked for what live requests want",
    "resources": "every frame is released; a closed decoder's codec too, and its stream is canceled",
    "rest": "when nothing is left to run, requests wait for data still to come, and every run comes to rest",
    "assertions": "no step of the model or of a codec fails",
}

#: Members that tell of the past, and on which the further course does not depend.
HISTORY: Final = frozenset({"_read", "_violated"})


class ImageWatch:
    """Watches one decoder. ``violated`` is called with every violation. ``is_complete``: its data is all there."""

    def __init__(
        self,
        decoder: ImageDecoder,
        platform: ScriptedPlatform,
        violated: Callable[[Violation], None],
        *,
        fed: str,
        is_complete: bool,
        is_read: Callable[[], bool],
    ) -> None:
        self.decoder = decoder
        #: Whether the decoder still reads the stream.
        self.is_read = is_read
        self._platform = platform
        self._violated = violated
        # The pieces that the program has fed, and how many bytes of them the codec was given.
        self._fed = fed
        self._given = 0
        self._ended = is_complete
        self._failed = False
        self._requests: list[ImageRequest] = []
        #: The name of the exception that has closed the decoder.
        self._closed_by: str | None = None
        #: A frame could not be decoded, or may have been found to be broken: the news is on its way, and a reset or a
        #: selection does not stop it.
        self._is_broken = False
        #: The selected track, once tracks are known to the program; -1 if there is none.
        self._selected: int | None = None
        #: The detail that was output last, by track and frame.
        self._details: dict[tuple[int, int], int] = {}
        self._is_ready_settled = self._is_completed_settled = False
        self._read = 0

    # Calls, after they were made

    def fed(self, data: str) -> None:
        """The stream was given a piece."""
        self._fed += data

    def ended(self) -> None:
        """The stream was closed."""
        self._ended = True

    def failed(self) -> None:
        """The stream has failed."""
        self._failed = True

    def decoded(self, number: int, frame: int, is_reduced: bool, promise: Promise[ImageDecodeResult]) -> None:
        """decode()."""
        request = ImageRequest(number, frame, is_reduced, promise)
        if self._closed_by is not None or self._selected == -1:
            request.expected = "InvalidStateError"
        self._requests.append(request)
        self.observe()

    def was_reset(self) -> None:
        """reset()."""
        self._abort("AbortError")
        self.observe()

    def was_closed(self) -> None:
        """close()."""
        if self._closed_by is None:
            self._close("AbortError")
        self.observe()

    def selected(self, index: int) -> None:
        """Another track was selected; -1: none."""
        if self._closed_by is None:
            self._abort("AbortError")
            self._selected = index
            self._details.clear()
        self.observe()

    # Steps of the codec

    def decodes(self, track: int, frame: int, error: str | None) -> None:
        """The codec decodes a frame, or fails."""
        request = next((one for one in self._live() if not one.is_asked and self._is_decodable(one)), None)
        if request is None or (request.frame, self._track) != (frame, track):
            self.violate(
                "message order", f"the codec is asked for frame {frame} of track {track}, though no request is for it"
            )
            return
        request.is_asked = True
        if error is not None:
            self._is_broken = True
            return
        found = self._wanted_frames()[frame]
        if found.is_complete:
            self._details.pop((track, frame), None)
        elif not request.is_reduced or found.details <= self._details.get((track, frame), 0):
            self.violate("requests", f"frame {frame} is decoded with no more detail than last time")
        else:
            self._details[track, frame] = found.details

    # Events

    def settled(self, number: int, promise: Promise[ImageDecodeResult], value: int | None) -> None:
        """A request was served, with a frame of this value, or rejected."""
        self.observe()
        request = next((one for one in self._requests if one.number == number), None)
        reason = promise.exception()
        name = None if reason is None else name_of(reason)
        what = f"request {short(number)} is " + (f"rejected with {name}" if name else f"served with frame {value}")
        if request is None:
            self.violate("promises", f"{what}, a second time")
            return
        self._requests.remove(request)
        if request.expected is not None:
            if name != request.expected:
                self.violate("silence" if name is None else "promises", f"{what}, not with {request.expected}")
            return
        earlier = next((one for one in self._live() if one.number < number), None)
        if earlier is not None and earlier.expected is None:
            self.violate("requests", f"{what} before request {short(earlier.number)}")
        if name is None:
            self._check_result(request, promise.result(), value, what)
        elif name != "RangeError":
            self.violate("promises", f"{what}, for no reason")
        elif not self._is_infeasible(request):
            self.violate("requests", f"{what}, though the frame may exist")

    def ready(self, promise: Promise[None]) -> None:
        """``tracks.ready`` has settled."""
        self.observe()
        if self._is_ready_settled:
            self.violate("promises", "ready settles a second time")
        self._is_ready_settled = True
        reason = promise.exception()
        if reason is not None and name_of(reason) != self._closed_by:
            self.violate("promises", f"ready is rejected with {name_of(reason)}, not with {self._closed_by}")

    def completed(self, promise: Promise[None]) -> None:
        """``completed`` has settled."""
        self.observe()
        if self._is_completed_settled:
            self.violate("promises", "completed settles a second time")
        self._is_completed_settled = True
        reason = promise.exception()
        if reason is None and not self._ended:
            self.violate("promises", "completed is resolved, though more data may follow")
        if reason is not None and name_of(reason) != self._closed_by:
            self.violate("promises", f"completed is rejected with {name_of(reason)}, not with {self._closed_by}")

    # Checks

    def observe(self) -> None:
        """Check the invariants that hold whenever a script may look."""
        decoder = self.decoder
        if decoder._closed and self._closed_by is None:
            self._find_cause()
        elif self._closed_by is not None and not decoder._closed:
            self.violate("closed", "the decoder is open again")
        pending = {id(promise) for promise in decoder._pending_decode_promises}
        unsettled = {id(request.promise) for request in self._requests if not request.promise.done()}
        if pending != unsettled:
            self.violate("promises", f"{len(pending)} requests are listed as pending, {len(unsettled)} are unsettled")
        self._observe_tracks()

    def after_work(self) -> None:
        """Check the calls that the codec got."""
        for decoder in self._platform.image_decoders:
            for call in decoder.calls[self._read :]:
                self._read += 1
                self._check_call(call)
        front = next(iter(self._live()), None)
        self._is_broken = self._is_broken or (front is not None and self._availability(front) == "malformed")

    def at_rest(self) -> None:
        """Check the invariants that hold when nothing is left to run."""
        self.observe()
        for request in self._requests:
            if request.expected is not None:
                self.violate("promises", f"request {short(request.number)} is not rejected with {request.expected}")
        if self._closed_by is not None:
            self._check_closed()
            return
        if self._failed:
            self.violate("rest", "nothing is left to run, but the stream has failed and the decoder is open")
        if self._given != len(self._fed) or self._ended != self._has_finished:
            self.violate("rest", "nothing is left to run, but the codec does not have all data")
        if self._ended != self._is_completed_settled:
            self.violate("promises", "nothing is left to run, but completed is not as it should be")
        tracks = self._tracks()
        if bool(tracks) != self._is_ready_settled:
            self.violate("tracks", "nothing is left to run, but ready is not as it should be")
        if tracks == [] or (tracks is None and self._has_finished):
            self.violate("rest", "nothing is left to run, but data without tracks has not closed the decoder")
        counts = [len(self._frames(track)) for track in range(len(tracks or ()))]
        if [track.frameCount for track in self.decoder.tracks] != counts:
            self.violate("tracks", f"nothing is left to run, but not all frames are counted: {counts}")
        front = next(iter(self._live()), None)
        if front is not None and not self._may_wait(front):
            self.violate("rest", f"nothing is left to run, but request {short(front.number)} could be served")
        if self._platform.resources.live:
            self.violate("resources", f"{self._platform.resources.live} frames are not released")

    def violate(self, invariant: str, what: str) -> None:
        """Report a violation."""
        self._violated(Violation(invariant, what, IMAGE_INVARIANTS[invariant]))

    def _check_closed(self) -> None:
        decoder = self.decoder
        if self._requests:
            self.violate("promises", f"the decoder is closed, but {len(self._requests)} requests have not settled")
        if not (self._is_ready_settled and self._is_completed_settled):
            self.violate("promises", "the decoder is closed, but ready or completed has not settled")
        if any(not codec._released for codec in self._platform.image_decoders):
            self.violate("resources", "the decoder is closed, but its codec is not released")
        if decoder._reader is not None or self.is_read():
            self.violate("resources", "the decoder is closed, but it still reads its stream")
        if self._platform.resources.live:
            self.violate("resources", f"{self._platform.resources.live} frames are not released")
        if len(decoder.tracks):
            self.violate("tracks", "the decoder is closed, but it has tracks")
        if len(decoder._work_in_order) or decoder._encoded_data:
            self.violate("rest", "the decoder is closed, but work or data waits in it")

    def _check_call(self, call: str) -> None:
        kind, _, data = call.partition(" ")
        if kind == "append":
            if not self._fed.startswith(data, self._given):
                self.violate("message order", f"the codec is given {data!r}, not what was fed")
            self._given += len(data)
        elif kind == "finish" and not (self._ended and self._given == len(self._fed)):
            self.violate("message order", "the codec is told that all data has arrived, which is false")
        elif kind == "release" and self._closed_by is None:
            self.violate("message order", "the codec is released, though the decoder is open")

    def _observe_tracks(self) -> None:
        tracks = list(self.decoder.tracks)
        selected_index = self.decoder.tracks.selectedIndex
        if not tracks:
            if selected_index != -1:
                self.violate("tracks", f"track {selected_index} is selected, but there are none")
            return
        if self._selected is None:
            self._selected = 0
        if [track.animated for track in tracks] != [letter != "s" for letter in self._tracks() or ()]:
            self.violate("tracks", "the tracks are not those of the data")
        if selected_index != self._selected:
            self.violate("tracks", f"track {selected_index} is selected, not {self._selected}")
        if [track.selected for track in tracks] != [index == selected_index for index in range(len(tracks))]:
            self.violate("tracks", "the selected track is not the one that says so")
        if any(track.frameCount > len(self._frames(index)) for index, track in enumerate(tracks)):
            self.violate("tracks", "there are more frames than in the data")

    def _check_result(self, request: ImageRequest, result: ImageDecodeResult, value: int | None, what: str) -> None:
        if value != request.frame:
            self.violate("requests", f"{what}, not with {request.frame}")
        if not request.is_asked:
            self.violate("requests", f"{what}, which the codec was not asked for")
        if not (result["complete"] or request.is_reduced):
            self.violate("requests", f"{what}, without all of its detail")

    def _find_cause(self) -> None:
        """The decoder has closed itself: find out whether it had to."""
        tracks = self._tracks()
        causes: list[str] = []
        if self._failed:
            causes.append("NotReadableError")
        if tracks == [] or self._is_broken:
            causes.append("EncodingError")
        if tracks is None and self._has_finished:
            causes.append("InvalidStateError")
        if not causes:
            self.violate("closed", "the decoder has closed itself for no reason")
        self._close(self._closing_name(causes))

    def _closing_name(self, causes: Sequence[str]) -> str:
        """The name that promises are rejected with, if several causes are possible."""
        promises: list[Promise[None] | Promise[ImageDecodeResult]] = [one.promise for one in self._requests]
        promises += [self.decoder.completed, self.decoder.tracks.ready]
        reasons = [promise.exception() for promise in promises if promise.done()]
        names = {name_of(reason) for reason in reasons if reason is not None}
        return next((cause for cause in causes if cause in names), causes[0] if causes else "")

    def _may_wait(self, request: ImageRequest) -> bool:
        return not self._has_finished and self._availability(request) == "incomplete"

    def _is_decodable(self, request: ImageRequest) -> bool:
        """Whether the codec is asked for the frame. It is not if there is none, nor if its data is malformed.

        Malformed data closes the decoder, in a task. Until then requests that follow are served.
        """
        return not self._is_infeasible(request) and self._availability(request) != "malformed"

    def _is_infeasible(self, request: ImageRequest) -> bool:
        """Whether there is no such frame, and none will come."""
        return self._has_finished and request.frame >= len(self._wanted_frames())

    def _availability(self, request: ImageRequest) -> str:
        """How much the data has of the frame that a request wants: "enough", "incomplete" or "malformed"."""
        if not self._tracks():
            return "incomplete"
        frames = self._wanted_frames()
        if request.frame >= len(frames):
            return "incomplete"
        found = frames[request.frame]
        if found.is_broken or (self._has_finished and not found.is_complete):
            return "malformed"
        more = request.is_reduced and self._is_progressive and self._has_more(request.frame, found.details)
        return "enough" if found.is_complete or more else "incomplete"

    def _has_more(self, frame: int, details: int) -> bool:
        return details > self._details.get((self._track, frame), 0)

    def _live(self) -> list[ImageRequest]:
        return [one for one in self._requests if one.expected is None and not one.was_served]

    def _abort(self, reason: str) -> None:
        for request in self._requests:
            request.decide(reason)

    def _close(self, reason: str) -> None:
        for request in self._requests:
            request.decide(reason)
        self._closed_by = reason
        self._selected = None

    @property
    def _track(self) -> int:
        return self._selected or 0

    @property
    def _implementation(self) -> ScriptedImageDecoder | None:
        decoders = self._platform.image_decoders
        return decoders[0] if decoders else None

    @property
    def _has_finished(self) -> bool:
        implementation = self._implementation
        return implementation is not None and implementation._is_finished

    @property
    def _is_progressive(self) -> bool:
        implementation = self._implementation
        return implementation is not None and implementation._header.startswith("P")

    def _tracks(self) -> list[str] | None:
        """A letter for each track in the data that the codec has, or None if it doesn't say yet."""
        implementation = self._implementation
        if implementation is None or ";" not in implementation._data:
            return None
        return list(implementation._header.replace("P", ""))

    def _frames(self, track: int) -> Sequence[Frame]:
        implementation = self._implementation
        return () if implementation is None else implementation._frames(track)

    def _wanted_frames(self) -> Sequence[Frame]:
        return self._frames(self._track)
