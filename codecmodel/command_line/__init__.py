"""The command ``python -m codecmodel``: it reads, decodes and transcodes media files through WebCodecs."""
