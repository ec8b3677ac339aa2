"""Sphinx configuration."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import shutil
from pathlib import Path

from sphinx.application import Sphinx

import spreme

HERE = Path(__file__).resolve().parent
NOTEBOOKS = sorted((HERE.parent / "notebooks").glob("*.ipynb"))

project = "spreme"
author = "The spreme developers"
copyright = f"2026, {author}"
release = spreme.__version__
version = release

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "myst_nb",
]
exclude_patterns = ["exports.rst", "static", "templates"]
templates_path = ["templates"]

myst_enable_extensions = ["colon_fence", "dollarmath"]
nb_execution_mode = "off"  # the tests run the notebooks

numpydoc_show_class_members = False  # the template of a class lists them
autodoc_typehints = "none"  # the docstrings give types and shapes

html_theme = "pydata_sphinx_theme"
html_title = f"spreme {release}"
html_theme_options = {"show_prev_next": False, "navbar_center": [], "show_toc_level": 2}
html_sidebars = {"**": ["pages.html"]}  # all pages by chapter, everywhere
html_static_path = ["static"]
html_css_files = ["site.css"]

# What methods and attributes of a fitted model return: nobody imports these, everybody reads them.
RETURNED = (
    "spreme.likelihood.profile.Profile",
    "spreme.likelihood.term_report.TermReport",
    "spreme.likelihood.term_row.TermRow",
    "spreme.results.Candidate",
    "spreme.results.LawCandidate",
    "spreme.results.SearchPath",
    "spreme.results.Selection",
)


def export_tables() -> str:
    """One autosummary table for each top-level module that lists what is public in its `__all__`, one for results."""
    names = sorted(info.name for info in pkgutil.iter_modules(spreme.__path__) if not info.name.startswith("_"))
    blocks: list[str] = []
    listed: list[object] = []
    for module_name in ["spreme", *(f"spreme.{name}" for name in names)]:
        module = importlib.import_module(module_name)
        rows = []
        for name in getattr(module, "__all__", ()):
            exported = getattr(module, name)
            is_documentable = inspect.isclass(exported) or inspect.isroutine(inspect.unwrap(exported))
            if is_documentable and not any(exported is other for other in listed):
                listed.append(exported)
                rows.append(f"   {module_name}.{name}")
        if rows:
            blocks += [f".. rubric:: {module_name}", "", ".. autosummary::", "   :toctree: generated", "", *rows, ""]
    rows = [f"   {name}" for name in RETURNED]
    blocks += [
        ".. rubric:: what a fitted model returns",
        "",
        ".. autosummary::",
        "   :toctree: generated",
        "",
        *rows,
        "",
    ]
    return "\n".join(blocks)


def skip_request_methods(app: Sphinx, what: str, name: str, obj: object, skip: bool, options: object) -> bool | None:
    """Leave out scikit-learn's methods on metadata, whose docstrings refer to its own pages."""
    return True if re.fullmatch(r"set_\w+_request|get_metadata_routing", name) else None


def setup(app: Sphinx) -> None:
    """Connect the hook above."""
    app.connect("autodoc-skip-member", skip_request_methods)


# Notebooks live outside this folder; their stored outputs are shown.
(HERE / "generated").mkdir(exist_ok=True)
for notebook in NOTEBOOKS:
    shutil.copy(notebook, HERE / "generated")

# autosummary looks for its tables in files, before any page is read.
(HERE / "exports.rst").write_text(export_tables(), encoding="utf-8")
autosummary_generate = ["exports.rst"]
