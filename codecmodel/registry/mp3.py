"""MP3: codec strings. Source: MP3 registration."""

from codecmodel.registry.codec_string import FixedStrings

# Spec: webcodecs-mp3-codec-registration/fully-qualified-codec-strings
# Spec: webcodecs-mp3-codec-registration/audiodecoderconfig-description
# Spec: webcodecs-mp3-codec-registration/encodedaudiochunk-type
# Spec: webcodecs-mp3-codec-registration/encodedaudiochunk-data
MP3_REGISTRATION = FixedStrings("mp3", "mp3", "mp4a.69", "mp4a.6B")
