"""NumPy, which is loaded when it is first needed: it takes longer to load than the whole of this package."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__all__ = ["np"]

if TYPE_CHECKING:
    import numpy as np
else:

    class _NumPy:
        """Stands for the module ``numpy``. Any thread may be the first to use it."""

        def __getattr__(self, name: str) -> object:
            value = getattr(importlib.import_module("numpy"), name)
            # The next time the attribute is found without this method.
            setattr(self, name, value)
            return value

    np = _NumPy()
