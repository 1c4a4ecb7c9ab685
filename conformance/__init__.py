"""The conformance suite: scenarios that show the spec's behaviour, and what runs and reports them."""
