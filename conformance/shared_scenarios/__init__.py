"""Scenarios that several interfaces share."""
