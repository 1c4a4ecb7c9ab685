"""``python -m conformance.steps``: this command alone, which needs none of what the other commands import."""

import argparse
import sys

from conformance.steps.command import HELP, add_arguments, main

parser = argparse.ArgumentParser(prog="python -m conformance.steps", description=HELP)
add_arguments(parser)
sys.exit(main(parser.parse_args()))
