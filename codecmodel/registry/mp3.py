"""MP3: codec strings. Source: MP3 registration."""

from codecmodel.registry.codec_string import FixedStrings

MP3_REGISTRATION = FixedStrings("mp3", "mp3", "mp4a.69", "mp4a.6B")
