"""Forecasts of the effect of further requests to a codec, so that JavaScript need not ask for each of them."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from codecmodel import VideoEncoder
from codecmodel.codecs.codec import Codec
from codecmodel.codecs.decoder import Decoder

_NONE: Final[Mapping[str, float | bool]] = {}


class Forecast(NamedTuple):
    """Requests that do not fail, and what they do to the size of the queue, until a task or a method changes that.

    ``room`` requests leave the size as it is, because the implementation takes them at once. If it is None, each
    request makes the queue longer by one. The chunk, data or frame has to be open, and to have these ``attributes``.
    """

    room: int | None
    attributes: Mapping[str, float | bool] = _NONE

    def after_a_request(self) -> tuple["Forecast", int]:
        """The forecast that is left after a request, and by how much that has made the queue longer."""
        if self.room is None:
            return self, 1
        assert self.room > 0, "there is no forecast for this request"
        return Forecast(self.room - 1, self.attributes), 0


def forecast_of(codec: object) -> Forecast | None:
    """The forecast for a codec, or None if there is none."""
    assert isinstance(codec, Codec)
    if codec._state != "configured":
        return None
    attributes = _NONE
    if isinstance(codec, Decoder):
        if codec._key_chunk_required:
            return None
    elif isinstance(codec, VideoEncoder):
        if codec._active_orientation is None:
            return None
        rotation, flip = codec._active_orientation
        attributes = {"rotation": rotation, "flip": flip}
    if codec._message_queue_blocked or codec._codec_saturated:
        return Forecast(None, attributes)
    # Messages may wait for a task that is to process them.
    if codec._control_message_queue or codec._is_to_be_opened or codec._codec_implementation is None:
        return None
    # The request that saturates the implementation is the last one that it takes at once. Meanwhile, the work queue
    # makes more room, and never less.
    requests = codec._codec_implementation.requests
    return Forecast(requests.capacity - (requests.accepted - requests.finished), attributes)
