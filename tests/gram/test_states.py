"""Fused evaluation and products: the same systems as from the whole library matrix, without that matrix."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from spreme.gram import BLOCK, GramSystem, build, from_states
from spreme.library import CustomLibrary, FourierLibrary, Library, PolynomialLibrary

NAMES = ["x", "y", "z"]

LIBRARIES = {
    "polynomial": PolynomialLibrary(degree=4),
    "no bias": PolynomialLibrary(degree=3, include_bias=False),
    "interactions": PolynomialLibrary(degree=3, interaction_only=True),
    "fourier": FourierLibrary(n_frequencies=2),
    "custom": CustomLibrary(["exp(-x)", "x/(1 + y**2)", "x**3*z", "1/z", "x/z**2", "sqrt(abs(y))", "2"]),
    "sum": PolynomialLibrary(degree=2) + FourierLibrary() + CustomLibrary(["tanh(x*y)"]),
    "product": PolynomialLibrary(degree=2) * FourierLibrary(),
    "constant": PolynomialLibrary(degree=0),
}


def states(sizes: tuple[int, ...], seed: int = 0) -> list[np.ndarray]:
    """States away from zero."""
    rng = np.random.default_rng(seed)
    return [rng.uniform(0.5, 2.0, (n, 3)) * rng.choice([-1.0, 1.0], (n, 3)) for n in sizes]


@pytest.mark.parametrize("name", LIBRARIES)
def test_streamed_is_built(name: str) -> None:
    table = LIBRARIES[name].table(NAMES)
    x = states((7, BLOCK, BLOCK + 301))
    y = [own[:, :2] ** 2 for own in x]
    fused = from_states(table, x, y)
    whole = build([table.evaluate(own) for own in x], y)
    # Sums of as many products in another order.
    np.testing.assert_allclose(fused.scale, whole.scale, rtol=1e-12)
    np.testing.assert_allclose(fused.gram, whole.gram, atol=1e-12 * np.abs(whole.gram).max())
    np.testing.assert_allclose(fused.cross, whole.cross, atol=1e-12 * np.abs(whole.cross).max())
    np.testing.assert_allclose(fused.y_sq, whole.y_sq, rtol=1e-12)


@pytest.mark.parametrize("name", LIBRARIES)
def test_subsets_with_columns_needed_on_the_way(name: str) -> None:
    table = LIBRARIES[name].table(NAMES)
    table = table.subset([table.n_terms - 1])
    x = states((300,))
    own = from_states(table, x, x).rescaled([1.0])
    np.testing.assert_allclose(own.gram[0], [[np.mean(table.evaluate(x[0]) ** 2)]], rtol=1e-12)


def test_blocks_of_states() -> None:
    table = LIBRARIES["sum"].table(NAMES)
    x = states((500, 700))
    halves = (slice(0, 200), slice(200, None))
    blocks = [(label, own[rows], own[rows, :1]) for rows in halves for label, own in zip("ab", x, strict=True)]
    system, wanted = GramSystem.from_blocks(blocks, table=table), from_states(table, x, [own[:, :1] for own in x])
    np.testing.assert_allclose(system.gram, wanted.gram, atol=1e-12)
    assert system.environments == ("a", "b")


def test_threads_change_nothing() -> None:
    table = LIBRARIES["product"].table(NAMES)
    x = states((3 * BLOCK, BLOCK + 5, 2 * BLOCK))  # more than 2e7 multiplications: threads do start
    assert sum(map(len, x)) * table.n_terms**2 > 2e7
    one = from_states(table, x, x, n_jobs=1)
    for n_jobs in (None, 2, 3):
        other = from_states(table, x, x, n_jobs=n_jobs)
        np.testing.assert_array_equal(other.gram, one.gram)
        np.testing.assert_array_equal(other.cross, one.cross)


@pytest.mark.parametrize("dtype", [np.float32, np.int64])
@pytest.mark.parametrize("order", ["C", "F"])
def test_other_numbers_are_taken(dtype: type, order: str) -> None:
    x = [np.asarray(np.round(4 * own), dtype=dtype, order=order) for own in states((50, 60))]  # type: ignore[call-overload]
    table = LIBRARIES["polynomial"].table(NAMES)
    wanted = from_states(table, [own.astype(float) for own in x], [own.astype(float) for own in x])
    np.testing.assert_array_equal(from_states(table, x, x).gram, wanted.gram)


def test_the_library_matrix_is_never_there() -> None:
    table = PolynomialLibrary(degree=5).table(NAMES)
    n, K = 20 * BLOCK, table.n_terms
    x = states((n,))
    from_states(table, states((10,)), states((10,)))  # compile first
    tracemalloc.start()
    try:
        from_states(table, x, x, n_jobs=1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # One block, its states and targets, a product, the Gram: a tenth of the matrix.
    assert peak < n * K * 8 / 10


def test_what_does_not_fit_is_refused() -> None:
    library: Library = CustomLibrary(["x", "log(y)"])
    table = library.table(["x", "y"])
    good = np.ones((BLOCK + 10, 2))
    bad = good.copy()
    bad[BLOCK + 3, 1] = -1.0
    with pytest.raises(
        ValueError, match=rf"environment 'b': the term log\(y\) is not finite in row {BLOCK + 3} of the"
    ):
        from_states(table, [good, bad], [good, good], environments=["a", "b"])
    bad[5, 0] = np.inf
    with pytest.raises(ValueError, match=r"environment 1: states\[5, 0\] is not finite"):
        from_states(table, [good, bad], [good, good])
    with pytest.raises(ValueError, match=r"environment 0: target\[5, 0\] is not finite"):
        from_states(table, [good], [np.where(np.isfinite(bad), bad, np.nan)])
    with pytest.raises(ValueError, match="states have 1 columns, the table is in the 2 states x, y"):
        from_states(table, [good[:, :1]], [good])
    with pytest.raises(ValueError, match=r"environment 0: 3 rows of states, 4 of target"):
        from_states(table, [good[:3]], [good[:4]])
    with pytest.raises(ValueError, match="matrices of states"):
        from_states(table, [good], [])
    with pytest.raises(ValueError, match=r"environment 0: .*overflow"):
        from_states(table, [1e200 * good], [good])


def test_the_kernel_does_the_same_uncompiled() -> None:
    from spreme.gram.kernels import fill_monomials
    from spreme.gram.states import BlockPlan

    table = LIBRARIES["custom"].table(NAMES)
    plan = BlockPlan(table)
    x = np.ascontiguousarray(states((600,))[0].T)
    compiled, plain = np.ones((plan.n_columns, 700)), np.ones((plan.n_columns, 700))
    fill_monomials(x, plan.monomials, plan.products, compiled)
    getattr(fill_monomials, "py_func", fill_monomials)(x[:, :5].copy(), plan.monomials, plan.products, plain)
    np.testing.assert_array_equal(plain[:, :5], compiled[:, :5])
    assert (compiled[:, 600:] == 1.0).all()
