"""The frame that is shown at a time, as a picture: frame_at_time.py VIDEO SECONDS PICTURE"""

import sys

from PIL import Image

import codecmodel.files
from codecmodel.rgb import exact_rgb

video, seconds, picture = sys.argv[1:]
with codecmodel.files.open(video) as media, media.video.frame_at(round(float(seconds) * 1_000_000)) as frame:
    Image.fromarray(exact_rgb(frame)).save(picture)
