"""Tests of the codecs (chapters 2 to 6)."""
