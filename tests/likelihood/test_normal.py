"""Normal equations of the segments: against residuals in NumPy and their finite differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from measured import Measured, decay, lotka, mask_of, weigh, with_functions
from without_jit import compiled_and_plain

from spreme.library import CustomLibrary
from spreme.likelihood.field import make_field
from spreme.likelihood.recording import Recording
from spreme.likelihood.shooting.normal import Noise, Normal, assemble, empty_normal, trace
from spreme.likelihood.shooting.schemes import classical

NOISE = weigh(np.array([2.0, 3.0]), 0.0, 1e6)


class Point:
    """A recording cut into segments, a law and starts near it."""

    def __init__(self, measured: Measured, missing: float = 0.0, seed: int = 0, n_segments: int = 4) -> None:
        rng = np.random.default_rng(seed)
        self.recording = measured.recording
        self.recording.y[rng.random(self.recording.y.shape) < missing] = np.nan
        n, d = self.recording.y.shape
        inner = np.sort(rng.choice(np.arange(2, n - 2), n_segments - 2, replace=False))
        self.edges = np.unique(np.concatenate([self.recording.bounds, inner])).astype(np.int64)
        self.table, self.mask, self.coef = measured.table, measured.mask, measured.coef[0] * 1.1
        known = np.where(np.isnan(self.recording.y), 1.0, self.recording.y)
        self.starts = known[self.edges[:-1]] * rng.uniform(0.95, 1.05, (len(self.edges) - 1, d))
        self.longest = 0.6 * float(np.median(np.diff(self.recording.t)))

    def assemble(
        self, noise: Noise = NOISE, probe: np.ndarray | None = None, longest: float | None = None
    ) -> tuple[float, Normal]:
        """Cost and normal equations."""
        field = make_field(self.table, self.mask)
        other = field if probe is None else make_field(self.table, probe)
        normal = empty_normal(len(self.starts), len(other.state_index), self.starts.shape[1])
        at = (classical(), longest or self.longest, noise, normal)
        cost = assemble(self.recording, self.edges, self.starts, self.coef, field, other, probe is None, *at)
        return cost, normal

    def path(
        self, coef: np.ndarray, starts: np.ndarray, noise: Noise = NOISE, mask: np.ndarray | None = None
    ) -> tuple[float, np.ndarray]:
        """Cost and states at all rows by `trace`."""
        out = np.empty_like(self.recording.y)
        field = make_field(self.table, self.mask if mask is None else mask)
        at = (classical(), self.longest, noise, out)
        return trace(self.recording, self.edges, starts, coef, field, *at), out

    def sensitivities(self, mask: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Central differences of the states by coefficients (q, n, d) and by starts (R, d, n, d)."""
        mask = self.mask if mask is None else mask
        full = np.zeros(mask.shape)
        full[self.mask] = self.coef
        coef, h = full[mask], 1e-5

        def slope(change: Callable[[float], Any]) -> np.ndarray:
            return (self.path(*change(h), mask=mask)[1] - self.path(*change(-h), mask=mask)[1]) / (2 * h)

        by_coef = [slope(lambda h, v=v: (coef + h * v, self.starts)) for v in np.eye(len(coef))]
        by_start = np.zeros((*self.starts.shape, *self.recording.y.shape))
        for r, s in np.ndindex(*self.starts.shape):
            unit = np.zeros_like(self.starts)
            unit[r, s] = 1.0
            by_start[r, s] = slope(lambda h, unit=unit: (coef, self.starts + h * unit))
        return np.array(by_coef), by_start

    def residuals(self) -> np.ndarray:
        """Measured minus fitted values; 0 where missing."""
        return np.nan_to_num(self.recording.y - self.path(self.coef, self.starts)[1])


def assert_normal(normal: Normal, by_coef: np.ndarray, by_start: np.ndarray, left: np.ndarray, w2: np.ndarray) -> None:
    """Compare with sums over rows and states of sensitivities, weights w2 (n, d) and residuals."""
    wanted = (
        np.einsum("pis,is,qis->pq", by_coef, w2, by_coef),
        np.einsum("pis,is,rais->rap", by_coef, w2, by_start),
        np.einsum("rais,is,rbis->rab", by_start, w2, by_start),
        np.einsum("pis,is,is->p", by_coef, w2, left),
        np.einsum("rais,is,is->ra", by_start, w2, left),
    )
    for found, own in zip(normal[:5], wanted, strict=True):
        # differences are exact to 1e-9 of sensitivities up to 1e2
        np.testing.assert_allclose(found, own, rtol=1e-6, atol=1e-7 * np.abs(own).max())


CASES = {
    "complete": lambda: Point(lotka()),
    "missing": lambda: Point(lotka(), missing=0.4),
    "functions": lambda: Point(with_functions(), missing=0.1),
    "many segments": lambda: Point(lotka(), missing=0.1, n_segments=40),
    "long": lambda: Point(lotka(n=301), n_segments=3),
}


@pytest.mark.parametrize("case", CASES)
def test_normal_equations_are_those_of_finite_differences(case: str) -> None:
    point = CASES[case]()
    cost, normal = point.assemble()
    left = point.residuals()
    w2 = np.isfinite(point.recording.y) * NOISE.weight**2
    assert cost == pytest.approx((w2 * left**2).sum(), rel=1e-12)
    assert_normal(normal, *point.sensitivities(), left, w2)
    np.testing.assert_allclose(normal.squares, (left**2).sum(axis=0), rtol=1e-12)
    np.testing.assert_array_equal(normal.counts, np.isfinite(point.recording.y).sum(axis=0))


@pytest.mark.parametrize("case", ["complete", "functions"])
def test_more_terms_than_the_law_has_can_be_probed(case: str) -> None:
    point = CASES[case]()
    probe = np.ones_like(point.mask)
    cost, normal = point.assemble(probe=probe)
    assert cost == pytest.approx(point.assemble()[0], rel=1e-13)
    w2 = np.isfinite(point.recording.y) * NOISE.weight**2
    assert_normal(normal, *point.sensitivities(probe), point.residuals(), w2)
    inside = np.flatnonzero(point.mask[probe])
    own = point.assemble()[1]
    np.testing.assert_allclose(normal.coef[np.ix_(inside, inside)], own.coef, rtol=1e-11)
    np.testing.assert_allclose(normal.mixed[:, :, inside], own.mixed, rtol=1e-11, atol=1e-11 * np.abs(own.mixed).max())


def test_the_law_may_be_empty() -> None:
    """Without terms all states stand still; the probe sees the integrals of the terms."""
    point = Point(decay())
    point.mask, point.coef = np.zeros_like(point.mask), np.zeros(0)
    probe = mask_of(point.table, [["1", "x"]])
    cost, normal = point.assemble(weigh(np.ones(1), 0.0, 1e6), probe)
    time = np.concatenate(
        [point.recording.t[a:b] - point.recording.t[a] for a, b in zip(point.edges[:-1], point.edges[1:], strict=True)]
    )
    start = np.repeat(point.starts[:, 0], np.diff(point.edges))
    basis = np.column_stack([time, time * start])
    np.testing.assert_allclose(normal.coef, basis.T @ basis, rtol=1e-12)
    assert cost == pytest.approx(((point.recording.y[:, 0] - start) ** 2).sum(), rel=1e-12)


@pytest.mark.parametrize("huber", [0.5, 1.345])
def test_large_residuals_count_linearly(huber: float) -> None:
    point = Point(lotka(noise=0.05), missing=0.1)
    rng = np.random.default_rng(3)
    wild = rng.random(point.recording.y.shape) < 0.05
    point.recording.y[wild] += 5.0
    noise = weigh(1.0 / np.array([0.1, 0.05]), huber, 1e6)
    cost, normal = point.assemble(noise)
    left = point.residuals()
    size = np.abs(left) * noise.weight
    linear = size > huber
    assert linear.sum() > 20
    assert cost == pytest.approx(np.where(linear, huber * (2 * size - huber), size**2).sum(), rel=1e-12)
    share = np.where(linear, huber / np.maximum(size, 1e-300), 1.0)
    w2 = np.isfinite(point.recording.y) * noise.weight**2 * share
    assert_normal(normal, *point.sensitivities(), left, w2)
    np.testing.assert_allclose(normal.squares, (share * left**2).sum(axis=0), rtol=1e-12)
    # half the gradient of the cost, whichever branch a residual is on
    step = 1e-6
    found = [
        (point.path(point.coef - v, point.starts, noise)[0] - point.path(point.coef + v, point.starts, noise)[0])
        / (4 * step)
        for v in step * np.eye(len(point.coef))
    ]
    np.testing.assert_allclose(normal.coef_gradient, found, rtol=1e-5)


@pytest.mark.parametrize("case", CASES)
def test_trace_has_the_same_cost(case: str) -> None:
    point = CASES[case]()
    for huber in (0.0, 1.0):
        noise = weigh(NOISE.weight, huber, 1e6)
        cost, states = point.path(point.coef, point.starts, noise)
        assert cost == pytest.approx(point.assemble(noise)[0], rel=1e-12)
        np.testing.assert_array_equal(states[point.edges[:-1]], point.starts)


def test_solutions_beyond_the_bound_cost_infinitely_much() -> None:
    point = Point(lotka())
    largest = np.abs(point.path(point.coef, point.starts)[1]).max()
    for factor, finite in ((1.01, True), (0.99, False)):
        noise = weigh(NOISE.weight, 0.0, factor * largest)
        assert np.isfinite(point.assemble(noise)[0]) == finite
        assert np.isfinite(point.path(point.coef, point.starts, noise)[0]) == finite


def test_explosions_and_undefined_values_cost_infinitely_much() -> None:
    t = np.linspace(0, 5, 11)
    for term, start in (("x**3", 2.0), ("log(x)", -1.0), ("1/x", 0.0)):
        table = CustomLibrary([term]).table(["x"])
        recording = Recording(np.ones((11, 1)), t, np.zeros((11, 0)), np.array([0, 11]))
        field, normal = make_field(table, np.ones((1, 1), bool)), empty_normal(1, 1, 1)
        at = (recording, np.array([0, 11]), np.array([[start]]), np.ones(1), field)
        noise = weigh(np.ones(1), 0.0, 50.0)
        assert assemble(*at, field, True, classical(), 0.5, noise, normal) == np.inf
        assert trace(*at, classical(), 0.5, noise, np.empty((11, 1))) == np.inf


def test_steps_are_no_longer_than_asked() -> None:
    """Errors of order 4 fall by 16 when the longest step is halved, whatever the sampling."""
    point = Point(lotka(n=21), n_segments=2)
    interval = float(np.diff(point.recording.t)[0])
    assert len({point.assemble(longest=interval * more)[0] for more in (1.0, 1.0 - 1e-9, 3.0)}) == 1
    paths = []
    for n in (2, 4, 8, 64):
        point.longest = interval / n
        paths.append(point.path(point.coef, point.starts)[1])
    error = [np.abs(path - paths[-1]).max() for path in paths[:3]]
    assert error[0] / error[1] > 12
    assert error[1] / error[2] > 12


def test_one_sample_segments_have_their_value_alone() -> None:
    point = Point(lotka())
    n = len(point.recording.y)
    point.edges = np.arange(n + 1)
    point.starts = point.recording.y + 0.1
    cost, normal = point.assemble()
    assert cost == pytest.approx(n * 0.01 * (NOISE.weight**2).sum(), rel=1e-9)
    assert not normal.coef.any()
    np.testing.assert_allclose(normal.start, np.tile(np.diag(NOISE.weight**2), (n, 1, 1)))


def test_kernels_agree_with_and_without_compilation() -> None:
    compiled, plain = compiled_and_plain(
        """
import sys
sys.path.insert(0, "tests")
import numpy as np
from measured import weigh, with_functions
from spreme.likelihood.field import make_field
from spreme.likelihood.shooting.normal import assemble, empty_normal
from spreme.likelihood.shooting.schemes import classical
own = with_functions(noise=0.1)
recording, edges = own.recording, np.array([0, 20, 41, 60, 82])
field, probe = make_field(own.table, own.mask), make_field(own.table, np.ones_like(own.mask))
normal = empty_normal(4, own.mask.size, 2)
starts, noise = np.ascontiguousarray(recording.y[edges[:-1]]), weigh(np.array([3.0, 5.0]), 1.5, 1e4)
print(assemble(recording, edges, starts, own.coef[0], field, probe, False, classical(), 0.06, noise, normal))
for part in normal:
    print(*part.ravel())
"""
    )
    np.testing.assert_allclose(compiled, plain, rtol=1e-9, atol=1e-9)  # sums of 164 terms in another order
