"""Records of cases as one pandas frame: read, completed, put in order.

A record is what the runner writes about one case. In the frame every known column exists; what does not apply is
missing in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

CASE = ("system", "method", "variant", "noise", "seed")
TEXTS = ("system", "method", "variant", "key", "status", "error", "method_status", "finished")
FLAGS = ("exact", "exact_majority", "exact_union", "exact_intersection")
OBJECTS = ("missing", "extra", "details", "versions")
NUMBERS = (
    *("n_environments", "n_states", "n_library", "n_samples"),
    *("precision", "recall", "f1", "n_true", "n_found", "environments_right", "support_f1"),
    *("coef_error", "worst_term_error", "search_gap"),
    *("rollout", "rollout_beyond", "rollout_diverged", "rollout_mse", "rollout_mape", "rollout_r2", "valid_time"),
    *("adapt_error", "adapt_rollout", "adapt_rollout_mse", "seconds", "adapt_seconds", "peak_memory_mb"),
)
FAILURES = ("failed", "timed out")
MAIN_VARIANT = "plain"
TABLES = (".csv", ".csv.gz", ".parquet")


def frame(records: str | Path | pd.DataFrame | Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Read the records of cases into one frame.

    Parameters
    ----------
    records : path, pandas.DataFrame or iterable of mappings
        A folder that the runner wrote into, a file that `write` made (``.csv``, ``.csv.gz``, ``.parquet``), or records.

    Returns
    -------
    pandas.DataFrame
        One row per case, in the order of systems, methods, variants, noise levels and seeds. Beyond the columns of a
        record: ``suite`` (where the system belongs to) and ``uses_truth`` (whether the method looks at the true law).
        Where the true law is not in the library of a system, ``exact`` is missing for its failures too.

    Raises
    ------
    ValueError
        If there are no records, if one is not whole, or if a case occurs twice.

    Examples
    --------
    >>> from systems import report
    >>> case = {"system": "lotka", "variant": "plain", "noise": 0.05, "seed": 0}
    >>> done = {**case, "method": "spreme", "status": "ok", "exact": True, "f1": 1.0}
    >>> lost = {**case, "method": "stlsq", "status": "timed out", "exact": False, "f1": 0.0}
    >>> report.frame([lost, done])[["method", "status", "exact"]]
       method     status  exact
    0  spreme         ok   True
    1   stlsq  timed out  False
    """
    pandas = _pandas()
    table = records if isinstance(records, pandas.DataFrame) else pandas.DataFrame(_rows(records), dtype=object)
    if not len(table):
        raise ValueError(f"no records in {_place(records)}: run cases first (python -m systems run --out FOLDER)")
    _check(table)
    return _in_order(_without_structure(_typed(table)))


def main_part(records: pd.DataFrame) -> pd.DataFrame:
    """Cases of the variant that most pictures are about: the plain one, else the first."""
    variants = records["variant"].unique()
    return records[records["variant"] == (MAIN_VARIANT if MAIN_VARIANT in variants else variants[0])]


def reached(records: pd.DataFrame) -> pd.DataFrame:
    """Cases that were tried: all but those whose method is not installed."""
    return records[records["status"] != "skipped"]


def methods_of(records: pd.DataFrame) -> list[str]:
    """Names of the methods that were tried, in order."""
    return list(dict.fromkeys(reached(records)["method"]))


def truth_users(records: pd.DataFrame) -> set[str]:
    """Names of the methods that look at the true law."""
    return set(records.loc[records["uses_truth"], "method"])


def _pandas() -> Any:
    """Import pandas, or say how to get it."""
    try:
        import pandas
    except ImportError as error:
        raise ImportError("the report needs pandas: pip install 'spreme[bench]'") from error
    return pandas


def _place(records: Any) -> str:
    """Where records come from, for messages."""
    return str(records) if isinstance(records, str | Path) else f"the given {type(records).__name__}"


def _rows(records: Any) -> list[dict[str, Any]]:
    """Records of any source, one mapping each."""
    if not isinstance(records, str | Path):
        return [dict(record) for record in records]
    path = Path(records)
    if path.is_dir():
        return [row for file in sorted(path.rglob("*.json")) if (row := _read(file)) is not None]
    if not path.exists() or not path.name.endswith(TABLES):
        raise ValueError(f"{path} is neither a folder of records nor a file that ends in {', '.join(TABLES)}")
    read = _pandas().read_parquet if path.suffix == ".parquet" else _pandas().read_csv
    rows: list[dict[str, Any]] = read(path).to_dict("records")
    return rows


def _read(file: Path) -> dict[str, Any] | None:
    """One record, with the time it was written; None: a file of the runner's that is no record."""
    try:
        row = json.loads(file.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{file} is no whole record ({error}): delete it and run the case again") from error
    if not isinstance(row, dict) or not set(CASE) <= row.keys():
        return None
    written = datetime.fromtimestamp(file.stat().st_mtime, tz=UTC)
    return {"finished": written.isoformat(timespec="seconds"), **row}


def _check(table: pd.DataFrame) -> None:
    """Refuse what are no records, and cases that occur twice."""
    absent = [name for name in (*CASE, "status") if name not in table or table[name].isna().any()]
    if absent:
        raise ValueError(f"some records lack {', '.join(absent)}: pass what the runner wrote")
    twice = table[table.duplicated(list(CASE))]
    if len(twice):
        case = ", ".join(str(twice.iloc[0][name]) for name in CASE)
        raise ValueError(f"the case ({case}) occurs twice: keep the records of one run in one folder")


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """All columns with their types, in order; columns that nobody knows are left as they are, behind."""
    pandas = _pandas()
    known = (*CASE, *(name for name in (*TEXTS, *FLAGS, *NUMBERS, *OBJECTS) if name not in CASE))
    others = [name for name in table if name not in known]
    typed = table.reset_index(drop=True).reindex(columns=[*known, *others]).astype(object)
    columns: dict[str, Any] = {name: pandas.to_numeric(typed[name]).astype(float) for name in (*NUMBERS, "noise")}
    columns |= {name: pandas.array([_flag(own) for own in typed[name]], dtype="boolean") for name in FLAGS}
    columns |= {name: [own if isinstance(own, str) else "" for own in typed[name]] for name in TEXTS}
    columns |= {name: pandas.Series([_parsed(own) for own in typed[name]], dtype=object) for name in OBJECTS}
    return typed.assign(**columns).astype({"seed": int})


def _flag(value: Any) -> bool | None:
    """Truth value of a flag, also of one from a text file."""
    if isinstance(value, str):
        return {"True": True, "False": False}.get(value)
    return None if value is None or value != value else bool(value)


def _parsed(value: Any) -> Any:
    """List or mapping, also of a text; None where there is none."""
    if isinstance(value, str):
        return json.loads(value) if value else None
    return value if isinstance(value, list | Mapping) else None


def _without_structure(table: pd.DataFrame) -> pd.DataFrame:
    """Forget what failures say of structure where the law is not in the library: nothing can be right there."""
    ok = table[table["status"] == "ok"]
    judged = ok.groupby("system")["exact"].count()
    hopeless = table["system"].isin(judged.index[judged == 0])
    return table.assign(exact=table["exact"].mask(hopeless), f1=table["f1"].mask(hopeless))


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    """Rows in the order of suites, systems, methods, variants, noise levels and seeds; suites and truth users named."""
    from systems import methods

    suites = _suites(list(dict.fromkeys(table["system"])))
    known = methods.names()
    cheats = {name for name in known if methods.get(name).uses_truth}
    table = table.assign(
        suite=table["system"].map(suites),
        uses_truth=table["method"].isin(cheats),
        system_rank=table["system"].map({name: rank for rank, name in enumerate(suites)}),
        method_rank=table["method"].map(_ranks(table["method"], known)),
        variant_rank=table["variant"].map(_ranks(table["variant"], [MAIN_VARIANT])),
    )
    order = ["system_rank", "uses_truth", "method_rank", "variant_rank", "noise", "seed"]
    return table.sort_values(order, kind="stable", ignore_index=True).drop(
        columns=["system_rank", "method_rank", "variant_rank"]
    )


def _ranks(names: Iterable[str], known: Sequence[str]) -> dict[str, int]:
    """Name -> place: known names in their order, then the others by alphabet."""
    there = set(names)
    ordered = [name for name in known if name in there] + sorted(there - set(known))
    return {name: rank for rank, name in enumerate(ordered)}


def _suites(used: Sequence[str]) -> dict[str, str]:
    """System -> suite, in the order of the registry; then replicas; then systems that only the records know."""
    import systems
    from systems import replicas

    known = {name: suite for suite in systems.suites() for name in systems.names(suite)}
    known |= {name: "replicas" for name in replicas.names()}
    ordered = [name for name in known if name in used] + sorted(set(used) - known.keys())
    return {name: known.get(name, "other systems") for name in ordered}
