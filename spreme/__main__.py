"""``python -m spreme``."""

import sys

from spreme.cli import main

if __name__ == "__main__":
    sys.exit(main())
