"""ImageDecoder: decodes image files to VideoFrames (§ 10.2)."""

from typing import cast

from codecmodel.algorithm import algorithm
from codecmodel.codecs.processing_model import process_the_control_message_queue, queue_a_control_message
from codecmodel.image_decoding.closing import close_image_decoder, reset_image_decoder
from codecmodel.image_decoding.construction import begin_with_a_buffer, begin_with_a_stream
from codecmodel.image_decoding.decoding import decode_control_message
from codecmodel.image_decoding.image_decode_options import ImageDecodeOptions, ImageDecodeResult, image_decode_options
from codecmodel.image_decoding.image_decoder_init import (
    ImageDecoderInit,
    image_decoder_init,
    is_valid_image_decoder_init,
    is_valid_image_mime_type,
)
from codecmodel.image_decoding.image_decoder_slots import ImageDecoderSlots
from codecmodel.image_decoding.image_track_list import ImageTrackList
from codecmodel.image_decoding.type_support import check_type_support
from codecmodel.platform.current import current_platform
from codecmodel.web.buffers import BufferSource, detach_transferred, is_detached
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import Promise, TaskSource, current_event_loop, mark_as_handled, reject, resolve
from codecmodel.web.streams import ReadableStream
from codecmodel.web.webidl import dom_string


class ImageDecoder(ImageDecoderSlots):
    """Decodes an image file, which may be animated and have several tracks, to VideoFrames (spec § 10).

    Belongs to the event loop it was made on. Whoever doesn't need it any more should close it.
    """

    @algorithm("dom-imagedecoder-imagedecoder")
    def __init__(self, init: ImageDecoderInit) -> None:
        """ImageDecoder(init), § 10.2.2.

        Raises TypeError if ``init`` is not valid: no image's MIME type, an empty or detached buffer, a stream that is
        being read, half of a desired size; DataCloneError if it transfers a buffer that is detached, or one twice. A
        type that is not supported closes the decoder with NotSupportedError, which rejects ``tracks.ready``.
        """
        init = image_decoder_init(init, "init")
        data = cast("BufferSource | ReadableStream", init["data"])
        transfer = init.get("transfer", [])
        # 1.
        if not is_valid_image_decoder_init(init):
            raise TypeError("init is not a valid ImageDecoderInit: its type, its data or the desired size")
        # 2. The same buffer twice in the transfer list.
        if len({id(transferable) for transferable in transfer}) != len(transfer):
            raise DOMException("a buffer is in the transfer list twice", "DataCloneError")
        # 3. For each buffer to transfer,
        for transferable in transfer:
            # 3.1. a detached one can't be.
            if is_detached(transferable):
                raise DOMException("a buffer in the transfer list is detached", "DataCloneError")
        # 4. n/a: Python has made the object.
        # 5. to 7. ProcessingModel.__init__ assigns what all codecs have.
        super().__init__()
        # 8. The track list:
        self._image_track_list = ImageTrackList.__new__(ImageTrackList)
        # 8.1.
        self._image_track_list._track_list = []
        # 8.2.
        self._image_track_list._selected_index = -1
        # 9.
        self._type = init["type"]
        # 10. n/a: see 5.
        # 11.
        self._prefer_animation = init.get("preferAnimation")
        # 12.
        self._pending_decode_promises = []
        # 13.
        self._internal_selected_track_index = -1
        # 14.
        self._tracks_established = False
        # 15.
        self._closed = False
        # 16.
        self._progressive_frame_generations = {}
        # Not from the spec, which forgets these two. A program need not look at either.
        self._completed_promise = self._event_loop.new_promise()
        self._image_track_list._ready_promise = self._event_loop.new_promise()
        mark_as_handled(self._completed_promise)
        mark_as_handled(self._image_track_list._ready_promise)
        # 17. A stream:
        if isinstance(data, ReadableStream):
            begin_with_a_stream(self, init, data)
        # 18. A buffer:
        else:
            begin_with_a_buffer(self, init, data)
        # 19. and 19.1. Detach each buffer to transfer.
        detach_transferred(b"" if isinstance(data, ReadableStream) else data, transfer)
        # 20. n/a: Python returns the object.

    @property
    def type(self) -> str:
        """The MIME type, as given."""
        return self._type

    @property
    def complete(self) -> bool:
        """Whether all data has arrived."""
        return self._complete

    @property
    def completed(self) -> Promise[None]:
        """Resolved when all data has arrived; rejected with the error that closes the decoder before that."""
        return self._completed_promise

    @property
    def tracks(self) -> ImageTrackList:
        """The tracks, once they are known: wait for their ``ready``."""
        return self._image_track_list

    @algorithm("dom-imagedecoder-decode")
    def decode(self, options: ImageDecodeOptions | None = None) -> Promise[ImageDecodeResult]:
        """Decode a frame of the selected track (§ 10.2.4): its image, and whether that is of full detail.

        Waits until the frame has arrived; requests are served in the order in which they were made. Rejected with
        InvalidStateError if the decoder is closed or no track is selected, RangeError if all data has arrived and
        there is no such frame, AbortError by reset(), close() and the selection of another track. Broken data closes
        the decoder with EncodingError.
        """
        promise: Promise[ImageDecodeResult] = self._event_loop.new_promise()
        try:
            options = image_decode_options({} if options is None else options, "options")
        except TypeError as error:
            reject(promise, error)
            return promise
        # 1.
        if self._closed:
            reject(promise, DOMException("the decoder is closed", "InvalidStateError"))
            return promise
        # 2. (Before there are tracks, the request waits for them: see docs/spec-notes.md.)
        if self._image_track_list._selected_index == -1 and self._image_track_list._track_list:
            reject(promise, DOMException("no track is selected", "InvalidStateError"))
            return promise
        # 3. n/a: converted above.
        # 4. n/a: made above.
        # 5.
        self._pending_decode_promises.append(promise)
        # 6.
        epoch = self._epoch
        queue_a_control_message(self, "decode", lambda: decode_control_message(self, epoch, options, promise))
        # 7.
        process_the_control_message_queue(self)
        # 8.
        return promise

    @algorithm("dom-imagedecoder-reset")
    def reset(self) -> None:
        """Abort what is being decoded, and what waits for it (§ 10.2.4). Data, tracks and selection stay."""
        reset_image_decoder(self, DOMException("the decoder was reset", "AbortError"))

    @algorithm("dom-imagedecoder-close")
    def close(self) -> None:
        """Abort everything and release all resources, for good (§ 10.2.4). Closing twice has no effect."""
        close_image_decoder(self, DOMException("the decoder was closed", "AbortError"))

    @staticmethod
    @algorithm("dom-imagedecoder-istypesupported")
    def isTypeSupported(type: str) -> Promise[bool]:
        """Whether images of the MIME type can be decoded. Rejected with TypeError if it is no image's MIME type."""
        event_loop = current_event_loop()
        platform = current_platform()
        # 2. before 1.: a promise that is rejected at once is this one, too.
        promise: Promise[bool] = event_loop.new_promise()
        # 1. (A method that returns a promise never throws, Web IDL § 3.7.7.)
        try:
            if not is_valid_image_mime_type(dom_string(type, "type")):
                raise TypeError(f"not the MIME type of an image: {type!r}")
        except TypeError as error:
            reject(promise, error)
            return promise
        task_source = TaskSource("image type support")

        def work() -> None:
            # 3.1.
            is_supported = check_type_support(type, platform)
            # 3.2.
            event_loop.queue_task(task_source, lambda: resolve(promise, is_supported))

        # 3. In parallel,
        event_loop.start_parallel_queue().enqueue(work)
        # 4.
        return promise
