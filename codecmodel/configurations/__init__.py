"""Chapter 7 of the spec: configurations."""
