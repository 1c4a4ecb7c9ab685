"""The user agent's side of the spec: the protocols of [[codec implementation]], and the platform in use."""
