"""The true law: expressions, coefficients and mask agree with each other and with the clean data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sympy

import systems
from spreme.library import PolynomialLibrary
from systems.environments import ParameterSets
from systems.integration import vector_field

NAMES = [name for name in systems.names() if not systems.get(name).is_misspecified]

# Terms per state, counted by hand in the equations.
SIZES = {
    "linear3d": [2, 2, 1],
    "lotka": [2, 2],
    "lorenz": [2, 3, 2],
    "pendulum": [1, 2],
    "logistic": [2],
    "allee": [3],
    "landau5": [3],
    "drag": [2],
    "competition": [3, 3],
    "sirs": [4, 2],
    "enzyme": [3, 3],
    "vdp": [1, 3],
    "duffing": [1, 3],
    "duffing_zero": [1, 4],
    "cubic_osc": [2, 2],
    "fhn": [4, 3],
    "brusselator": [3, 2],
    "selkov": [3, 3],
    "driven_pendulum": [1, 3],
    "rossler": [2, 2, 3],
    "chen": [2, 3, 2],
    "halvorsen": [4, 4, 4],
    "aizawa": [3, 3, 8],
    "genesio": [1, 1, 4],
    "nose_hoover": [1, 2, 2],
    "wake3": [3, 3, 3],
    "thomas": [2, 2, 2],
    "lv4": [4, 4, 4, 5],
    "lorenz96_5": [4, 4, 4, 4, 4],
    "lorenz_stenflo": [3, 3, 2, 2],
    "seir": [1, 2, 2],
    "virus": [3, 2, 2],
    "may_leonard": [4, 4, 4],
    "food_chain": [3, 3, 2],
    "rosenzweig_macarthur": [3, 2],
    "mutualism": [3, 3],
    "hindmarsh_rose": [5, 3, 3],
    "glucose": [3, 3, 2],
    "pharmacokinetics": [2, 2],
    "schnakenberg": [3, 2],
    "chemostat": [3, 2],
    "rigid_body": [1, 1, 1],
    "henon_heiles": [1, 1, 2, 3],
    "laser": [2, 3],
    "stuart_landau": [6, 6],
    "kuramoto": [3, 3, 3],
    "power_grid": [1, 1, 4, 4],
    "springs": [1, 1, 3, 3],
    "hoop": [1, 3],
    "dc_motor": [3, 2],
    "tunnel_diode": [6, 3],
    "two_tanks": [2, 2],
    "ship_roll": [1, 4],
    "el_nino": [6, 2],
    "climate_boxes": [3, 2],
    "ice_ages": [2, 4, 2],
    "stommel": [3, 3],
    "goodwin": [2, 2],
    "bass": [3],
    "arms_race": [3, 3],
    "rumour": [1, 2],
}


@pytest.mark.parametrize("name", SIZES)
def test_sizes_of_the_true_masks(name: str) -> None:
    system = systems.get(name)
    mask = systems.true_mask(system, system.library.table(system.states), range(8))
    assert mask.dtype == bool
    assert mask.sum(axis=1).tolist() == SIZES[name]


@pytest.mark.parametrize("name", NAMES)
def test_coefficients_times_terms_are_the_vector_field(name: str) -> None:
    system = systems.get(name)
    table = system.library.table(system.states)
    env = system.environments.labels(1)[0]
    coef = systems.true_coefficients(system, table, [env])[0]
    x = system.starts.draw(np.random.default_rng(2), 5)
    expected = [vector_field(system, env)(0.0, row) for row in x]
    np.testing.assert_allclose(table.evaluate(x) @ coef.T, expected, rtol=1e-11, atol=1e-11)


def test_the_truth_has_the_numbers_of_the_environment() -> None:
    x, y = sympy.symbols("x y")
    lotka = systems.get("lotka")
    values = lotka.parameters_in(3)
    law = systems.truth(lotka, 3)
    assert law == {"x": 0.5 * x - values["b"] * x * y, "y": values["d"] * x * y - 0.5 * y}
    table = lotka.library.table(lotka.states)
    coef = systems.true_coefficients(lotka, table, [3])[0]
    assert coef[0, table.index("x*y")] == -values["b"]
    assert np.flatnonzero(coef[1]).tolist() == sorted([table.index("x*y"), table.index("y")])


def test_a_term_that_is_zero_in_one_environment_belongs_to_the_shared_mask() -> None:
    lotka = systems.get("lotka")
    table = lotka.library.table(lotka.states)
    gap = replace(lotka, environments=ParameterSets({0: {"b": 0.0}, 1: {}}))
    coef = systems.true_coefficients(gap, table, [0, 1])
    assert np.count_nonzero(coef[0]) == 3
    np.testing.assert_array_equal(systems.true_mask(gap, table, [0, 1]), systems.true_mask(lotka, table, [0]))
    assert systems.true_mask(gap, table, [0]).sum() == 3


def test_terms_that_are_absent_in_some_environments() -> None:
    system = systems.get("duffing_zero")
    table = system.library.table(system.states)
    coef = systems.true_coefficients(system, table, range(8))
    damped, skewed = (np.flatnonzero(coef[:, 1, table.index(term)]).tolist() for term in ("y", "x**2"))
    assert damped == [1, 2, 3, 5, 6, 7]
    assert skewed == [0, 2, 4, 6]


def test_the_mask_follows_the_table() -> None:
    vdp = systems.get("vdp")
    table = vdp.library.table(vdp.states)
    order = np.random.default_rng(0).permutation(table.n_terms)
    mask = systems.true_mask(vdp, table, range(2))
    np.testing.assert_array_equal(systems.true_mask(vdp, table.subset(order), range(2)), mask[:, order])


def test_a_library_without_a_true_term_is_refused() -> None:
    pendulum = systems.get("pendulum")
    table = PolynomialLibrary(degree=2).table(pendulum.states)
    with pytest.raises(ValueError, match=r"the term sin\(x\) of state 'y' of pendulum is not in the library"):
        systems.true_mask(pendulum, table, [0])


def test_a_rational_law_is_written_and_is_in_no_library() -> None:
    glycolytic = systems.get("glycolytic")
    values, x = glycolytic.parameters_in(2), [0.5, 0.8, 0.1, 0.2, 0.15, 1.2, 0.07]
    law = systems.truth(glycolytic, 2)
    inhibited = values["k1"] * x[0] * x[5] / (1 + (x[5] / values["K1"]) ** 4)
    at = dict(zip(map(sympy.Symbol, glycolytic.states), x, strict=True))
    assert float(law["S1"].subs(at)) == pytest.approx(2.5 - inhibited, rel=1e-12)
    with pytest.raises(ValueError, match=r"the term S1\*S6/.* of state 'S1' of glycolytic is not in the library"):
        systems.true_mask(glycolytic, glycolytic.library.table(glycolytic.states), range(8))
