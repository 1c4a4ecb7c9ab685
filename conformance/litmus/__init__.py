"""Litmus tests: is every run of an implementation one that the model allows?"""
