"""Arguments that choose the criterion and tie coefficients: what is valid depends on the refinement."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spreme import SpReME
from spreme.estimators.options import LATER, Options, check_options


def checked(**given: Any) -> Options:
    return check_options(SpReME(**given).get_params(deep=False))


def test_auto_is_the_best_known_for_the_refinement() -> None:
    assert checked().criterion == "evidence" and checked(refine=None).criterion == "bic"


@pytest.mark.parametrize("criterion", LATER)
def test_later_criteria_follow_a_search_by_bic(criterion: str) -> None:
    assert checked(criterion=criterion).search_criterion == "bic"
    assert checked(criterion="ebic").search_criterion == "ebic"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"criterion": "luck"}, "'luck'.*'auto', 'bic', 'ebic', 'evidence', 'knee', 'cv', 'loeo', 'stability'"),
        ({"criterion": "luck", "refine": None}, "'luck': expected one of 'auto', 'bic', 'ebic', 'knee'$"),
        (
            {"criterion": "cv", "refine": None},
            "needs refine='trajectory': with refine=None choose one of 'auto', 'bic'",
        ),
        ({"criterion": 3}, "unknown criterion 3"),
        ({"tie": "some"}, "unknown tie 'some': expected None, 'auto', 'all' or a dict"),
        ({"tie": ["x"]}, "unknown tie \\['x'\\]"),
        ({"tie": "auto", "refine": None}, "tie='auto' .*needs refine='trajectory'"),
    ],
)
def test_what_is_not_valid_is_named_with_what_is(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        checked(**given)


@pytest.mark.parametrize(
    ("tie", "kind", "message"),
    [
        ({"q": ["x"]}, ValueError, "tie names the unknown state 'q'"),
        ({"x": ["x**9"]}, ValueError, "tie\\['x'\\].*'x\\*\\*9'"),
        ({"x": "x"}, TypeError, "tie\\['x'\\] must be a list"),
    ],
)
def test_tied_terms_are_looked_up_before_the_search(tie: Any, kind: type[Exception], message: str) -> None:
    t = np.linspace(0, 3, 61)
    with pytest.raises(kind, match=message):
        SpReME(tie=tie).fit([np.exp(-t)], t, state_names=["x"])


def test_random_state_makes_a_generator() -> None:
    assert checked(random_state=3).generator().integers(1000) == checked(random_state=3).generator().integers(1000)
    own = np.random.default_rng(0)
    assert checked(random_state=own).generator() is own
    assert isinstance(checked(random_state=np.random.RandomState(0)).generator(), np.random.Generator)
