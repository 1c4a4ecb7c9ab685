"""A-law PCM (ITU-T G.711): codec string. Source: A-law PCM registration."""

from codecmodel.registry.codec_string import FixedStrings

# Spec: webcodecs-alaw-codec-registration/fully-qualified-codec-strings
# Spec: webcodecs-alaw-codec-registration/audiodecoderconfig-description
# Spec: webcodecs-alaw-codec-registration/encodedaudiochunk-type
# Spec: webcodecs-alaw-codec-registration/encodedaudiochunk-data
ALAW_REGISTRATION = FixedStrings("alaw", "alaw")
