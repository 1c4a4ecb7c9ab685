"""Tests of conformance.litmus."""
