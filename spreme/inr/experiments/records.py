"""Records of a comparison, and their file."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Record:
    """How well one start served one trial.

    Attributes
    ----------
    method : str
        One of `METHODS`.
    seed : int
        Seed of the start.
    density : float
        Share of the wide network's weights that the pruned starts have kept.
    width : int
        Neurons of a hidden layer before pruning.
    n_weights, n_total : int
        Weights, and weights and biases, after dead neurons are dropped; the mean where every signal has its own mask.
    meta_steps : int
        Meta-steps behind the start.
    optimizer : str
        "sgd" or "adam".
    steps : int
        Steps on each test signal.
    rate : float or None
        Their rate; None: the inner rates of the start.
    psnr, psnr_std : float
        Mean and standard deviation over the test signals of the peak signal-to-noise ratio, in dB.
    n_signals : int
        Their number.
    """

    method: str
    seed: int
    density: float
    width: int
    n_weights: int
    n_total: int
    meta_steps: int
    optimizer: str
    steps: int
    rate: float | None
    psnr: float
    psnr_std: float
    n_signals: int

    @property
    def label(self) -> str:
        """Name of the trial, such as "Adam 0.0001"."""
        name = "Adam" if self.optimizer == "adam" else f"{self.steps} SGD"
        return name if self.rate is None else f"{name} {self.rate:g}"


NAMES = [field.name for field in fields(Record)]
WHOLE = {"seed", "width", "n_weights", "n_total", "meta_steps", "steps", "n_signals"}
TEXT = {"method", "optimizer"}


def write_records(records: Iterable[Record], path: str | os.PathLike[str]) -> None:
    """Write records as a table, one a line.

    Parameters
    ----------
    records : iterable of Record
        Records.
    path : path-like
        File.
    """
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, NAMES)
        writer.writeheader()
        writer.writerows(asdict(record) for record in records)


def read_records(path: str | os.PathLike[str]) -> list[Record]:
    """Read records that `write_records` wrote.

    Parameters
    ----------
    path : path-like
        File.

    Returns
    -------
    list of Record
        Equal to those written.

    Raises
    ------
    ValueError
        If the columns are others.
    """
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != NAMES:
            raise ValueError(
                f"{path}: the columns are {reader.fieldnames}, not {NAMES}: give a file of `write_records`"
            )
        return [Record(**{name: _value(name, text) for name, text in row.items()}) for row in reader]


def _value(name: str, text: str) -> Any:
    """One entry."""
    if name in TEXT:
        return text
    if name in WHOLE:
        return int(text)
    return float(text) if text else None
