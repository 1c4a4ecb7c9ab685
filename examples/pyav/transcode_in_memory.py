import io
import sys

import av


def to_webm(data):
    target = io.BytesIO()
    with av.open(io.BytesIO(data)) as source, av.open(target, "w", format="webm") as output:
        video = source.streams.video[0]
        stream = output.add_stream("libvpx", rate=video.average_rate)
        stream.width, stream.height, stream.pix_fmt = video.width, video.height, "yuv420p"
        for frame in source.decode(video):
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return target.getvalue()


sys.stdout.buffer.write(to_webm(sys.stdin.buffer.read()))
