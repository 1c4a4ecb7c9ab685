"""Encoders of audio and video on FFmpeg."""
