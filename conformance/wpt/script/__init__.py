"""The command ``run``: a script of one's own on this implementation, in the host of web-platform-tests."""
