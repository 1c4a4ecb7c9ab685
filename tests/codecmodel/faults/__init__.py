"""Faults injected at every place where one can come in: exceptions of streams, threads, pipes, loops, interrupts."""
