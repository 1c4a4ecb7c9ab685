"""A request to decode an image that waits until there is room for a codec. Not in the spec."""

from codecmodel.codecs.live_codecs import global_object_of
from codecmodel.codecs.processing_model import Epoch
from codecmodel.codecs.scarcity import Scarcity
from codecmodel.image_decoding.closing import fatally_reject_bad_data
from codecmodel.image_decoding.image_decoder_slots import ImageDecoderSlots
from codecmodel.image_decoding.work_in_order import Work, WorkOutcome
from codecmodel.platform.codec_implementation import OutOfResourcesError


class WorkWithRoom:
    """Work that is tried once more, when other codecs have been reclaimed, if it fails for want of resources."""

    def __init__(self, decoder: ImageDecoderSlots, epoch: Epoch, work: Work, scarcity: Scarcity) -> None:
        self._decoder = decoder
        self._epoch = epoch
        self._work = work
        self._scarcity = scarcity
        # Only steps on the work queue use these.
        self._has_failed = self._waits = False

    def __call__(self) -> WorkOutcome:
        # More data may have arrived. There is no room yet.
        if self._waits and not self._epoch.ceased:
            return "waiting"
        try:
            return self._work()
        except OutOfResourcesError as error:
            if self._has_failed:
                fatally_reject_bad_data(self._decoder, str(error))
                return "done"
            self._has_failed = self._waits = True
            self._decoder._queue_a_task("make room task", self._make_room)
            return "waiting"

    def _make_room(self) -> None:
        decoder = self._decoder
        if not decoder._closed and not self._scarcity.make_room(global_object_of(decoder._event_loop), self._go_on):
            self._go_on()

    def _go_on(self) -> None:
        self._decoder._enqueue("decode work", self._try_again)

    def _try_again(self) -> None:
        self._waits = False
        self._decoder._work_in_order.go_on()
