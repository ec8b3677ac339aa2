"""One array at a time: it becomes a fresh float64 array in C order, or an error that names the culprit."""

from __future__ import annotations

import decimal
import fractions
import numbers
from typing import Any

import numpy as np

REFUSED_KINDS = {
    "b": "booleans (bool)",
    "c": "complex numbers",
    "S": "strings (str)",
    "U": "strings (str)",
    "T": "strings (str)",
    "M": "dates",
    "m": "time differences",
    "V": "records",
}
REMEDIES = {
    "b": "convert them with .astype(float) if 0 and 1 are meant",
    "c": "give the real and the imaginary part as two states",
    "M": "convert them to numbers first, for example (t - t[0]) / np.timedelta64(1, 'D')",
    "m": "divide by a unit first, for example t / np.timedelta64(1, 'D')",
}


def show(value: float) -> str:
    """Write a number as a person would type it."""
    return format(float(value), ".10g")


def is_missing(value: Any) -> bool:
    """Tell None, NaN, NaT, pandas.NA and masked entries from values."""
    if value is None or value is np.ma.masked or type(value).__name__ == "NAType":
        return True
    if isinstance(value, (float, np.floating, np.datetime64, np.timedelta64, decimal.Decimal)):
        return bool(value != value)
    return type(value).__name__ == "NaTType"


def number(value: Any, what: str) -> float:
    """Turn one entry of an object array into a float; missing ones are NaN."""
    if is_missing(value):
        return float("nan")
    is_real = isinstance(value, (numbers.Real, decimal.Decimal, fractions.Fraction))
    if not is_real or isinstance(value, (bool, np.bool_)):
        raise TypeError(
            f"{what}: numbers are expected, got {value!r:.60} of type {type(value).__name__}; "
            "write a missing value as NaN"
        )
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{what}: {str(value)[:20]}... is too large for a double; rescale the units") from None


def as_array(value: Any, what: str) -> np.ndarray:
    """`numpy.asarray` with an error of our own."""
    try:
        return np.ma.asarray(value) if np.ma.isMaskedArray(value) else np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:
        raise ValueError(f"{what}: an array of numbers is expected, but NumPy cannot make one ({error})") from error


def is_mapped(value: Any) -> bool:
    """Tell a read-only float64 map of a file in C order."""
    is_map = isinstance(value, np.memmap) and value.dtype == np.float64
    return is_map and value.flags.c_contiguous and not value.flags.writeable


def floats(value: Any, what: str) -> np.ndarray:
    """Give a fresh float64 array in C order; None, NaN and masked entries become NaN.

    What is mapped from disk for reading only stays there: it cannot change, and may not fit into memory. `what` opens
    the message of an error, for example "trajectory 1 (environment 'A')".
    """
    if is_mapped(value):
        return np.asarray(value)
    array = as_array(value, what)
    kind = array.dtype.kind
    if kind in REFUSED_KINDS:
        remedy = REMEDIES.get(kind, "convert them with .astype(float)")
        raise TypeError(f"{what}: numbers are expected, got {REFUSED_KINDS[kind]} of dtype {array.dtype}; {remedy}")
    if kind == "O":
        entries = [number(entry, what) for entry in np.ma.getdata(array).ravel()]
        result = np.array(entries, dtype=np.float64).reshape(array.shape)
    else:
        with np.errstate(
            over="ignore", invalid="ignore"
        ):  # long doubles beyond the range become inf, refused by the caller
            result = np.array(np.ma.getdata(array), dtype=np.float64, order="C", copy=True)
    if np.ma.isMaskedArray(array):
        result[np.ma.getmaskarray(array)] = np.nan
    return result


def read_states(value: Any, what: str) -> np.ndarray:
    """Read the states of one trajectory, (n, S); a one-dimensional array is one state."""
    if value is None or isinstance(value, (str, bytes, dict, set)):
        raise TypeError(f"{what}: an array (n, S) of samples and states is expected, got {type(value).__name__}")
    array = floats(value, what)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2:
        raise ValueError(
            f"{what}: a 2-D array (n, S) of samples and states is expected, got {array.ndim} dimensions, "
            f"shape {array.shape}"
        )
    if array.shape[1] == 0:
        raise ValueError(f"{what} has no columns: at least one state is needed, got shape {array.shape}")
    if array.shape[0] == 0:
        raise ValueError(f"{what} is empty: it has 0 samples (shape {array.shape}); leave it out of the list")
    return array


def check_finite(x: np.ndarray, names: list[str], what: str) -> None:
    """Refuse infinite values; NaN stands for a missing one."""
    if np.isinf(x).any():
        row, column = np.argwhere(np.isinf(x))[0]
        raise ValueError(
            f"{what}: state {names[column]!r} is {x[row, column]} at sample {row}; "
            "values must be finite, NaN marks a missing one"
        )


def read_inputs(value: Any, n_samples: int, what: str) -> np.ndarray:
    """Read the inputs of one trajectory, (n, U), complete and finite."""
    array = floats(value, f"inputs u of {what}")
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(f"inputs u of {what}: a 2-D array (n, U) with U >= 1 is expected, got shape {array.shape}")
    if array.shape[0] != n_samples:
        raise ValueError(f"inputs u of {what}: {array.shape[0]} rows for {n_samples} samples; give one row per sample")
    if not np.isfinite(array).all():
        row, column = np.argwhere(~np.isfinite(array))[0]
        raise ValueError(
            f"inputs u of {what}: input {column} is {array[row, column]} at sample {row}; "
            "inputs must be finite and complete"
        )
    return array


def read_times(value: Any, n_samples: int, what: str) -> np.ndarray:
    """Read the times of one trajectory, (n,), finite and strictly increasing."""
    if value is None or isinstance(value, (str, bytes, dict, set)):
        raise TypeError(f"times t of {what}: an array of numbers is expected, got {type(value).__name__}")
    times = floats(value, f"times t of {what}")
    if times.ndim != 1:
        raise ValueError(
            f"times t of {what}: a 1-D array is expected, got {times.ndim} dimensions, shape {times.shape}"
        )
    if len(times) != n_samples:
        raise ValueError(f"{what} has {n_samples} rows in x but {len(times)} times in t; give one time per row")
    check_times(times, what)
    return times


def check_times(times: np.ndarray, what: str) -> None:
    """Refuse missing, infinite, repeated, unsorted and absurdly scaled times."""
    if not np.isfinite(times).all():
        k = int(np.argmin(np.isfinite(times)))
        raise ValueError(f"times t of {what}: {times[k]} at sample {k}; every time must be finite, none may be missing")
    if np.abs(times).max() > 1e150:
        raise ValueError(f"times t of {what} reach {show(np.abs(times).max())}: too large; rescale the unit of time")
    steps = np.diff(times)
    if (steps <= 0).any():
        k = int(np.argmax(steps <= 0)) + 1
        here, before = show(times[k]), show(times[k - 1])
        fault = "repeats the one before (duplicate)" if here == before else f"follows {before}"
        raise ValueError(
            f"times t of {what} must increase strictly: {here} at sample {k} {fault}; "
            "sort the samples by time and merge those of equal time"
        )
    if len(times) > 1 and steps.min() < 1e-150:
        raise ValueError(f"times t of {what}: a step of {steps.min():.3g} is too small; rescale the unit of time")
