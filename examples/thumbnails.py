"""A thumbnail of each video in a folder, 160 pixels wide: thumbnails.py FOLDER DIRECTORY"""

import sys
from pathlib import Path

from PIL import Image

import codecmodel.files
from codecmodel.rgb import approximate_rgb

folder, directory = map(Path, sys.argv[1:])
for path in sorted(folder.iterdir()):
    try:
        with codecmodel.files.open(path) as media:
            frame = next(iter(media.video))
    except codecmodel.files.MediaFileError as error:
        print(error, file=sys.stderr)
        continue
    with frame:
        size = 160, 160 * frame.displayHeight // frame.displayWidth
        Image.fromarray(approximate_rgb(frame, size=size)).save(directory / f"{path.name}.png")
