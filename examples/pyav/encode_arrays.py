import sys

import av
import numpy as np

with av.open(sys.argv[1], "w") as container:
    stream = container.add_stream("libvpx", rate=25)
    stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
    for number in range(50):
        picture = np.full((180, 320, 3), (5 * number, 80, 160), np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
