"""The scenarios, with one module for each chapter of the spec. Every module in this folder belongs to the suite."""
