"""µ-law PCM (ITU-T G.711): codec string. Source: u-law PCM registration."""

from codecmodel.registry.codec_string import FixedStrings

ULAW_REGISTRATION = FixedStrings("ulaw", "ulaw")
