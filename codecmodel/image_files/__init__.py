"""Readers of image files: what is in a file that may still be arriving, and its parts for FFmpeg's decoders.

FFmpeg's demuxers want whole files, and its decoders leave out animated WebP and what is told beside the pictures. So
files are taken apart here, and each picture of an animation is decoded as an image of its own.
"""
