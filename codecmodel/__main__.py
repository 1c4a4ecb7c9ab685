"""``python -m codecmodel``: the command for real files."""

import sys

from codecmodel.tools.command_line import main

if __name__ == "__main__":
    sys.exit(main())
