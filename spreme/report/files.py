"""Where a page may be written."""

from __future__ import annotations

import os
from pathlib import Path


def checked_target(path: str | os.PathLike[str]) -> Path:
    """Refuse a path that cannot be written to, before any work is done."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"the path of a report must be text or a Path, got {path!r} of type {type(path).__name__}")
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(f"cannot write {os.fspath(path)!r}: there is no folder {str(target.parent)!r}; make it")
    if target.is_dir():
        raise IsADirectoryError(f"cannot write {os.fspath(path)!r}: it is a folder; give the name of a file in it")
    return target
