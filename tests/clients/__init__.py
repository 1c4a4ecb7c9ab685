"""Clients of WebCodecs from npm, unmodified, on this implementation: ``tox run -e clients``."""
