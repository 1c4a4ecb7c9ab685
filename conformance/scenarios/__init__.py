"""The scenarios: one module per chapter of the spec. Whatever module is put here belongs to the suite."""
