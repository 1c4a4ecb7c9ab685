"""What tests need of a browser beyond WebCodecs: canvases, bitmaps, and what they are drawn with."""
