"""Runs of short programs under valgrind, which watches memory and threads of FFmpeg and of the bindings."""
