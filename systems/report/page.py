"""`write`: one page that holds everything, and the records as a table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from systems.report.figures.looks import label_of
from systems.report.parts import Picture, Section, svg
from systems.report.records import OBJECTS, frame, truth_users
from systems.report.sections import all_sections

if TYPE_CHECKING:
    import pandas as pd

TEMPLATES = Path(__file__).parent / "templates"
TITLE = "Discovery of shared laws: report on a benchmark run"
LONG_TEXT = 30  # characters
# What a cell of a column of numbers may be: a number, a share, either with an interval or a count, or nothing.
NUMERIC = re.compile(r"(error / )?([-+]?[\d.]+(e[-+]?\d+)?|∞)( %| points)?( \[.*\]| \(.*\))?( of \d+)?$|\u2013$")


def write(
    records: str | Path | pd.DataFrame | Iterable[Mapping[str, Any]],
    out_html: str | Path,
    *,
    csv: str | Path | None = None,
    parquet: str | Path | None = None,
) -> Path:
    """Write the report on a run.

    Parameters
    ----------
    records : path, pandas.DataFrame or iterable of mappings
        As `frame` takes them: a folder of records, a stored table, or records.
    out_html : str or pathlib.Path
        The page: one file that needs no other, and no network.
    csv, parquet : str, pathlib.Path or None, default None
        Where to write all records as a table; a name that ends in ``.gz`` is compressed. `frame` reads both.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    ValueError
        If there are no records, or if they are not whole.
    ImportError
        If pandas or Jinja2 is missing.

    Examples
    --------
    >>> import tempfile
    >>> from systems import report
    >>> case = {"system": "lotka", "method": "spreme", "variant": "plain", "noise": 0.05, "seed": 0}
    >>> done = {**case, "status": "ok", "exact": True, "f1": 1.0, "seconds": 3.0}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = report.write([done], f"{folder}/report.html")
    ...     "Recovery against noise" in page.read_text(encoding="utf-8")
    True
    """
    table = frame(records)
    page = Path(out_html)
    text = render(table)
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text, encoding="utf-8")
    if csv is not None:
        store(table, csv)
    if parquet is not None:
        store(table, parquet)
    return page


def render(records: pd.DataFrame) -> str:
    """Make the page as text.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `frame`.

    Returns
    -------
    str
        HTML.
    """
    import matplotlib

    with matplotlib.rc_context({"figure.max_open_warning": 0}):
        sections = all_sections(records)
    cheats = {label_of(name, True) for name in truth_users(records)}
    environment = _environment()
    environment.filters["svg"] = _numbered(sections)
    return str(environment.get_template("report.html.j2").render(title=TITLE, sections=sections, cheats=cheats))


def store(records: pd.DataFrame, path: str | Path) -> None:
    """Write records as a table; lists and mappings become JSON.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `frame`.
    path : str or pathlib.Path
        Ends in ``.csv``, ``.csv.gz`` or ``.parquet``.
    """
    import json

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    texts: dict[str, Any] = {
        name: [None if own is None else json.dumps(own) for own in records[name]] for name in OBJECTS
    }
    flat = records.drop(columns=["suite", "uses_truth"]).assign(**texts)
    if path.suffix == ".parquet":
        flat.to_parquet(path, index=False)
    else:
        # Without its time a compressed file is the same whenever it is written.
        flat.to_csv(path, index=False, compression={"method": "gzip", "mtime": 1} if path.suffix == ".gz" else None)


def _environment() -> Any:
    """Templates of the page."""
    try:
        import jinja2
    except ImportError as error:
        raise ImportError("the page needs Jinja2: pip install 'spreme[bench]'") from error
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "column_kinds": _column_kinds,
        "unbroken": _unbroken,
        "is_picture": lambda part: isinstance(part, Picture),
    }
    return environment


def _column_kinds(data: pd.DataFrame) -> list[str]:
    """What the columns hold: numbers, which are aligned to the right, words, which need room, or names."""
    columns = [[str(cell) for cell in data.iloc[:, place]] for place in range(data.shape[1])]
    return [_kind(column) for column in columns]


def _kind(column: list[str]) -> str:
    """What one column holds."""
    if any(column) and all(map(NUMERIC.match, column)):
        return "number"
    return "words" if max(map(len, column), default=0) > LONG_TEXT else "name"


def _unbroken(text: object) -> str:
    """A cell whose percent signs stay with their numbers."""
    return str(text).replace(" %", "\u00a0%")


def _numbered(sections: list[Section]) -> Any:
    """Drawer of pictures that gives each a prefix of its own."""
    import matplotlib.pyplot as plt

    pictures = [part for section in sections for part in section.parts if isinstance(part, Picture)]
    prefixes = {id(picture): f"picture{place}" for place, picture in enumerate(pictures, start=1)}

    def draw(picture: Picture) -> str:
        """Draw a picture for the page, and forget it."""
        text = svg(picture.figure, prefixes[id(picture)])
        plt.close(picture.figure)
        return text

    return draw
