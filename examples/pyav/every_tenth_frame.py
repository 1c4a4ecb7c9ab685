import sys

import av
import numpy as np

pictures = []
with av.open(sys.argv[1]) as container:
    for number, frame in enumerate(container.decode(video=0)):
        if number % 10 == 0:
            pictures.append(frame.to_ndarray(format="rgb24", width=224, height=224))
batch = np.stack(pictures)
print(batch.shape, batch.dtype)
