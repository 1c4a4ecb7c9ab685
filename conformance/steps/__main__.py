"""``python -m conformance.steps`` is this command alone. It needs nothing that the other commands import."""

import argparse
import sys

from conformance.steps.command import HELP, add_arguments, main

parser = argparse.ArgumentParser(prog="python -m conformance.steps", description=HELP)
add_arguments(parser)
sys.exit(main(parser.parse_args()))
