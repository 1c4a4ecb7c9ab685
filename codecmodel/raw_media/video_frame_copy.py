"""VideoFrame.allocationSize() and copyTo() (§ 9.4.5)."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, TypedDict, cast

from codecmodel.algorithm import algorithm
from codecmodel.raw_media.color_space import PredefinedColorSpace, predefined_color_space
from codecmodel.raw_media.dom_rect import DOMRectInit, DOMRectReadOnly, dom_rect_init, new_dom_rect
from codecmodel.raw_media.pixel_format import CONVERSION_FORMATS, VideoPixelFormat, video_pixel_format
from codecmodel.raw_media.plane_layout import (
    CombinedBufferLayout,
    PlaneLayout,
    compute_layout_and_allocation_size,
    parse_visible_rect,
    plane_layout,
)
from codecmodel.raw_media.rgb.conversion import RGBFormat
from codecmodel.raw_media.rgb.source_picture import Region
from codecmodel.raw_media.slots import VideoFrameSlots
from codecmodel.raw_media.video_frame_conversion import ConvertedVideoResource, convert_to_rgb_frame
from codecmodel.web.buffers import BufferSource, allow_shared_buffer_source, byte_length, writable_view_of
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import EventLoop, Promise, TaskSource, current_event_loop, reject, resolve, settling
from codecmodel.web.steps import is_interrupt
from codecmodel.web.webidl import Dictionary, Member, sequence


# Spec: videoframe-copyto-options
class VideoFrameCopyToOptions(TypedDict, total=False):
    """The pixels to copy, the place to copy them to, and the format and colour space of the copy (§ 9.5).

    By default the visible rectangle is copied in the format of the frame, without padding.
    """

    rect: DOMRectInit | DOMRectReadOnly
    layout: Sequence[PlaneLayout]
    format: VideoPixelFormat
    colorSpace: PredefinedColorSpace


video_frame_copy_to_options: Final = Dictionary[VideoFrameCopyToOptions](
    "VideoFrameCopyToOptions",
    Member("rect", dom_rect_init),
    Member("layout", sequence(plane_layout)),
    Member("format", video_pixel_format),
    Member("colorSpace", predefined_color_space),
)

#: For speed: up to this number of bytes a copy is done sooner than another thread could begin with it. A picture of
#: 1920×1080 in 4:2:0 is smaller.
_BRIEF_COPY: Final = 1 << 22
#: Not in the spec: its steps name no task source.
_copy_task_source: Final = TaskSource("VideoFrame copyTo")


@algorithm("dom-videoframe-allocationsize")
def allocation_size(frame: VideoFrameSlots, options: VideoFrameCopyToOptions | None) -> int:
    """allocationSize(options)."""
    options = {} if options is None else video_frame_copy_to_options(options, "options")
    # 1. A closed frame has no pixels.
    frame._require_open()
    # 2. The spec must have a name for the format.
    format = frame._require_named_format()
    # 3. and 4. Parse the options, which gives the layout of the copy.
    _, combined_layout = _parsed_options(frame, format, options)
    # 5. Return the size of that layout.
    return combined_layout.allocation_size


def copy_to(
    frame: VideoFrameSlots, destination: BufferSource, options: VideoFrameCopyToOptions | None
) -> Promise[list[PlaneLayout]]:
    """copyTo(destination, options), as Web IDL calls it: an exception of the steps rejects the promise."""
    event_loop = current_event_loop()
    promise: Promise[list[PlaneLayout]] = event_loop.new_promise()
    try:
        allow_shared_buffer_source(destination, "destination")
        options = {} if options is None else video_frame_copy_to_options(options, "options")
        _copy_to_steps(frame, destination, options, event_loop, promise)
    except (TypeError, DOMException) as exception:
        reject(promise, exception)
    return promise


@algorithm("dom-videoframe-copyto")
def _copy_to_steps(
    frame: VideoFrameSlots,
    destination: BufferSource,
    options: VideoFrameCopyToOptions,
    event_loop: EventLoop,
    promise: Promise[list[PlaneLayout]],
) -> None:
    # 1. A closed frame has no pixels.
    resource_reference = frame._require_open()
    # 2. The spec must have a name for the format.
    format = frame._require_named_format()
    # 3. and 4. Parse the options, which gives the layout of the copy.
    parsed_rect, combined_layout = _parsed_options(frame, format, options)
    # 5. The destination must be large enough.
    if byte_length(destination) < combined_layout.allocation_size:
        raise TypeError(
            f"destination has {byte_length(destination)} bytes, but the copy needs {combined_layout.allocation_size}"
        )
    # 6. If the options have a format, the pixels are converted:
    if "format" in options:
        # 6.1. to 6.2. keep the layout in the options; (The converted frame has the pixels of the rectangle and no
        # others.)
        new_options: VideoFrameCopyToOptions = {}
        if "layout" in options:
            new_options["layout"] = options["layout"]
        # 6.3. convert the pixels of the rectangle to another frame,
        left, top = int(parsed_rect.x), int(parsed_rect.y)
        region = Region(left, top, left + int(parsed_rect.width), top + int(parsed_rect.height))
        rgb_format = cast("RGBFormat", options["format"])
        rgb_frame = convert_to_rgb_frame(frame, region, rgb_format, options.get("colorSpace", "srgb"))
        # 6.4. and copy that frame.
        try:
            _copy_to_steps(rgb_frame, destination, new_options, event_loop, promise)
        finally:
            rgb_frame.close()
        return
    # 7. n/a: the promise exists already.
    # 8. Start a parallel queue.
    is_brief = combined_layout.allocation_size <= _BRIEF_COPY and not isinstance(
        resource_reference.resource, ConvertedVideoResource
    )
    copy_steps_queue = event_loop.start_parallel_queue(brief=is_brief)
    # 9. The layouts of the planes will be collected here.
    plane_layouts: list[PlaneLayout] = []
    # Not in the spec: the copy has a reference of its own, because the program may close the frame before the steps
    # below run. It has a view of the destination of its own, too, which is released before the promise is resolved.
    destination_bytes = writable_view_of(destination, "destination")[:]
    copied_reference = resource_reference.new_reference()

    def give_back() -> None:
        copied_reference.release()
        destination_bytes.release()

    def copy_steps() -> None:
        try:
            # 10.1. The pixels are in the media resource.
            resource = copied_reference.resource
            layouts = combined_layout.computed_layouts
            # Not in the spec: an interrupt may have ended these steps after the copy, so that they run again.
            if not plane_layouts:
                # 10.2. to 10.4. For each plane of the layout,
                # 10.4.1. and 10.4.2. one after the other,
                # 10.4.3. to 10.4.6. find its rows and their length,
                # 10.4.8. to 10.4.9.4. and copy the rows.
                # 10.4.10. n/a: the resource goes through the planes itself.
                resource.copy_planes(layouts, destination_bytes)
                # 10.4.7. after 10.4.10.: nothing needs the layout of a plane before it is appended.
                # 10.4.11. Append the layout of each plane. (Its stride is that of the destination; the spec has the
                # bytes of a row there.)
                plane_layouts.extend(
                    [{"offset": layout.destination_offset, "stride": layout.destination_stride} for layout in layouts]
                )
            give_back()
        except BaseException as exception:
            # Not in the spec: the platform may fail, for want of memory for instance.
            if is_interrupt(exception):
                raise
            give_back()
            failure = exception
            event_loop.queue_task(_copy_task_source, settling(promise, lambda: reject(promise, failure)))
            return
        # 10.5. Resolve the promise in a task.
        event_loop.queue_task(_copy_task_source, settling(promise, lambda: resolve(promise, plane_layouts)))

    # 10. Enqueue these steps.
    copy_steps_queue.enqueue(settling(promise, copy_steps))
    # 11. n/a: the caller has the promise.


def _parsed_options(
    frame: VideoFrameSlots, format: VideoPixelFormat, options: VideoFrameCopyToOptions
) -> tuple[DOMRectReadOnly, CombinedBufferLayout]:
    """The rectangle to copy, and the layout of the copy."""
    visible_rect = frame._visible_left, frame._visible_top, frame._visible_width, frame._visible_height
    coded_size = frame._coded_width, frame._coded_height
    # For speed: without options the result is the same for all frames of a stream.
    if not options:
        return _parsed_without_options(visible_rect, coded_size, format)
    return _parse_video_frame_copy_to_options(visible_rect, coded_size, format, options)


@lru_cache(maxsize=64)
def _parsed_without_options(
    visible_rect: tuple[int, int, int, int], coded_size: tuple[int, int], format: VideoPixelFormat
) -> tuple[DOMRectReadOnly, CombinedBufferLayout]:
    return _parse_video_frame_copy_to_options(visible_rect, coded_size, format, {})


@algorithm("videoframe-parse-videoframecopytooptions")
def _parse_video_frame_copy_to_options(
    visible_rect: tuple[int, int, int, int],
    coded_size: tuple[int, int],
    frame_format: VideoPixelFormat,
    options: VideoFrameCopyToOptions,
) -> tuple[DOMRectReadOnly, CombinedBufferLayout]:
    """Parse VideoFrameCopyToOptions. It also returns the rectangle. Raises the exceptions that the spec returns."""
    # 1. By default the visible rectangle is copied.
    default_rect = new_dom_rect(*visible_rect)
    # 2. There may be no other rectangle.
    override_rect: DOMRectReadOnly | None = None
    # 3. Take the rectangle from the options, if it is there.
    if "rect" in options:
        override_rect = DOMRectReadOnly.fromRect(options["rect"])
    # 4. and 5. Check it against the coded size and the format.
    parsed_rect = parse_visible_rect(default_rect, override_rect, *coded_size, frame_format)
    # 6. and 7. Take the layout of planes from the options, if it is there.
    opt_layout = options.get("layout")
    # 8. and 9. Take the format from the options, or else that of the frame.
    format = options.get("format", frame_format)
    # 10. Pixels can be converted to RGB formats only.
    if "format" in options and format not in CONVERSION_FORMATS:
        raise DOMException(
            f"pixels cannot be converted to {format}, only to {', '.join(CONVERSION_FORMATS)}", "NotSupportedError"
        )
    # 11. and 12. Compute where the planes will be in the destination.
    return parsed_rect, compute_layout_and_allocation_size(parsed_rect, format, opt_layout)
