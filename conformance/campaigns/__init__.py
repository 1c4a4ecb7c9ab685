"""Campaigns: executions of drawn inputs by the thousand, each judged by its outcome alone (fuzz, soak)."""
