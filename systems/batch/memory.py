"""Peak memory of this process, where Linux tells it."""

from __future__ import annotations

from pathlib import Path

PROCESS = Path("/proc/self")


class PeakMemory:
    """Largest growth of the resident memory since this was made."""

    def __init__(self) -> None:
        self.before = _status("VmRSS")
        try:
            (PROCESS / "clear_refs").write_text("5")  # forgets the peaks so far
        except OSError:
            self.before = None

    def growth(self) -> float | None:
        """Growth in MB; None where it is not known."""
        peak = _status("VmHWM")
        return None if peak is None or self.before is None else max(0.0, peak - self.before)


def _status(entry: str) -> float | None:
    """An entry of the status of the process in MB."""
    try:
        lines = (PROCESS / "status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(entry)), None)
