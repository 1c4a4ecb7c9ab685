"""Every tenth frame of a video in one array of RGB pixels: every_tenth_frame.py VIDEO"""

import sys

import numpy as np

import codecmodel.files
from codecmodel.rgb import approximate_rgb

pictures = []
with codecmodel.files.open(sys.argv[1]) as media:
    for frame in media.video.every(10):
        with frame:
            pictures.append(approximate_rgb(frame, size=(224, 224)))
batch = np.stack(pictures)
print(batch.shape, batch.dtype)  # (frames, rows, columns, 3) uint8
