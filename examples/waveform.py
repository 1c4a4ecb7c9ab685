"""The waveform of a file's sound as text, a line for each 0.1 s: waveform.py FILE"""

import sys

import numpy as np

import codecmodel.files

with codecmodel.files.open(sys.argv[1]) as media:
    rate = media.audio.track.config["sampleRate"]
    pieces = []
    for data in media.audio:
        with data:
            pieces.append(data.to_float32())
samples = np.concatenate(pieces, axis=1)  # (channels, samples), from -1 to 1
for start in range(0, samples.shape[1], rate // 10):
    peak = np.abs(samples[:, start : start + rate // 10]).max()
    print(f"{start / rate:6.1f} s  {'#' * round(peak * 60)}")
