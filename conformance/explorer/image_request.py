"""A request to decode a frame of an image, as the watch of an ImageDecoder keeps it."""

from codecmodel.image_decoding.image_decode_options import ImageDecodeResult
from codecmodel.web.event_loop import Promise
from conformance.scripted.observed_codec import name_of


class ImageRequest:
    """A call of decode() whose promise has not settled.

    ``expected`` is the name of its rejection, once that no longer depends on the codec.
    """

    def __init__(self, number: int, frame: int, is_reduced: bool, promise: Promise[ImageDecodeResult]) -> None:
        self.number = number
        self.frame = frame
        self.is_reduced = is_reduced
        self.promise = promise
        self.expected: str | None = None
        #: The codec was asked for the frame.
        self.is_asked = False

    def decide(self, expected: str) -> None:
        if self.expected is None and not self.was_served:
            self.expected = expected

    @property
    def was_served(self) -> bool:
        """Whether it was settled for its own sake, with its reactions still to run."""
        promise = self.promise
        if not promise.done():
            return False
        reason = promise.exception()
        return reason is None or name_of(reason) == "RangeError"
