"""Chapters 2 to 6 of the spec: the codec processing model, and the interfaces of codecs."""
