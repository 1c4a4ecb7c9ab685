"""Scenarios as plain JavaScript: the calls that one has made on another implementation, and the facts that came out.

The program needs neither Python nor the remote layer. If the implementation gives the same facts when it runs the
program, the remote layer has no part in them.
"""
