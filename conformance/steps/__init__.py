"""Accounts for every step of the spec: an index of the steps, and checks and measurements that use it."""

from conformance.steps.command import HELP, add_arguments, main

__all__ = ["HELP", "add_arguments", "main"]
