"""Descriptions of the interfaces of canvases and bitmaps. ImageData is made in canvas.js."""

import io
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias, cast

from codecmodel.lazy_numpy import np
from codecmodel.raw_media.color_space import PredefinedColorSpace
from codecmodel.web.buffers import BufferSource, view_of
from codecmodel.web.errors import DOMException, RangeError
from codecmodel.web.event_loop import Promise, TaskSource, current_event_loop, reject, resolve
from codecmodel.web.webidl import (
    boolean,
    dom_string,
    enforced_long,
    enforced_unsigned_long_long,
    long,
    nullable,
    unrestricted_double,
)
from conformance.wpt.host.browser.canvas import OffscreenCanvas, canvas_rendering_context_2d_settings
from conformance.wpt.host.browser.compositing import Rect
from conformance.wpt.host.browser.context_2d import (
    COMPOSITE_OPERATIONS,
    QUALITIES,
    OffscreenCanvasRenderingContext2D,
    TextMetrics,
)
from conformance.wpt.host.browser.image_bitmap import (
    ImageBitmap,
    ImageBitmapSource,
    create_image_bitmap,
    image_bitmap_options,
)
from conformance.wpt.host.browser.image_data import ImageData, ImageDataSettings
from conformance.wpt.host.description import (
    EVENT_HANDLER,
    Argument,
    Attribute,
    Interface,
    Operation,
    operation,
    optional,
    platform_object,
)

#: An ImageData on its way between the languages: width, height, colorSpace, and its bytes as data.
_CrossingImageData: TypeAlias = Mapping[str, object]

_bitmap_task_source: Final = TaskSource("bitmap")


def _numbers(*names: str) -> tuple[Argument, ...]:
    return tuple(Argument(name, unrestricted_double) for name in names)


def _change_of_state(name: str, *arguments: Argument) -> Operation:
    """An operation that draws nothing."""
    return Operation(name, (arguments,), never_fails=True)


_image: Final = Argument("image", platform_object("VideoFrame", "HTMLCanvasElement", "OffscreenCanvas", "ImageBitmap"))
_rectangle: Final = _numbers("x", "y", "w", "h")
_matrix: Final = _numbers("a", "b", "c", "d", "e", "f")

#: getContext() of a canvas.
get_context: Final = Operation(
    "getContext",
    (
        (
            Argument("contextId", dom_string),
            optional("options", nullable(canvas_rendering_context_2d_settings)),
        ),
    ),
    nullable=True,
)


def context_interface(name: str, implementation: type[OffscreenCanvasRenderingContext2D]) -> Interface:
    """The interface of a 2D context, but for the operations that canvas.js adds."""
    return Interface(
        name,
        implementation,
        attributes=(
            Attribute("canvas", is_object=True),
            Attribute("globalAlpha", unrestricted_double),
            Attribute("imageSmoothingEnabled", boolean),
            Attribute("imageSmoothingQuality", dom_string, safe_values=QUALITIES),
            Attribute("globalCompositeOperation", dom_string, safe_values=COMPOSITE_OPERATIONS),
            Attribute("fillStyle", dom_string),
            Attribute("font", dom_string),
        ),
        operations=(
            _change_of_state("save"),
            _change_of_state("restore"),
            _change_of_state("translate", *_numbers("x", "y")),
            _change_of_state("scale", *_numbers("x", "y")),
            _change_of_state("rotate", *_numbers("angle")),
            _change_of_state("transform", *_matrix),
            _change_of_state("setTransform", *_matrix),
            _change_of_state("resetTransform"),
            operation("clearRect", *_rectangle),
            operation("fillRect", *_rectangle),
            operation(
                "fillText",
                Argument("text", dom_string),
                *_numbers("x", "y"),
                optional("maxWidth", unrestricted_double),
            ),
            operation("measureText", Argument("text", dom_string)),
            Operation(
                "drawImage",
                (
                    (_image, *_numbers("dx", "dy")),
                    (_image, *_numbers("dx", "dy", "dw", "dh")),
                    (_image, *_numbers("sx", "sy", "sw", "sh", "dx", "dy", "dw", "dh")),
                ),
            ),
        ),
        is_constant=True,
    )


INTERFACES: Final = (
    Interface(
        "ImageBitmap",
        ImageBitmap,
        attributes=(Attribute("width"), Attribute("height")),
        operations=(operation("close"),),
    ),
    Interface(
        "OffscreenCanvas",
        OffscreenCanvas,
        parent="EventTarget",
        constructors=(
            (Argument("width", enforced_unsigned_long_long), Argument("height", enforced_unsigned_long_long)),
        ),
        attributes=(
            Attribute("width", enforced_unsigned_long_long, is_own=True),
            Attribute("height", enforced_unsigned_long_long, is_own=True),
            Attribute("oncontextlost", EVENT_HANDLER),
            Attribute("oncontextrestored", EVENT_HANDLER),
        ),
        operations=(
            get_context,
            operation("transferToImageBitmap"),
        ),
    ),
    Interface(
        "TextMetrics",
        TextMetrics,
        attributes=(Attribute("width"), Attribute("fontBoundingBoxAscent"), Attribute("fontBoundingBoxDescent")),
    ),
    context_interface("OffscreenCanvasRenderingContext2D", OffscreenCanvasRenderingContext2D),
)


def _create_image_data(
    context: OffscreenCanvasRenderingContext2D, width: object, height: object, settings: object
) -> _CrossingImageData:
    return _sent(
        context.createImageData(
            enforced_long(width, "sw"), enforced_long(height, "sh"), cast("ImageDataSettings", settings)
        )
    )


def _get_image_data(
    context: OffscreenCanvasRenderingContext2D, rectangle: Sequence[object], settings: object
) -> _CrossingImageData:
    x, y, width, height = (
        enforced_long(number, name) for number, name in zip(rectangle, ("sx", "sy", "sw", "sh"), strict=True)
    )
    return _sent(context.getImageData(x, y, width, height, cast("ImageDataSettings", settings)))


def _put_image_data(
    context: OffscreenCanvasRenderingContext2D, image_data: _CrossingImageData, coordinates: Sequence[object]
) -> None:
    names = ("dx", "dy", "dirtyX", "dirtyY", "dirtyWidth", "dirtyHeight")
    x, y, *dirty = (enforced_long(number, name) for number, name in zip(coordinates, names, strict=False))
    context.putImageData(_received(image_data), x, y, Rect(*dirty) if dirty else None)


def _create_image_bitmap(
    image: object, rectangle: Sequence[object] | None, options: Mapping[str, object]
) -> Promise[ImageBitmap]:
    event_loop = current_event_loop()
    promise: Promise[ImageBitmap] = event_loop.new_promise()
    try:
        source = _received(image) if isinstance(image, Mapping) else cast("ImageBitmapSource", image)
        rect = None
        if rectangle is not None:
            left, top, width, height = (long(number, "the rectangle") for number in rectangle)
            rect = (left, top, width, height)
        bitmap = create_image_bitmap(source, rect, image_bitmap_options(options, "options"))
        event_loop.queue_task(_bitmap_task_source, lambda: resolve(promise, bitmap))
    except (TypeError, RangeError, DOMException) as exception:
        reject(promise, exception)
    return promise


def _canvas_png(canvas: OffscreenCanvas) -> Promise[bytes]:
    """The canvas as a PNG file. Rejects with IndexSizeError if it has no pixels."""
    event_loop = current_event_loop()
    promise: Promise[bytes] = event_loop.new_promise()
    if canvas.is_usable():
        # For speed: few scripts make files, and these modules take long to load.
        from codecmodel.files.png import write_png

        file = io.BytesIO()
        write_png(file, canvas.surface().straight().converted("srgb").pixels)
        event_loop.queue_task(_bitmap_task_source, lambda: resolve(promise, file.getvalue()))
    else:
        reject(promise, DOMException("the canvas has no pixels", "IndexSizeError"))
    return promise


def _received(image_data: _CrossingImageData) -> ImageData:
    """The array as received. Raises InvalidStateError if it is detached."""
    width, height = cast("int", image_data["width"]), cast("int", image_data["height"])
    data = view_of(cast("BufferSource", image_data["data"]))
    if len(data) == 0:
        raise DOMException("the ImageData's array is detached", "InvalidStateError")
    pixels = np.frombuffer(data, np.uint8).reshape(height, width, 4)
    return ImageData(pixels, cast("PredefinedColorSpace", image_data["colorSpace"]))


def _sent(image_data: ImageData) -> _CrossingImageData:
    return {
        "width": image_data.width,
        "height": image_data.height,
        "colorSpace": image_data.colorSpace,
        "data": np.ascontiguousarray(image_data.data).data.cast("B"),
    }


SERVICES: Final = {
    "createImageData": _create_image_data,
    "getImageData": _get_image_data,
    "putImageData": _put_image_data,
    "createImageBitmap": _create_image_bitmap,
    "canvasPng": _canvas_png,
}
SCRIPTS: Final = ("canvas.js",)
