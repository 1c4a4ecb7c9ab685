"""libswresample."""

from ffbind.prototypes import UINT, Function

FUNCTIONS = [
    Function("swresample_version", UINT, ()),
]
