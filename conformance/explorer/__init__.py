"""The explorer of all interleavings."""
