"""Media files: reading and writing them."""
