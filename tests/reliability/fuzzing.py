"""Properties tested on a few fixed examples in every run, on many new ones in the slow run; and what a refusal is."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

#: Refusals that the package may answer bad input with.
REFUSALS = (ValueError, TypeError)


def fuzz(few: int, many: int, **strategies: Any) -> Callable[[Callable[..., None]], Callable[[int], None]]:
    """Make a test of a property: `few` examples, always the same, or, marked slow, `many` that are drawn anew."""

    def decorate(body: Callable[..., None]) -> Callable[[int], None]:
        @pytest.mark.parametrize("n_examples", [few, pytest.param(many, marks=pytest.mark.slow)])
        def test(n_examples: int) -> None:
            profile = settings(
                max_examples=n_examples,
                derandomize=n_examples == few,
                database=None,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            )
            profile(given(**strategies)(body))()

        test.__doc__ = body.__doc__
        return test

    return decorate


def is_raised_by_spreme(error: BaseException) -> bool:
    """Whether a `raise` of the package gave the error, with some words."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    is_raise = (last.line or "").lstrip().startswith("raise")
    return "/spreme/" in last.filename.replace("\\", "/") and is_raise and len(str(error)) > 10


def outcome(call: Callable[[], Any]) -> Any:
    """What the call gives, or None if it is refused as it should be; warnings of the package are taken."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", UserWarning)
        try:
            return call()
        except REFUSALS as error:
            assert is_raised_by_spreme(error), f"{type(error).__name__}: {error}"
            return None
