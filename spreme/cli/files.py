"""Files to write: looked at before the work begins, replaced at once or left as they were."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from spreme.cli.messages import tell

MODEL, PAGE, TABLE = (".json",), (".html", ".htm"), (".csv", ".parquet")


def check_outputs(
    outputs: Mapping[str, tuple[Path | None, Sequence[str]]], inputs: Sequence[Path], quiet: bool = False
) -> None:
    """Refuse, before any work, an output with another suffix, in the place of an input, or where none can be written.

    An output is an option with its path and the suffixes that it may have.
    """
    taken = {os.path.realpath(path): f"the input {path}" for path in inputs}
    for option, (path, suffixes) in outputs.items():
        if path is None:
            continue
        if path.suffix.lower() not in suffixes:
            raise click.UsageError(f"{option} {path}: the name must end in {' or '.join(suffixes)}")
        target = os.path.realpath(path)
        if target in taken:
            raise click.UsageError(f"{option} {path} would overwrite {taken[target]}: give it another name")
        taken[target] = f"{option}"
        _check_place(option, path)
        if path.exists():
            tell(f"{path} will be replaced", quiet)


def _check_place(option: str, path: Path) -> None:
    """Refuse a path where no file can be written."""
    folder = Path(os.path.realpath(path)).parent
    if path.is_dir():
        raise ValueError(f"{option} {path} is a folder: name a file in it")
    if not folder.is_dir():
        raise ValueError(f"{option} {path}: there is no folder {folder}; make it first")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ValueError(f"{option} {path}: the folder {folder} is not writable; choose another one")


@contextlib.contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Give a path to write to, whose file takes its place at the end; if the writing fails, nothing has changed."""
    target = Path(os.path.realpath(path))
    # In the same folder, because only within one file system a file is replaced at once.
    temporary = target.with_name(f".{target.stem[:100]}-{secrets.token_hex(8)}{target.suffix}")
    try:
        yield temporary
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
