"""``python -m codecmodel``: the command for real files."""

import sys

from codecmodel.command_line.main import main

if __name__ == "__main__":
    sys.exit(main())
