"""Decoders of audio and video on FFmpeg."""
