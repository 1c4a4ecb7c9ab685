"""The deviations that are known of implementations."""

from collections.abc import Mapping
from typing import Final

from conformance.litmus.free_codec import COUNTS_ON, CRASHES, LATE_NEWS, OTHER_NAMES, OTHER_SIZES
from conformance.litmus.free_encoder import COUNTS, KEEPS_CHANNELS
from conformance.litmus.free_image_decoder import ONE_TRACK

#: Those of all modules of npm that were tried.
_OF_MODULES: Final = frozenset(
    {
        LATE_NEWS,
        "reset rejects late",
        "a reset resolves flushes",
        "key chunks are not required",
        "each request has its dequeue event",
        "the state counts before the input",
        OTHER_NAMES,
        OTHER_SIZES,
    }
)
#: By the name of the target.
_ON_FILE: Final[Mapping[str, frozenset[str]]] = {
    "chromium": frozenset(
        {
            "dequeue without a request",
            "dequeue can be scheduled again before it is fired",
            LATE_NEWS,
            "flush blocks the queue",
            "reset rejects late",
            "a reset resolves flushes",
            "every configuration is described",
            "a configuration is described before it is active",
            "an unsupported configuration is an OperationError",
            "the state counts before the input",
            "configuring anew blocks nothing",
            COUNTS,
            COUNTS_ON,
            "the end of a stream is not seen without a selection",
            "requests are rejected last",
            "requests fail with EncodingError",
            "a stream that fails has ended",
            "frames are counted late",
        }
    ),
    "firefox": frozenset(
        {
            LATE_NEWS,
            "flush blocks the queue",
            "a reset unblocks the queue",
            "outputs outlive a reset",
            "configurations wait for requests",
            "the type of a chunk is believed",
            "every configuration is described",
            "a configuration is described before it is active",
            "the state counts before the input",
            "configuring anew blocks nothing",
            KEEPS_CHANNELS,
            COUNTS,
            "a file is complete late",
            "the end of a stream counts late",
            "too little data is bad data",
            "a stream that fails is cut short",
            "a closed decoder is complete",
            "frames are missed early",
            "images come late and together",
            "frames are missed with other news",
            "broken frames leave the decoder open",
            "a reset loses frames",
            ONE_TRACK,
        }
    ),
    "node:@napi-rs/webcodecs": _OF_MODULES
    | {
        "an unsupported configuration closes the codec at once",
        "a reset fires no dequeue",
        "outputs outlive a reset",
        "every configuration is described",
        "configuring anew blocks nothing",
    },
    "node:node-webcodecs": _OF_MODULES
    | {
        "an unsupported configuration throws",
        "dequeue can be scheduled again before it is fired",
        CRASHES,
    },
    "node:webcodecs-node": _OF_MODULES
    | {
        "an unsupported configuration throws",
        "outputs outlive a reset",
        "errors leave the codec open",
        "every configuration is described",
        "configuring anew blocks nothing",
        COUNTS,
        COUNTS_ON,
        CRASHES,
    },
}


def on_file(target: str) -> frozenset[str]:
    """The names of the deviations of a target. A path of a browser doesn't matter."""
    return _ON_FILE.get(target if target.startswith("node:") else target.partition(":")[0], frozenset())
