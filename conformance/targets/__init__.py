"""Implementations under test that are not this one: browsers, and modules of npm."""
