"""Records: one flat mapping for each case, the same entries whatever happened; they can be written as JSON."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib import metadata
from typing import Any

import numpy as np

import spreme
from systems.batch.case import Case
from systems.judging import FIELDS

Record = dict[str, Any]

OK, FAILED, TIMED_OUT, SKIPPED = "ok", "failed", "timed out", "skipped"

_BEFORE = ("system", "method", "variant", "noise", "seed", "key", "status", "error", "method_status")
_AFTER = ("seconds", "peak_memory_mb", "details", "versions")
ENTRIES = (*_BEFORE, *FIELDS, *_AFTER)
PACKAGES = ("numpy", "scipy", "numba", "scikit-learn")


def blank(case: Case) -> Record:
    """Record of a case of which nothing is known yet: nothing was found."""
    found: Record = {**dict.fromkeys(ENTRIES), **asdict(case), "key": case.key, "exact": False, "f1": 0.0}
    return found | {"missing": [], "extra": [], "details": {}, "versions": versions()}


def failure(case: Case, status: str, error: str, seconds: float | None = None) -> Record:
    """Record of a case without a result."""
    return blank(case) | {"status": status, "error": error[:500], "seconds": seconds}


def versions(needed: str | None = None) -> dict[str, str]:
    """Versions of all that a result depends on."""
    names = PACKAGES if needed is None else (*PACKAGES, needed)
    own = {"spreme": spreme.__version__, "python": platform.python_version()}
    return own | {name: metadata.version(name) for name in names}


def plain(value: Any) -> Any:
    """The same in what JSON has: numbers that are not finite become null, arrays lists."""
    if isinstance(value, Mapping):
        return {str(key): plain(own) for key, own in value.items()}
    if isinstance(value, list | tuple):
        return [plain(own) for own in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else str(value)
