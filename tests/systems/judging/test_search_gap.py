"""The gap of the criterion between the mask found and the true one."""

from __future__ import annotations

import numpy as np

from systems.judging.search_gap import search_gap
from systems.judging.true_law import true_law
from systems.methods import Found
from systems.setups import find


def test_a_term_that_does_nothing_costs_its_price() -> None:
    setup = find("lotka", "few")
    experiment, clean = setup.training(0.05), setup.training(0.0).data
    law = true_law(experiment)
    assert law.coef is not None
    mask = (law.coef != 0).any(axis=0)
    assert search_gap(Found(mask=mask), law, experiment.data, clean, 0.05) == 0.0
    more = mask.copy()
    more[0, law.table.index("1")] = True
    gap = search_gap(Found(mask=more), law, experiment.data, clean, 0.05)
    # The price of a coefficient in two environments of 202 values each, less twice the fall of -log likelihood, which
    # is chi-squared with two degrees of freedom: below 13.8 in 999 of 1000 draws.
    price = 2 * np.log(202)
    assert gap is not None and price - 13.8 < gap <= price + 0.02


def test_a_mask_that_cannot_follow_is_far_off() -> None:
    setup = find("lotka", "few")
    experiment, clean = setup.training(0.05), setup.training(0.0).data
    law = true_law(experiment)
    assert law.coef is not None
    nothing = np.zeros(law.coef.shape[1:], bool)
    gap = search_gap(Found(mask=nothing), law, experiment.data, clean, 0.05)
    assert gap is not None and gap > 100
