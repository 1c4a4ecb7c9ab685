"""The conformance suite: scenarios that show the behaviour that the spec asks for, and the programs that run and
report them.
"""
