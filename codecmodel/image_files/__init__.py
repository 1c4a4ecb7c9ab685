"""Parsers of image files, which may still be arriving. They find the parts of a file that a decoder needs.

FFmpeg's demuxers need the whole file. Its decoders don't support animated WebP, and ignore most of the metadata. So
these parsers take files apart, and each picture of an animation is decoded as an image of its own.
"""
