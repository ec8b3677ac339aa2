"""A page is written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
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


def replace(target: Path, content: bytes) -> None:
    """Put a file in the place of another at once, or leave that as it was."""
    # In the same folder, because only within one file system a file is replaced at once.
    temporary = target.with_name(f".{target.name[:100]}-{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
