"""``python -m codecmodel``: the command for real files."""

import sys

from codecmodel.command_line.main import program

if __name__ == "__main__":
    sys.exit(program())
