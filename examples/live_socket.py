"""Frames of a stream as it comes from a socket, in any format that needs no seeking: live_socket.py HOST PORT"""

import asyncio
import sys

from codecmodel.files import AsyncDemuxer
from codecmodel.iteration import decoded_video


async def main(host: str, port: int) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    async with AsyncDemuxer(reader) as media:
        async for frame in decoded_video(media.video_track.config, media.chunks_of(media.video_track)):
            with frame:
                print(frame.timestamp, frame.plane_arrays()[0].mean())
    writer.close()


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
