"""Chapter 10 of the spec, image decoding: one module for each interface, and one for each group of algorithms."""
