"""The codecs that can be decoded and encoded here: supported_codecs.py"""

import asyncio

from codecmodel import VideoEncoder
from codecmodel.capabilities import supported_codecs, why_not_supported


async def main() -> None:
    for codec in await supported_codecs():
        abilities = [codec.decoder_config and "decode", codec.encoder_config and "encode"]
        print(codec.codec_string, codec.codec, codec.profile, *filter(None, abilities))
    # isConfigSupported() answers for one configuration; this says why the answer is no, or None.
    print(why_not_supported(VideoEncoder, {"codec": "avc1.42001e", "width": 3840, "height": 2160}))


asyncio.run(main())
