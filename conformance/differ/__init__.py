"""Random programs, differentially: the same program on the model and on other implementations, fact by fact.

A program is drawn before it runs, and is plain data: a case of ``conformance.campaigns`` whose parts are the steps that
``interpreter`` knows. One interpreter runs it with the interfaces that it is given.
"""
