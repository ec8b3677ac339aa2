"""What can be done with a system: add data, weigh environments, change the scale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from problems import PROBLEMS

from spreme.gram import GramSums, GramSystem, build, from_sums
from spreme.solvers import solve_path

Array = NDArray[np.float64]


def data(seed: int, sizes: tuple[int, ...] = (40, 70, 55), n_terms: int = 5) -> tuple[list[Array], list[Array]]:
    """Columns of different scale, two targets."""
    rng = np.random.default_rng(seed)
    thetas = [rng.standard_normal((n, n_terms)) * np.geomspace(0.01, 100, n_terms) for n in sizes]
    return thetas, [rng.standard_normal((n, 2)) for n in sizes]


def close(a: GramSystem, b: GramSystem) -> None:
    """Assert that systems agree up to rounding; entries of the scaled Grams are of size one."""
    np.testing.assert_array_equal(a.n_samples, b.n_samples)
    for name in ("gram", "cross", "y_sq"):
        np.testing.assert_allclose(getattr(a, name), getattr(b, name), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(a.scale, b.scale, rtol=1e-13)


def test_systems_add_up() -> None:
    (one, y_one), (two, y_two) = data(0), data(1, (10, 200, 3))
    two = [100 * theta for theta in two]  # the scales of the parts differ from that of the whole
    whole = build([np.vstack(pair) for pair in zip(one, two)], [np.vstack(pair) for pair in zip(y_one, y_two)])  # noqa: B905
    close(build(one, y_one) + build(two, y_two), whole)
    close(build(two, y_two) + build(one, y_one), whole)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_halves_add_up(problem: str) -> None:
    own = PROBLEMS[problem]()
    first = build([theta[::2] for theta in own.thetas], [y[::2] for y in own.targets])
    second = build([theta[1::2] for theta in own.thetas], [y[1::2] for y in own.targets])
    close(first + second, own.system())


def test_environments_without_rows_add_nothing() -> None:
    thetas, ys = data(2, (30, 30))
    sums = [GramSums(5, 2), GramSums(5, 2)]
    sums[0].add(thetas[0], ys[0])
    other = [GramSums(5, 2), GramSums(5, 2)]
    other[1].add(thetas[1], ys[1])
    close(from_sums(sums) + from_sums(other), build(thetas, ys))
    nothing = from_sums([GramSums(5, 2)])
    assert (nothing + nothing).n_samples.tolist() == [0]
    assert not (nothing + nothing).gram.any()


def test_only_mates_add_up() -> None:
    thetas, ys = data(3)
    system = build(thetas, ys, environments="abc")
    with pytest.raises(ValueError, match="same environments, states and terms"):
        system + build(thetas[:2], ys[:2])
    with pytest.raises(ValueError, match="same environments in the same order"):
        system + build(thetas, ys, environments="cba")
    with pytest.raises(ValueError, match="weigh the sum"):
        system + system.weighted([1.0, 2.0, 3.0])
    with pytest.raises(TypeError):
        system + 1  # type: ignore[operator]
    with pytest.raises(TypeError):
        GramSums(1, 1) + 1  # type: ignore[operator]
    with pytest.raises(ValueError, match="do not add up"):
        GramSums(1, 1) + GramSums(2, 1)
    with pytest.raises(ValueError, match="at least one environment"):
        from_sums([])
    assert (system + system).environments == ("a", "b", "c")


def test_weights_multiply_the_loss_of_an_environment() -> None:
    thetas, ys = data(4)
    system, weight = build(thetas, ys), np.array([0.5, 2.0, 4.0])
    weighted = system.weighted(weight)
    np.testing.assert_allclose(weighted.gram[2], 4.0 * system.gram[2])
    np.testing.assert_allclose(weighted.cross[0], 0.5 * system.cross[0])
    np.testing.assert_allclose(weighted.y_sq[1], 2.0 * system.y_sq[1])
    np.testing.assert_array_equal(weighted.scale, system.scale)
    twice = weighted.weighted(weight)
    np.testing.assert_allclose(twice.weight, weight**2)
    # Weight 4 is that of rows and targets twice as large, in the scale of the plain ones.
    coefs = solve_path(system.weighted([4.0, 4.0, 4.0]), "group_lasso", alphas=[0.4], tol=1e-12).coefs
    np.testing.assert_allclose(coefs, solve_path(system, "group_lasso", alphas=[0.1], tol=1e-12).coefs, atol=1e-6)


@pytest.mark.parametrize("weight", [[1.0, 2.0], [1.0, 0.0, 1.0], [1.0, -1.0, 1.0], [1.0, np.nan, 1.0], 2.0])
def test_weights_are_checked(weight: object) -> None:
    with pytest.raises(ValueError, match="3 positive weights"):
        build(*data(5)).weighted(weight)  # type: ignore[arg-type]


def test_scale_can_be_changed() -> None:
    thetas, ys = data(6)
    system = build(thetas, ys)
    plain = system.rescaled(np.ones(5))
    for e, (theta, y) in enumerate(zip(thetas, ys, strict=True)):
        np.testing.assert_allclose(plain.gram[e], theta.T @ theta / len(theta), rtol=1e-12)
        np.testing.assert_allclose(plain.cross[e], y.T @ theta / len(theta), rtol=1e-12)
    close(plain.rescaled(system.scale[0]), system)
    with pytest.raises(ValueError, match="5 positive scales"):
        system.rescaled(np.zeros(5))


def test_old_systems_have_neither_names_nor_weights() -> None:
    system = build(*data(7))
    assert (system.environments, system.weight) == (None, None)
    assert replace(system, environments=("a", "b", "c")).environments == ("a", "b", "c")
