"""`Store`: the folder of a batch, one file for each finished case, complete or not there at all.

runs/records/<key>.json    the records
runs/runs.jsonl            one line for each start of the runner: time, command, versions
runs/log.jsonl             one line for each case that begins or is finished
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from systems.batch.record import ENTRIES, Record, versions

UNFINISHED = ".part"
NEEDED = frozenset(ENTRIES[:8])  # what every record has, whoever wrote it


class StoreError(Exception):
    """A file of the store cannot be read or written; the message says which, why, and what to do."""


class Store:
    """Records of a batch on disk.

    Parameters
    ----------
    folder : Path
        Made when the first thing is written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from systems.batch.case import Case
    >>> from systems.batch.record import failure
    >>> from systems.batch.store import Store
    >>> store = Store(Path(tempfile.mkdtemp()))
    >>> store.write(failure(Case("lotka", "spreme"), "failed", "no solution"))
    >>> [record["error"] for record in store.read()]
    ['no solution']
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.records = Path(folder), Path(folder) / "records"

    def read(self) -> list[Record]:
        """Read all records, in the order of their keys.

        Returns
        -------
        list of dict
            The records.

        Raises
        ------
        StoreError
            If a file there is no record.
        """
        if not self.records.is_dir():
            return []
        paths = (path for path in self.records.iterdir() if not path.name.startswith("."))
        return [_read(path) for path in sorted(paths)]

    def write(self, record: Record) -> None:
        """Write a record: after a crash at any moment the file is there in full, or not at all.

        Parameters
        ----------
        record : dict
            Its ``key`` gives the file its name.

        Raises
        ------
        StoreError
            If the disk is full, or the folder cannot be written.
        """
        path = self.records / f"{record['key']}.json"
        part = self.records / f".{record['key']}.{os.getpid()}{UNFINISHED}"
        try:
            self.records.mkdir(parents=True, exist_ok=True)
            with part.open("w", encoding="utf-8") as file:
                json.dump(record, file, indent=1, allow_nan=False)
                _to_disk(file)
            os.replace(part, path)
            _folder_to_disk(self.records)
        except OSError as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise StoreError(_cannot_write(path, error)) from error

    def log(self, event: str, key: str) -> None:
        """Note that a case begins or is finished."""
        self._append("log.jsonl", {"time": _now(), "event": event, "key": key})

    def note_start(self, command: str) -> None:
        """Note the command and the versions of a start of the runner; forget parts of files that a crash left."""
        self._append("runs.jsonl", {"time": _now(), "command": command, "versions": versions()})
        if self.records.is_dir():
            for part in self.records.glob(f".*{UNFINISHED}"):
                part.unlink(missing_ok=True)

    def _append(self, name: str, content: dict[str, Any]) -> None:
        """Add one line to a file."""
        path = self.folder / name
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(content) + "\n")
        except OSError as error:
            raise StoreError(_cannot_write(path, error)) from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep a second runner out of the folder, where the system can; the lock goes with the process."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / ".lock").open("w") as file:
                if not _take(file):
                    raise StoreError(f"another run is writing to {self.folder}: wait for it, or choose another --out")
                yield
        except OSError as error:
            raise StoreError(_cannot_write(self.folder, error)) from error


def _read(path: Path) -> Record:
    """Read one record."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(
            f"{path} cannot be read ({error}): delete it, its case is run again, or move it away"
        ) from error
    if not isinstance(record, dict) or not record.keys() >= NEEDED or f"{record['key']}.json" != path.name:
        raise StoreError(f"{path} is no record of a case: this folder is for records only, move it away")
    return record


def _to_disk(file: IO[str]) -> None:
    """Wait until a file is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def _folder_to_disk(folder: Path) -> None:
    """Wait until the new name of a file is on the disk, where the system lets folders be opened."""
    with suppress(PermissionError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _cannot_write(path: Path, error: OSError) -> str:
    """What to tell when the disk is full or the folder is not ours."""
    why = error.strerror or str(error)
    return f"cannot write {path}: {why}. Finished cases are safe; repair this and give the same command again"


def _take(file: IO[str]) -> bool:
    """Lock a file; without a way to do so all is well."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _now() -> str:
    """The time, to a second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
