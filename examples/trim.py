"""Copies the part of a file between two times, without encoding: trim.py FILE START END NEW (times in seconds)"""

import sys

import codecmodel.files

source, start, end, target = sys.argv[1:]
codecmodel.files.remux(source, target, start=round(float(start) * 1_000_000), end=round(float(end) * 1_000_000))
