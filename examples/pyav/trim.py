import sys

import av

source, start, end, target = sys.argv[1:]
with av.open(source) as old, av.open(target, "w") as new:
    streams = {stream.index: new.add_stream_from_template(stream) for stream in old.streams}
    old.seek(round(float(start) * 1_000_000))
    for packet in old.demux():
        if packet.dts is not None and packet.pts * packet.time_base < float(end):
            packet.stream = streams[packet.stream.index]
            new.mux(packet)
