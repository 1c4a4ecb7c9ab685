"""µ-law PCM (ITU-T G.711): codec string. Source: u-law PCM registration."""

from codecmodel.registry.codec_string import FixedStrings

# Spec: webcodecs-ulaw-codec-registration/fully-qualified-codec-strings
# Spec: webcodecs-ulaw-codec-registration/audiodecoderconfig-description
# Spec: webcodecs-ulaw-codec-registration/encodedaudiochunk-type
# Spec: webcodecs-ulaw-codec-registration/encodedaudiochunk-data
ULAW_REGISTRATION = FixedStrings("ulaw", "ulaw")
