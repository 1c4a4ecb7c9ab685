"""The codecs of each global object, for resource reclamation (chapter 11). Not in the spec: it speaks of them only."""

from weakref import WeakKeyDictionary, WeakSet

from codecmodel.web.event_loop import AsyncioEventLoop, EventLoop
from codecmodel.web.events import EventTarget


class LiveCodec(EventTarget):
    """A codec that a global object knows."""

    def _event_loop_was_closed(self) -> None:
        """The codec's event loop was closed, so that nothing more is output."""
        raise NotImplementedError


class GlobalObject:
    """A global object, which is an event loop here: its codecs, and its host's knowledge of its document.

    Only the thread of the event loop uses it.
    """

    def __init__(self) -> None:
        #: The codecs that were made on the event loop and not yet collected, closed ones included.
        self.codecs: WeakSet[LiveCodec] = WeakSet()
        #: Whether the document is hidden (HTML: ``hidden``). A host says so; Python has no documents.
        self.is_hidden = False
        #: Whether the tab is audibly playing audio. A host says so.
        self.is_audible = False

    def event_loop_was_closed(self) -> None:
        """Tell the codecs that their event loop was closed."""
        for codec in self.codecs:
            codec._event_loop_was_closed()


_global_objects: WeakKeyDictionary[EventLoop, GlobalObject] = WeakKeyDictionary()


def global_object_of(event_loop: EventLoop) -> GlobalObject:
    """The global object of an event loop."""
    global_object = _global_objects.get(event_loop)
    if global_object is None:
        global_object = _global_objects[event_loop] = GlobalObject()
        if isinstance(event_loop, AsyncioEventLoop):
            event_loop.closing_callbacks.append(global_object.event_loop_was_closed)
    return global_object
