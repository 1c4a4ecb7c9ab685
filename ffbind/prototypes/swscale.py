"""libswscale."""

from ffbind.prototypes import UINT, Function

FUNCTIONS = [
    Function("swscale_version", UINT, ()),
]
