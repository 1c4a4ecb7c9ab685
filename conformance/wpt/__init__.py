"""The host that runs unmodified web-platform-tests."""
