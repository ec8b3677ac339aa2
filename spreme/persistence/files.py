"""Documents in files: replaced at once or left as they were, and told from foreign, damaged and newer ones."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

FORMAT = "spreme-model"
# 1: first. 2: with the covariances of the coefficients and all candidate laws. 3: laws with inputs; others are written
# as version 2, which older readers know.
FORMAT_VERSION, WITHOUT_INPUTS = 3, 2


def save(path: str | os.PathLike[str], document: dict[str, Any]) -> None:
    """Write a document to a file, which is replaced at once or left as it was.

    Parameters
    ----------
    path : str or path
        File to write; its folder must be there.
    document : dict
        JSON data without NaN and infinity (see `array_to_json`).

    Raises
    ------
    TypeError, ValueError
        If the document is no JSON data.
    OSError
        If the folder is missing or the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "model.json"
    ...     save(path, {"format": "spreme-model", "format_version": 2, "note": "β"})
    ...     read(path)["note"]
    'β'
    """
    target = Path(os.path.realpath(_checked_path(path)))
    if not target.parent.is_dir():
        raise FileNotFoundError(f"cannot save {os.fspath(path)!r}: there is no folder {str(target.parent)!r}; make it")
    write_whole(target, _encode(document))


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file, whole or not at all.

    Parameters
    ----------
    path : str or path
        File to write, or a link to it; its folder must be there. An existing file is replaced at once.
    content : bytes
        All of it.

    Raises
    ------
    OSError
        If the file cannot be written; the one that was there before is left as it was.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "note.txt"
    ...     write_whole(path, b"first")
    ...     write_whole(path, b"second")
    ...     path.read_text(), [own.name for own in path.parent.iterdir()]
    ('second', ['note.txt'])
    """
    target = Path(os.path.realpath(path))
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


def read(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a document and check that it is a model of a version that can be read.

    Parameters
    ----------
    path : str or path
        File that `save` wrote.

    Returns
    -------
    dict
        Its content, of which only "format" and "format_version" are checked.

    Raises
    ------
    ValueError
        If the file is no spreme model, is damaged, or is of a newer version.
    OSError
        If it cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "model.json"
    ...     save(path, {"format": "spreme-model", "format_version": 999})
    ...     read(path)
    Traceback (most recent call last):
        ...
    ValueError: ...model.json: its format_version is 999, newer than 3, the newest that this spreme reads: update spreme
    """
    name = os.fspath(_checked_path(path))
    content = Path(path).read_bytes()
    if not content.strip():
        raise ValueError(f"{name}: not a spreme model, the file is empty")
    try:
        document = json.loads(content.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise ValueError(f"{name}: not a spreme model, it is no text (UTF-8 JSON): {error.reason}") from None
    except RecursionError:
        raise ValueError(f"{name}: not a spreme model, or damaged: its JSON is nested too deeply") from None
    except ValueError as error:  # json's own error, and that of whole numbers with thousands of digits
        raise ValueError(f"{name}: not a spreme model, or damaged or truncated: no valid JSON ({error})") from None
    check_format(document, name)
    checked: dict[str, Any] = document
    return checked


def _checked_path(path: str | os.PathLike[str]) -> str | os.PathLike[str]:
    """Refuse what is no path, open file descriptors among them."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"a path must be text or a Path, got {path!r} of type {type(path).__name__}")
    return path


def _encode(document: dict[str, Any]) -> bytes:
    """JSON of a document, one line per key."""
    try:
        lines = [f"{json.dumps(k)}: {json.dumps(v, allow_nan=False, ensure_ascii=False)}" for k, v in document.items()]
        return ("{\n" + ",\n".join(lines) + "\n}\n").encode()
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can only hold escaped
        return json.dumps(document, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"the model cannot be written as JSON: {error}") from error


def _refuse_constant(token: str) -> float:
    """Refuse NaN and Infinity, which are no JSON."""
    raise ValueError(f"{token} is not a number")


def check_format(document: Any, name: str) -> None:
    """Refuse foreign documents and newer versions."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f'{name}: not a spreme model: a JSON object with "format": "{FORMAT}" is expected')
    version = document.get("format_version")
    if type(version) is not int or version < 1:
        raise ValueError(f"{name}: damaged: the key 'format_version' is missing or no version ({version!r:.40})")
    if version > FORMAT_VERSION:
        raise ValueError(
            f"{name}: its format_version is {version}, newer than {FORMAT_VERSION}, the newest that this spreme reads: "
            "update spreme"
        )
