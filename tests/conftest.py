"""Caches kernels per state of the sources: Numba itself looks at the file of a kernel only, not at what it calls."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def _kernel_sources() -> str:
    """Digest of all modules with kernels."""
    texts = (path.read_bytes() for path in sorted((ROOT / "spreme").rglob("*.py")))
    return hashlib.sha256(b"".join(text for text in texts if b"njit" in text)).hexdigest()[:16]


os.environ.setdefault("NUMBA_CACHE_DIR", str(ROOT / "build" / "numba" / _kernel_sources()))
