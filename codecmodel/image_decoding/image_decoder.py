"""ImageDecoder: the interface that decodes image files to VideoFrames (§ 10.2)."""

from collections import deque
from typing import cast

from codecmodel.algorithm import algorithm
from codecmodel.codecs.config_support import is_answered_with_yes
from codecmodel.codecs.processing_model import (
    Epoch,
    ErrorName,
    process_the_control_message_queue,
    queue_a_control_message,
)
from codecmodel.image_decoding.closing import close_image_decoder, reset_image_decoder
from codecmodel.image_decoding.construction import begin_with_a_buffer, begin_with_a_stream, check_type_support
from codecmodel.image_decoding.decoding import decode_control_message
from codecmodel.image_decoding.image_decode_options import ImageDecodeOptions, ImageDecodeResult, image_decode_options
from codecmodel.image_decoding.image_decoder_init import (
    ImageDecoderInit,
    image_decoder_init,
    is_valid_image_decoder_init,
    is_valid_image_mime_type,
)
from codecmodel.image_decoding.image_decoder_slots import ImageDecoderSlots
from codecmodel.image_decoding.image_track import ImageTrackList
from codecmodel.platform.current import current_platform
from codecmodel.web.buffers import BufferSource, detach_transferred, has_duplicates, is_detached
from codecmodel.web.closed_at_end import ClosedAtEnd
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import (
    Promise,
    TaskSource,
    current_event_loop,
    mark_as_handled,
    reject,
    resolve,
    settling,
)
from codecmodel.web.streams import ReadableStream
from codecmodel.web.webidl import dom_string, returns_a_promise


class ImageDecoder(ImageDecoderSlots, ClosedAtEnd):
    """Decodes an image file, which may be animated and have several tracks, to VideoFrames (spec § 10).

    It belongs to the event loop on which it was made. A program should close it when it is no longer needed.
    """

    @algorithm("dom-imagedecoder-imagedecoder")
    def __init__(self, init: ImageDecoderInit) -> None:
        """ImageDecoder(init), § 10.2.2.

        Raises TypeError if ``init`` is not valid: its type is no image's MIME type, its data is an empty or detached
        buffer or a stream that is being read, or it has only one of the desired width and height. Raises DataCloneError
        if it transfers a detached buffer, or the same buffer twice. A type that is not supported closes the decoder
        with NotSupportedError, with which ``tracks.ready`` is rejected.
        """
        init = image_decoder_init(init, "init")
        data = cast("BufferSource | ReadableStream", init["data"])
        transfer = init.get("transfer", [])
        # 1. Refuse an init that is not valid.
        if not is_valid_image_decoder_init(init):
            raise TypeError("init is not a valid ImageDecoderInit: its type, its data or the desired size")
        # 2. Refuse to transfer the same buffer twice.
        if has_duplicates(transfer):
            raise DOMException("a buffer is in the transfer list twice", "DataCloneError")
        # 3. For each buffer to transfer:
        for transferable in transfer:
            # 3.1. Refuse a detached one.
            if is_detached(transferable):
                raise DOMException("a buffer in the transfer list is detached", "DataCloneError")
        # 4. n/a: Python has made the object.
        super().__init__()
        # 5. No message is queued.
        self._control_message_queue = deque()
        # 6. Nothing blocks messages.
        self._message_queue_blocked = False
        # 7. Start the parallel queue on which the implementation will work.
        self._codec_work_queue = self._event_loop.start_parallel_queue()
        # 8. Make the list of tracks:
        self._image_track_list = ImageTrackList.__new__(ImageTrackList)
        # 8.1. It is empty,
        self._image_track_list._track_list = []
        # 8.2. and no track is selected.
        self._image_track_list._selected_index = -1
        # 9. Keep the type as it was given.
        self._type = init["type"]
        # 10. There is no implementation yet.
        self._codec_implementation = None
        # 11. Keep the preference, or null.
        self._prefer_animation = init.get("preferAnimation")
        # 12. No request to decode is pending.
        self._pending_decode_promises = []
        # 13. No track is decoded yet.
        self._internal_selected_track_index = -1
        # 14. The tracks are not established.
        self._tracks_established = False
        # 15. The decoder is open.
        self._closed = False
        # 16. No frame has been decoded with reduced detail.
        self._progressive_frame_generations = {}
        self._show_to_tracer()
        # Not in the spec: it forgets to make these two. A program may ignore their rejection.
        self._completed_promise = self._event_loop.new_promise()
        self._image_track_list._ready_promise = self._event_loop.new_promise()
        mark_as_handled(self._completed_promise)
        mark_as_handled(self._image_track_list._ready_promise)
        # 17. If the data is a stream, begin to read it.
        if isinstance(data, ReadableStream):
            begin_with_a_stream(self, init, data)
        # 18. Otherwise find the tracks in the buffer.
        else:
            begin_with_a_buffer(self, init, data)
        # 19. and 19.1. Detach each buffer to transfer.
        detach_transferred(b"" if isinstance(data, ReadableStream) else data, transfer)
        # 20. n/a: Python returns the object.

    @property
    def type(self) -> str:
        """The MIME type, as it was given to the constructor."""
        return self._type

    @property
    def complete(self) -> bool:
        """Whether all data has arrived."""
        return self._complete

    @property
    def completed(self) -> Promise[None]:
        """Resolved when all data has arrived. Rejected, with the decoder's error, if it is closed before that."""
        return self._completed_promise

    @property
    def tracks(self) -> ImageTrackList:
        """The tracks. They are known when ``tracks.ready`` is resolved."""
        return self._image_track_list

    @algorithm("dom-imagedecoder-decode")
    def decode(self, options: ImageDecodeOptions | None = None) -> Promise[ImageDecodeResult]:
        """Decode a frame of the selected track (§ 10.2.4), as soon as it has arrived.

        Requests are served in the order in which they were made. The promise is rejected with InvalidStateError if the
        decoder is closed or no track is selected, with RangeError if all data has arrived and the frame doesn't exist,
        and with AbortError by reset(), close() and the selection of another track. Broken data closes the decoder with
        EncodingError.
        """
        self._require_own_thread()
        promise: Promise[ImageDecodeResult] = self._event_loop.new_promise()
        try:
            options = image_decode_options({} if options is None else options, "options")
        except TypeError as error:
            reject(promise, error)
            return promise
        # 1. A closed decoder decodes nothing.
        if self._closed:
            reject(promise, DOMException("the decoder is closed", "InvalidStateError"))
            return promise
        # 2. Nor does one without a selected track. But if no track is known yet, the request waits for the tracks.
        if self._image_track_list._selected_index == -1 and self._image_track_list._track_list:
            reject(promise, DOMException("no track is selected", "InvalidStateError"))
            return promise
        # 3. n/a: the conversion above has made the default options.
        # 4. n/a: the promise was made above.
        # 5. The request is pending.
        self._pending_decode_promises.append(promise)
        # 6. Queue a message to decode the image.
        epoch = self._epoch
        queue_a_control_message(self, "decode", lambda: decode_control_message(self, epoch, options, promise))
        # 7. Process the queue.
        process_the_control_message_queue(self)
        # 8. Return the promise.
        return promise

    @algorithm("dom-imagedecoder-reset")
    def reset(self) -> None:
        """Abort all requests to decode (§ 10.2.4). Data, tracks and the selection stay."""
        self._require_own_thread()
        reset_image_decoder(self, DOMException("the decoder was reset", "AbortError"))

    @algorithm("dom-imagedecoder-close")
    def close(self) -> None:
        """Abort all requests, and release all resources for good (§ 10.2.4). To close a decoder twice has no effect."""
        self._require_own_thread()
        close_image_decoder(self, DOMException("the decoder was closed", "AbortError"))

    def _work_has_failed(self, failure: BaseException, epoch: Epoch, error: ErrorName) -> None:
        try:
            # The steps that are left on the work queue find no implementation, and do nothing.
            self._release_implementation()
        finally:
            super()._work_has_failed(failure, epoch, error)

    def _close_after_failure(self, exception: DOMException, epoch: Epoch) -> None:
        if not self._closed:
            close_image_decoder(self, exception)

    @staticmethod
    @returns_a_promise
    @algorithm("dom-imagedecoder-istypesupported")
    def isTypeSupported(type: str) -> Promise[bool]:
        """Whether images of a MIME type can be decoded (§ 10.2.4).

        The promise is rejected with TypeError if ``type`` is not an image's MIME type.
        """
        event_loop = current_event_loop()
        platform = current_platform()
        # 2. before 1.: make the promise, which step 1 may have to reject.
        promise: Promise[bool] = event_loop.new_promise()
        # 1. Reject a type that is not an image's. (A method that returns a promise never throws, Web IDL § 3.7.7.)
        try:
            if not is_valid_image_mime_type(dom_string(type, "type")):
                raise TypeError(f"not the MIME type of an image: {type!r}")
        except TypeError as error:
            reject(promise, error)
            return promise
        task_source = TaskSource("image type support")

        def work() -> None:
            # 3.1. Check whether the platform decodes the type.
            is_supported = is_answered_with_yes(lambda: check_type_support(type, platform), event_loop, task_source)
            # 3.2. Queue a task to resolve the promise.
            event_loop.queue_task(task_source, settling(promise, lambda: resolve(promise, is_supported)))

        # 3. Run the work in parallel.
        event_loop.start_parallel_queue().enqueue(settling(promise, work))
        # 4. Return the promise.
        return promise
