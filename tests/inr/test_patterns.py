"""Products on patterns against products of matrices, with and without compilation."""

from __future__ import annotations

import numpy as np
import pytest
from without_jit import compiled_and_plain

from spreme.inr.patterns import CROSSOVER, DensePattern, SparsePattern, make_pattern

SHAPES = [(1, 1), (2, 7), (13, 5), (30, 31)]
# One point, a part of a tile, and more than two tiles.
COUNTS = (1, 37, 2500)
# Sums of at most 31, or for the outer products 2500, products of numbers of about 1.
TOLERANCES = {np.float32: (1e-4, 2e-2), np.float64: (1e-13, 1e-10)}


def draw(shape, density, n, dtype, seed=0):
    rng = np.random.default_rng(seed)
    mask = rng.random(shape) < density
    numbers = (rng.standard_normal(size).astype(dtype) for size in (shape, (shape[0], n), (shape[1], n)))
    return mask, *numbers


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kernel", ["dense", "sparse"])
@pytest.mark.parametrize("density", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_three_products(shape, density, kernel, dtype):
    near, near_sum = TOLERANCES[dtype]
    for n in COUNTS:
        mask, matrix, a, d = draw(shape, density, n, dtype)
        pattern = make_pattern(mask, kernel)
        values, masked = pattern.take(matrix), np.where(mask, matrix, 0)
        assert values.dtype == dtype
        np.testing.assert_array_equal(pattern.matrix(values), masked)
        np.testing.assert_allclose(pattern.forward(values, a), masked.T @ a, rtol=0, atol=near)
        np.testing.assert_allclose(pattern.backward(values, d), masked @ d, rtol=0, atol=near)
        outer = pattern.matrix(pattern.outer(a, d))
        np.testing.assert_allclose(outer, np.where(mask, a @ d.T, 0), rtol=0, atol=near_sum)
        assert not outer[~mask].any()
        for product in (pattern.forward(values, a), pattern.backward(values, d)):
            assert product.dtype == dtype and product.flags["C_CONTIGUOUS"]


@pytest.mark.parametrize("kernel", ["dense", "sparse"])
def test_products_into_given_arrays(kernel):
    mask, matrix, a, d = draw((13, 5), 0.3, 40, np.float64)
    pattern = make_pattern(mask, kernel)
    values, ahead, back = pattern.take(matrix), np.full((5, 40), np.nan), np.full((13, 40), np.nan)
    assert pattern.forward(values, a, out=ahead) is ahead
    assert pattern.backward(values, d, out=back) is back
    np.testing.assert_array_equal(ahead, pattern.forward(values, a))
    np.testing.assert_array_equal(back, pattern.backward(values, d))


def test_adjoint():
    """<W' a, d> = <a, W d> = <W, a d'>."""
    mask, matrix, a, d = draw((30, 31), 0.1, 50, np.float64)
    pattern = make_pattern(mask, "sparse")
    values = pattern.take(matrix)
    ways = [np.vdot(pattern.forward(values, a), d), np.vdot(a, pattern.backward(values, d))]
    ways.append(np.vdot(values, pattern.outer(a, d)))
    np.testing.assert_allclose(ways, ways[0], rtol=1e-12)


def test_the_choice_of_products():
    mask = np.zeros((20, 20), bool)
    mask.ravel()[: round(CROSSOVER * 400) - 1] = True
    assert isinstance(make_pattern(mask), SparsePattern)
    mask.ravel()[: round(CROSSOVER * 400)] = True
    found = make_pattern(mask)
    assert isinstance(found, DensePattern) and not found.is_full
    full = make_pattern(np.ones((3, 4), bool))
    assert isinstance(full, DensePattern) and full.is_full
    assert (found.kernel, make_pattern(mask, "sparse").kernel) == ("dense", "sparse")
    with pytest.raises(ValueError, match="kernel='csr': use 'auto', 'dense' or 'sparse'"):
        make_pattern(mask, "csr")


def test_values_are_in_the_order_of_the_mask():
    mask = np.array([[True, False, True], [False, True, True]])
    pattern = make_pattern(mask, "sparse")
    np.testing.assert_array_equal(pattern.take(np.arange(6.0).reshape(2, 3)), [0, 2, 4, 5])


SCRIPT = """
import numpy as np
from spreme.inr.activations import value, value_and_slope
from spreme.inr.layer import SparseLayer
from spreme.inr.patterns import make_pattern
rng = np.random.default_rng(0)
mask = rng.random((9, 6)) < 0.3
pattern = make_pattern(mask, "sparse")
w, a, d = (rng.standard_normal(s).astype(np.{dtype}) for s in ((9, 6), (9, 1030), (6, 1030)))
values = pattern.take(w)
found = [pattern.forward(values, a)[:, ::103], pattern.backward(values, d)[:, ::103], pattern.outer(a, d) / 1030]
found += [value("sine", d[:, :20], 5.0), *value_and_slope("sine", d[:, :20], d[:, 20], 5.0)[:2]]
found.append(SparseLayer(w, d[:, 0], w0=2.0, mask=mask, kernel="sparse").forward(a[:, :30]))
print(*(repr(float(own)) for one in found for own in one.ravel()))
"""


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-5), ("float64", 1e-13)])
def test_kernels_without_compilation(dtype, tolerance):
    """Sums are taken in another order, and z <= 50 is rounded once or twice."""
    compiled, plain = compiled_and_plain(SCRIPT.format(dtype=dtype))
    np.testing.assert_allclose(compiled, plain, rtol=0, atol=tolerance)
