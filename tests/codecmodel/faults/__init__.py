"""Faults injected at every place where one can occur: exceptions of streams, threads, pipes, loops, interrupts."""
