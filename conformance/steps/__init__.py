"""Every step of the spec accounted for: the index of the steps, and what is checked and measured against it."""

from conformance.steps.command import HELP, add_arguments, main

__all__ = ["HELP", "add_arguments", "main"]
