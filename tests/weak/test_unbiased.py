"""Terms of noisy states: the mean over the noise is the term of the true state."""

from __future__ import annotations

import numpy as np
import pytest

from spreme.library import CustomLibrary, FourierLibrary, Library, PolynomialLibrary
from spreme.weak.unbiased import unbiased_terms

STATES = ["x", "y"]
POINTS = np.array([[0.0, 0.0], [0.0, 1.3], [-0.7, 0.4], [1.5, -1.0]])
NOISE = np.array([0.3, 0.2])
CORRECTED: dict[str, Library] = {
    "polynomial": PolynomialLibrary(degree=5),
    "fourier": FourierLibrary(n_frequencies=3),
    "products": PolynomialLibrary(degree=2) * FourierLibrary() + CustomLibrary(["x**3*cos(2*y)", "y*sin(x)"]),
    "waves": CustomLibrary(["sin(x - 2*y)", "cos(3*x)", "sin(x/3 + 0.5)", "cos(-y)", "x**2*sin(y + 1)"]),
}
PLAIN = ["1/x", "exp(-x)", "1/(1 + y**2)", "sqrt(x)", "x/y", "y*exp(x)", "x*exp(x)", "x*sin(x)", "x**2*log(x)"]


def shared(name: str) -> bool:
    """Whether a state stands both in the wave and as a power."""
    wave = name[name.find("(") :]
    power = name.replace(wave, "")
    return any(s in wave and s in power.replace("cos", "").replace("sin", "") for s in STATES)


@pytest.mark.parametrize("library", CORRECTED)
def test_mean_over_noise_is_the_clean_term(library: str) -> None:
    table = CORRECTED[library].table(STATES)
    rng = np.random.default_rng(0)
    n = 40_000
    for point in POINTS:
        x = point + NOISE * rng.standard_normal((n, 2))
        theta = unbiased_terms(table, x, np.tile(NOISE**2, (n, 1)))
        clean = table.evaluate(point[None])[0]
        error = theta.std(axis=0) / np.sqrt(n)
        for j, name in enumerate(table.names):
            if "(" not in name or not shared(name):
                # about 150 means in all: five standard errors are exceeded by chance in one run of 10^4
                assert abs(theta[:, j].mean() - clean[j]) <= 5 * error[j] + 1e-12, name


def test_plain_mean_is_biased() -> None:
    """The test above has the power to see what it tests."""
    table = CORRECTED["polynomial"].table(STATES)
    x = POINTS[3] + NOISE * np.random.default_rng(0).standard_normal((40_000, 2))
    plain = table.evaluate(x)
    off = np.abs(plain.mean(axis=0) - table.evaluate(POINTS[3:])[0]) / (plain.std(axis=0) + 1e-12) * 200
    assert off[table.index("x**2")] > 20
    assert off[table.index("x**3*y**2")] > 20


def test_zero_states_have_finite_terms() -> None:
    table = CORRECTED["polynomial"].table(STATES)
    theta = unbiased_terms(table, np.zeros((1, 2)), np.array([[0.5, 2.0]]))
    expected = {"x**2": -0.5, "y**2": -2.0, "x**2*y**2": 1.0, "x**4": 3 * 0.25, "x**3": 0.0, "1": 1.0}
    for name, value in expected.items():
        assert theta[0, table.index(name)] == pytest.approx(value, abs=1e-14)


def test_linear_terms_and_other_factors_keep_their_value() -> None:
    rng = np.random.default_rng(1)
    x = rng.uniform(0.1, 2, (20, 2))
    table = CustomLibrary([*PLAIN, "1", "x", "y", "x*y"]).table(STATES)
    np.testing.assert_array_equal(unbiased_terms(table, x, np.full((20, 2), 0.1)), table.evaluate(x))


def test_powers_beside_other_factors_are_corrected_if_independent() -> None:
    x = np.array([[0.5, 2.0]])
    table = CustomLibrary(["y**2*exp(x)", "y**2/x", "x**2*exp(x)"]).table(STATES)
    theta = unbiased_terms(table, x, np.array([[0.1, 0.3]]))[0]
    np.testing.assert_allclose(theta, [(4 - 0.3) * np.exp(0.5), (4 - 0.3) / 0.5, 0.25 * np.exp(0.5)], rtol=1e-14)


def test_no_noise_changes_nothing() -> None:
    x = np.random.default_rng(2).standard_normal((10, 2))
    for library in CORRECTED.values():
        table = library.table(STATES)
        np.testing.assert_array_equal(unbiased_terms(table, x, np.zeros((10, 2))), table.evaluate(x))


def test_noise_may_differ_between_samples() -> None:
    table = CORRECTED["polynomial"].table(STATES)
    x = np.random.default_rng(3).standard_normal((6, 2))
    variance = np.zeros((6, 2))
    variance[3:] = 0.2
    theta = unbiased_terms(table, x, variance)
    np.testing.assert_allclose(theta[:3], table.evaluate(x[:3]), rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(theta[3:], unbiased_terms(table, x[3:], variance[3:]), rtol=1e-13, atol=1e-15)


def test_waves_far_shorter_than_the_noise_stay_finite() -> None:
    table = FourierLibrary(n_frequencies=2).table(STATES)
    x = 1e3 * np.random.default_rng(4).standard_normal((10, 2))
    assert np.isfinite(unbiased_terms(table, x, np.full((10, 2), 50.0**2))).all()


def test_overflow_is_left_to_the_caller_without_a_warning() -> None:
    table = PolynomialLibrary(degree=6).table(STATES)
    theta = unbiased_terms(table, np.full((2, 2), 1e100), np.ones((2, 2)))
    assert not np.isfinite(theta).all()
