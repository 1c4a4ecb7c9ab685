"""Pages that step through the specification while a program runs: docs/explain.md."""
