"""The user agent's side of the spec: what a [[codec implementation]] is, and which one is in use."""
