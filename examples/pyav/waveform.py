import sys

import av
import numpy as np

with av.open(sys.argv[1]) as container:
    rate = container.streams.audio[0].rate
    resampler = av.AudioResampler(format="fltp")
    pieces = [piece.to_ndarray() for frame in container.decode(audio=0) for piece in resampler.resample(frame)]
samples = np.concatenate(pieces, axis=1)
for start in range(0, samples.shape[1], rate // 10):
    peak = np.abs(samples[:, start : start + rate // 10]).max()
    print(f"{start / rate:6.1f} s  {'#' * round(peak * 60)}")
