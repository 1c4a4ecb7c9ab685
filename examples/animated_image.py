"""Each frame of an animated image as a PNG file: animated_image.py IMAGE.gif DIRECTORY"""

import sys
from mimetypes import guess_type
from pathlib import Path

from PIL import Image

from codecmodel.iteration import blocking, decoded_image
from codecmodel.rgb import rendered

path, directory = map(Path, sys.argv[1:])
frames = decoded_image({"type": guess_type(path)[0] or "", "data": path.read_bytes()})
for number, frame in enumerate(blocking(frames)):
    with frame:
        Image.fromarray(rendered(frame)).save(directory / f"{number}.png")
