import sys
from pathlib import Path

import av

path, directory = map(Path, sys.argv[1:])
with av.open(path) as container:
    for number, frame in enumerate(container.decode(video=0)):
        frame.to_image().save(directory / f"{number}.png")
