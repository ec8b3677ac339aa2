"""Networks as .npz files: plain arrays and a JSON header; nothing is unpickled."""

from __future__ import annotations

import json
import os
import secrets
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

FORMAT, FORMAT_VERSION = "spreme.inr", 1


def save(path: str | os.PathLike[str], kind: str, settings: dict[str, Any], arrays: dict[str, Array]) -> None:
    """Write a file, whole or not at all."""
    header = {"format": FORMAT, "version": FORMAT_VERSION, "kind": kind, "settings": settings}
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(f"cannot save {os.fspath(path)!r}: there is no folder {str(target.parent)!r}; make it")
    # In the same folder, because only within one file system a file is replaced at once.
    temporary = target.with_name(f".{target.name[:100]}-{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as stream:
            np.savez(stream, **{"header": np.array(json.dumps(header)), **arrays})  # type: ignore[arg-type]
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
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
        # Opened here: where a file is no archive, np.load would leave it open.
        with open(name, "rb") as stream, np.load(stream, allow_pickle=False) as stored:
            arrays = {key: stored[key] for key in stored.files}
        header = json.loads(str(arrays.pop("header")))
    except (KeyError, TypeError, ValueError, OSError, EOFError, zipfile.BadZipFile, AttributeError) as error:
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
    return header.get("settings", {}), arrays


@contextmanager
def blamed_on(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn what goes wrong with the contents of a file into a ValueError that names the file."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{os.fspath(path)!r} is damaged ({type(error).__name__}: {error})") from None


def plain_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings that JSON can hold; functions and generators are left out (None)."""
    out: dict[str, Any] = {}
    for key, value in settings.items():
        if isinstance(value, tuple | list):
            out[key] = [_plain(own) for own in value]
        else:
            out[key] = _plain(value) if isinstance(value, np.generic | bool | int | float | str) else None
    return out


def _plain(value: Any) -> Any:
    """A number of Python for one of NumPy."""
    return value.item() if isinstance(value, np.generic) else value
