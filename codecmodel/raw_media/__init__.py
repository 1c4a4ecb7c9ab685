"""Chapter 9 of the spec: raw media interfaces."""
