import sys

import av

with av.open(sys.argv[1]) as container:
    for frame in container.decode(video=0):
        frame.to_image().save(sys.argv[2])
        break
