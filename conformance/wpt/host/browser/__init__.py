"""The parts of a browser that tests need beyond WebCodecs: canvases, bitmaps, and so on. codecmodel knows none of them.

A module listed here has ``INTERFACES`` (see conformance/wpt/host/description.py, parents first), and may have
``SERVICES`` (name → function that JavaScript calls) and ``SCRIPTS`` (names of JavaScript files
beside it, loaded in order).
"""

from types import ModuleType
from typing import Final

from conformance.wpt.host.browser import canvas_interfaces

MODULES: Final[tuple[ModuleType, ...]] = (canvas_interfaces,)
