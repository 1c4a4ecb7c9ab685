"""The forks between the process that imported this module and the present one."""

import os

#: Their number. For speed: it changes in a forked child, and takes less time to read than the number of the process.
generation = 0


def _after_fork_in_child() -> None:
    global generation
    generation += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
