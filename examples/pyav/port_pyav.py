import sys

import av

with av.open(sys.argv[1]) as source, av.open(sys.argv[2], "w") as target:
    video = source.streams.video[0]
    stream = target.add_stream("libvpx", rate=video.average_rate)
    stream.width, stream.height, stream.pix_fmt = video.width, video.height, "yuv420p"
    for frame in source.decode(video):
        negative = av.VideoFrame.from_ndarray(255 - frame.to_ndarray(format="rgb24"), format="rgb24")
        negative.pts, negative.time_base = frame.pts, frame.time_base
        target.mux(stream.encode(negative))
    target.mux(stream.encode(None))
