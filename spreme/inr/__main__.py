"""``python -m spreme.inr``."""

import sys

from spreme.inr.experiments.command_line import main

if __name__ == "__main__":
    sys.exit(main())
