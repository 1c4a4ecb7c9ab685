"""Images as FFmpeg decodes them."""
