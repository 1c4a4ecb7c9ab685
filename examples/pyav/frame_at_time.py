import sys

import av

video, seconds, picture = sys.argv[1:]
with av.open(video) as container:
    stream = container.streams.video[0]
    container.seek(round(float(seconds) / stream.time_base), stream=stream)
    for frame in container.decode(stream):
        if frame.time + float(frame.duration * frame.time_base) > float(seconds):
            frame.to_image().save(picture)
            break
