"""The processing model on schedules of one's choosing: a deterministic event loop and work queue, a scripted codec."""
