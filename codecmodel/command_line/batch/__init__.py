"""``codecmodel batch``: a command for many files, on this machine's cores or on a cluster."""
