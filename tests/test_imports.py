"""Importing spreme costs next to nothing, and everything it offers can be had."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

import spreme

HEAVY = ("jax", "matplotlib", "numba", "pandas", "polars", "scipy", "sklearn", "sympy")


def run_python(code: str) -> str:
    """Standard output of a fresh interpreter in which warnings are errors."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_import_loads_no_heavy_package() -> None:
    code = f"import sys, spreme; print(*sorted(set({HEAVY!r}) & sys.modules.keys()))"
    assert run_python(code) == ""


def test_listing_the_exports_loads_no_heavy_package() -> None:
    code = f"import sys, spreme; dir(spreme); print(*sorted(set({HEAVY!r}) & sys.modules.keys()))"
    assert run_python(code) == ""


def test_every_export_exists_and_is_listed() -> None:
    exports = getattr(spreme, "__all__", ())
    assert [name for name in exports if not hasattr(spreme, name)] == []
    assert set(exports) <= set(dir(spreme))


def test_unknown_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        spreme.no_such_name  # noqa: B018


def test_version_is_a_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+|(a|b|rc)\d+)?", spreme.__version__)
