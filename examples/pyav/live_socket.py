import socket
import sys

import av

address = sys.argv[1], int(sys.argv[2])
with socket.create_connection(address) as connection, av.open(connection.makefile("rb")) as container:
    for frame in container.decode(video=0):
        print(round(frame.time * 1_000_000), frame.to_ndarray()[: frame.height].mean())
