"""The first frame of a video as a picture: first_frame.py VIDEO PICTURE"""

import sys

from PIL import Image

import codecmodel.files
from codecmodel.rgb import exact_rgb

with codecmodel.files.open(sys.argv[1]) as media:
    for frame in media.video:
        with frame:
            Image.fromarray(exact_rgb(frame)).save(sys.argv[2])
        break
