"""Of many environments the few in which a fit went astray are begun elsewhere, and no mask is judged by them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spreme.likelihood.fits import Fit
from spreme.likelihood.restarts import repaired
from spreme.likelihood.shooting.gauss_newton import Control

Array = NDArray[np.float64]
N = 40
MASK = np.array([[True, False, True]])
CONTROL = Control(20, 1e-3, 1e-3)
# Within reach of its optimum at 2 a fit gets there; from elsewhere it goes astray, and from far off nothing comes.
OPTIMUM, REACH, FAR = 2.0, 0.5, 3.0


def fit_at(coef: Array, mask: Array = MASK) -> Fit:
    """What fits from these coefficients (E, q) end at."""
    distance = np.abs(coef - OPTIMUM).max(axis=1)
    cost = np.where(distance < REACH, 100.0, np.where(distance < FAR, 900.0, np.inf))
    q = coef.shape[1]
    ended = np.where((distance < REACH)[:, None], OPTIMUM, coef)
    zeros = np.zeros((N, q, q))
    return Fit(mask, ended, [np.zeros((1, 1))] * N, cost, zeros, cost[:, None], np.full(N, 100.0), True)


class Watched:
    """Fits masks, and remembers from where."""

    def __init__(self) -> None:
        self.begun: list[Array] = []

    def fit_all(self, masks: Sequence[Any], coefs: Sequence[Array], *rest: Any) -> list[Fit]:
        self.begun += [np.array(own) for own in coefs]
        return [fit_at(np.array(coef), mask) for mask, coef in zip(masks, coefs, strict=True)]


def around(strange: dict[int, float]) -> Array:
    """Coefficients near the optimum but for some environments."""
    out = np.full((N, 2), OPTIMUM + 0.1)
    for e, value in strange.items():
        out[e] = value
    return out


FORETOLD = fit_at(around({}))


def test_those_astray_are_begun_at_the_present_coefficients() -> None:
    evaluator, current = Watched(), fit_at(around({}))
    first = fit_at(around({3: 0.0, 17: 99.0}))
    (found,) = repaired(evaluator, [first], [FORETOLD], current, [], CONTROL)  # type: ignore[arg-type]
    assert (found.cost == 100.0).all() and found.is_feasible
    assert len(evaluator.begun) == 1
    assert np.array_equal(evaluator.begun[0][5], first.coef[5]), "what went well begins where it ended"


def test_then_at_what_is_typical_of_the_others() -> None:
    evaluator, current = Watched(), fit_at(np.full((N, 1), 99.0), np.array([[True, False, False]]))
    (found,) = repaired(evaluator, [fit_at(around({3: 99.0}))], [FORETOLD], current, [], CONTROL)  # type: ignore[arg-type]
    assert (found.cost == 100.0).all()
    assert len(evaluator.begun) == 2 and (evaluator.begun[1][3] == OPTIMUM).all()


@pytest.mark.parametrize("strange", [{}, dict.fromkeys(range(4), 0.0), dict.fromkeys(range(N), 99.0)])
def test_nothing_is_fitted_again_where_all_is_well_or_the_mask_is_wrong(strange: dict[int, float]) -> None:
    evaluator = Watched()
    first = fit_at(around(strange))
    (found,) = repaired(evaluator, [first], [FORETOLD], first, [], CONTROL)  # type: ignore[arg-type]
    assert found is first and evaluator.begun == []


def test_a_worse_second_fit_changes_nothing() -> None:
    current = fit_at(np.full((N, 2), 99.0))
    first = fit_at(around({3: 0.0}))
    evaluator = Watched()
    worse = around({3: 0.0})
    evaluator.fit_all = lambda masks, coefs, *rest: [fit_at(worse)]  # type: ignore[method-assign]
    (found,) = repaired(evaluator, [first], [FORETOLD], current, [], CONTROL)  # type: ignore[arg-type]
    assert np.array_equal(found.cost, first.cost)
