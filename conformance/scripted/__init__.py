"""The processing model on chosen schedules: a deterministic event loop with its work queues, and scripted codecs."""
