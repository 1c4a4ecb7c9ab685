"""The version of the packages. It is stated here alone."""

from typing import Final

__version__: Final = "0.1.0"
