"""The host that runs unmodified web-platform-tests against this implementation, on Node.

Python owns the one event loop; Node is parked in a blocking read until it is told what to do, and asks Python
synchronously while it does it. To add an interface of the platform that tests need (a canvas, a bitmap):

1. Write a Python class in ``host/browser/``, with the interface's members under their IDL names. Methods convert their
   arguments with ``codecmodel.web.webidl``, as codecmodel's do. They return None, numbers, strings, bytes (which
   become an ArrayBuffer), dicts, lists, platform objects, or promises made by ``current_event_loop().new_promise()``;
   they raise TypeError, RangeError or DOMException. One that derives from SerializableObject or TransferableObject
   (``codecmodel.web.structured_data``) can be cloned or transferred. One that takes converted arguments has them
   converted by the host: ``Interface(..., converts=True)``.
2. Describe it with ``Interface(...)`` in the notation of ``description.py`` (``webcodecs.py`` has examples) and list it
   in ``INTERFACES`` of its module; list the module in ``host/browser/__init__.py``.
   Functions of the global object are static operations of an ``Interface(..., is_global=True)``.
3. Code that is easier in JavaScript goes to a script ``host/browser/NAME.js`` that exports ``function (host)``. There,
   ``host.define(name, value)`` defines a global; ``host.service(name, ...args)`` calls a function that the module lists
   in ``SERVICES`` (name → function); ``host.performs[name] = function`` sets the function that Python calls with
   ``realm.perform(name, ...)``, or as a task with ``realm.queue_task(source, name, ...)``.

An argument of type ``allow_shared_buffer_source`` arrives as ``bytes`` (a copy; or a detached JsBuffer), one of type
``DESTINATION`` as a JsBuffer whose ``view()`` is written back after the call, a callback as a callable JsValue, to be
invoked with ``codecmodel.web.webidl.invoke_callback``.
"""
