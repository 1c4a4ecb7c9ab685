"""The command ``run``: a script of one's own on this implementation, in the host of web-platform-tests."""

from conformance.wpt.script.command import HELP, add_arguments, main

__all__ = ["HELP", "add_arguments", "main"]
