"""A-law PCM (ITU-T G.711): codec string. Source: A-law PCM registration."""

from codecmodel.registry.codec_string import FixedStrings

ALAW_REGISTRATION = FixedStrings("alaw", "alaw")
