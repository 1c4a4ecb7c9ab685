"""The mean brightness of many files, computed on the machines of a Dask cluster: cluster.py SCHEDULER FILE …"""

import sys

from distributed import Client

import codecmodel.files


def brightness(path: str) -> float:
    levels = []
    with codecmodel.files.open(path) as media:
        for frame in media.video.every(10):
            with frame:
                levels.append(float(frame.plane_arrays(visible=True)[0].mean()))
    return sum(levels) / len(levels)


with Client(sys.argv[1]) as client:
    for path, future in zip(sys.argv[2:], client.map(brightness, sys.argv[2:]), strict=True):
        print(path, future.exception() or future.result())
