"""libavformat."""

from ffbind.prototypes import UINT, Function

FUNCTIONS = [
    Function("avformat_version", UINT, ()),
]
