"""``python -m systems``."""

import sys

from systems.command_line import main

if __name__ == "__main__":
    sys.exit(main())
