"""One contestant's turn in ``conformance bench``, in a process of its own: prints its rate."""

import asyncio
import sys
from pathlib import Path
from time import perf_counter

from codecmodel import AudioData, AudioDecoder, EncodedAudioChunk, EncodedVideoChunk, VideoDecoder, VideoFrame
from codecmodel.files import AudioTrack, Demuxer, VideoTrack
from conformance.bench.media import make_benchmark_media


def main(arguments: list[str]) -> None:
    """Perform ``make CASE SECONDS PATH``, ``count CASE PATH`` or ``CONTESTANT CASE PATH``."""
    match arguments:
        case ["make", case, seconds, path]:
            make_benchmark_media(case, float(seconds), Path(path))
        case ["count", _, path]:
            with Demuxer(path) as media:
                print(sum(1 for _ in media.chunks([media.tracks[0].index])))
        case ["codecmodel", _, path]:
            print(asyncio.run(_codecmodel(path)))
        case ["PyAV", case, path]:
            print(_pyav(case, path))
        case _:
            raise SystemExit(f"unknown arguments: {arguments}")


async def _codecmodel(path: str) -> float:
    """Decode all chunks through AudioDecoder or VideoDecoder, as a user does, after a warm-up."""
    with Demuxer(path) as media:
        track = media.tracks[0]
        chunks = [demuxed.chunk for demuxed in media.chunks([track.index])]

    def close(output: AudioData | VideoFrame) -> None:
        output.close()

    async def run(count: int) -> float:
        start = perf_counter()
        if isinstance(track, AudioTrack):
            audio_decoder = AudioDecoder({"output": close, "error": print})
            audio_decoder.configure(track.config)
            for chunk in chunks[:count]:
                assert isinstance(chunk, EncodedAudioChunk)
                audio_decoder.decode(chunk)
            await audio_decoder.flush()
            audio_decoder.close()
        else:
            assert isinstance(track, VideoTrack)
            video_decoder = VideoDecoder({"output": close, "error": print})
            video_decoder.configure(track.config)
            for chunk in chunks[:count]:
                assert isinstance(chunk, EncodedVideoChunk)
                video_decoder.decode(chunk)
            await video_decoder.flush()
            video_decoder.close()
        return perf_counter() - start

    await run(16)
    return len(chunks) / await run(len(chunks))


def _pyav(case: str, path: str) -> float:
    """Decode all packets with PyAV, after a warm-up. They are demuxed beforehand as well."""
    import av

    with av.open(path) as container:
        stream = container.streams[0]
        packets = [packet for packet in container.demux(stream) if packet.size]

        def run(count: int) -> float:
            context = av.CodecContext.create(stream.codec_context.codec.name, "r")
            assert isinstance(context, av.AudioCodecContext | av.VideoCodecContext)
            context.extradata = stream.codec_context.extradata
            if case != "opus":
                # With 0, FFmpeg chooses.
                context.thread_count = 0
                context.thread_type = "AUTO"
            start = perf_counter()
            for packet in packets[:count]:
                for _ in context.decode(packet):
                    pass
            for _ in context.decode(None):
                pass
            return perf_counter() - start

        run(16)
        return len(packets) / run(len(packets))


if __name__ == "__main__":
    main(sys.argv[1:])
