"""Conversion to RGB: arithmetic on planes, which knows no VideoFrame."""
