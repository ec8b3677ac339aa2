"""Networks as .npz files: plain arrays and a JSON header; nothing is unpickled."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

FORMAT, FORMAT_VERSION = "spreme.inr", 1


def save(path: str | os.PathLike[str], kind: str, settings: dict[str, Any], arrays: dict[str, Array]) -> None:
    """Write a file, whole or not at all."""
    header = {"format": FORMAT, "version": FORMAT_VERSION, "kind": kind, "settings": settings}
    target = Path(path)
    handle, temporary = tempfile.mkstemp(dir=target.parent or Path(), suffix=".npz")
    try:
        with os.fdopen(handle, "wb") as stream:
            np.savez(stream, **{"header": np.array(json.dumps(header)), **arrays})  # type: ignore[arg-type]
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def load(path: str | os.PathLike[str], kind: str) -> tuple[dict[str, Any], dict[str, Array]]:
    """Settings and arrays of a file of that kind.

    Raises
    ------
    ValueError
        If the file is foreign, of another kind, newer or damaged; the message names it.
    """
    name = os.fspath(path)
    try:
        with np.load(name, allow_pickle=False) as stored:
            arrays = {key: stored[key] for key in stored.files}
        header = json.loads(str(arrays.pop("header")))
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile, AttributeError) as error:
        if isinstance(error, FileNotFoundError | IsADirectoryError | PermissionError):
            raise
        raise ValueError(f"{name!r} is not a file written by spreme.inr ({type(error).__name__}: {error})") from None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ValueError(f"{name!r} is not a file written by spreme.inr")
    if not isinstance(header.get("version"), int) or header["version"] > FORMAT_VERSION:
        raise ValueError(
            f"{name!r} has format version {header.get('version')!r}; this spreme reads {FORMAT_VERSION}: update it"
        )
    if header.get("kind") != kind:
        raise ValueError(f"{name!r} holds a {header.get('kind')}, not a {kind}: use {header.get('kind')}.load")
    return header["settings"], arrays


def plain_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings that JSON can hold; functions and generators are left out (None)."""
    out: dict[str, Any] = {}
    for key, value in settings.items():
        if isinstance(value, np.generic):
            value = value.item()
        is_plain = value is None or isinstance(value, bool | int | float | str | list | tuple)
        out[key] = (list(value) if isinstance(value, tuple) else value) if is_plain else None
    return out
