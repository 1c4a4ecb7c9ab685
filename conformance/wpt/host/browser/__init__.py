"""What tests need of a browser beyond WebCodecs: canvases, bitmaps, and the like. Nothing in codecmodel knows of it.

A module listed here has ``INTERFACES`` (see conformance/wpt/host/description.py, parents first), and may have
``SERVICES`` (name → function that JavaScript calls) and ``SCRIPTS`` (names of JavaScript files
beside it, loaded in order).
"""

from types import ModuleType
from typing import Final

from conformance.wpt.host.browser import canvas_interfaces

MODULES: Final[tuple[ModuleType, ...]] = (canvas_interfaces,)
