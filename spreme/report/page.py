"""`write_report`: a fitted law and its data as one page."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spreme.data import Trajectories
from spreme.data.summary import count, headline
from spreme.estimators import SpReME
from spreme.persistence.files import write_whole
from spreme.report.files import checked_target
from spreme.report.sections import all_sections
from spreme.report.subject import Subject, check_subject, listed
from spreme.report.tables import column_kinds

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"


def write_report(model: SpReME, data: Trajectories, path: str | os.PathLike[str], *, title: str | None = None) -> None:
    """Write a page about a fitted law: one file of HTML that needs no other file and no network.

    Parameters
    ----------
    model : SpReME
        Fitted model.
    data : Trajectories
        What it was fitted to, all environments or some of them.
    path : str or path-like
        File to write; its folder must be there. An existing file is replaced by the whole page or left as it was.
    title : str, default None
        Heading; None tells states and number of environments.

    Raises
    ------
    TypeError
        If the model is no SpReME, the data are no Trajectories, or the title is no text.
    ValueError
        If the model is not fitted, or the data have other states, inputs or environments.
    OSError
        If the file cannot be written.
    ImportError
        If Jinja2 is missing: ``pip install "spreme[report]"``.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from spreme import PolynomialLibrary, SpReME, write_report
    >>> from spreme.datasets import load_hare_lynx
    >>> data = load_hare_lynx()
    >>> model = SpReME(library=PolynomialLibrary(2, False, True)).fit(data)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = Path(folder, "report.html")
    ...     write_report(model, data, page, title="Hares and lynxes")
    ...     "<h1>Hares and lynxes</h1>" in page.read_text(encoding="utf-8")
    True
    """
    subject, target = check_subject(model, data), checked_target(path)
    if title is not None and not isinstance(title, str):
        raise TypeError(f"the title must be text or None, got {title!r} of type {type(title).__name__}")
    template = _environment().get_template("report.html.j2")
    text = template.render(
        title=title if title is not None else _title(subject),
        summary=_summary(subject),
        sections=all_sections(subject),
    )
    write_whole(target, text.encode("utf-8", errors="replace"))


def _environment() -> Environment:
    """Templates of the page."""
    try:
        import jinja2
    except ImportError as error:
        raise ImportError('write_report needs Jinja2: pip install "spreme[report]"') from error
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    filters: dict[str, Any] = {"column_kinds": column_kinds}
    environment.filters.update(filters)
    return environment


def _title(subject: Subject) -> str:
    """Heading of a page without a title of its own."""
    names = subject.law.state_names
    states = listed(list(names[:-1]), most=8) + " and " + names[-1] if len(names) > 1 else names[0]
    return f"One law of {states} in {count(len(subject.law.environments), 'environment')}"


def _summary(subject: Subject) -> str:
    """The whole in one sentence."""
    law = subject.law
    return (
        f"{count(len(law.state_names), 'equation')} with {count(int(law.mask.sum()), 'term')} in all, shared by "
        f"{count(len(law.environments), 'environment')}; data: {headline(subject.data)}."
    )
