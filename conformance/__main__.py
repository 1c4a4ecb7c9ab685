"""``python -m conformance``"""

import sys

from conformance.cli import program

if __name__ == "__main__":
    sys.exit(program())
