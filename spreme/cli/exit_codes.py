"""Exit codes. 2, wrong arguments, needs no look into any file; 1 is about what files hold and where they are."""

from __future__ import annotations

FINE = 0
ERROR = 1
COMPLAINT = 3  # a law was found and written, but its status is not "converged"
STOPPED = 4  # a forecast was written, but it ends before the last time
INTERRUPTED = 130  # what shells report after Ctrl-C
