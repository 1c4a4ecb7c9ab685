import sys
from pathlib import Path

import av

folder, directory = map(Path, sys.argv[1:])
for path in sorted(folder.iterdir()):
    try:
        with av.open(path) as container:
            frame = next(container.decode(video=0))
    except av.FFmpegError as error:
        print(error, file=sys.stderr)
        continue
    image = frame.to_image(width=160, height=160 * frame.height // frame.width)
    image.save(directory / f"{path.name}.png")
