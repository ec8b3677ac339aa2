"""Families of signals: the promised shapes, ranges and parts, distances in closed form, laws of the trajectories."""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath
from sklearn.datasets import load_sample_images

from spreme.inr import datasets
from spreme.inr.datasets import faces, glyphs, natural, trajectories

PIXEL = 2 / 248  # of the drawing of a glyph


@pytest.fixture(scope="module")
def letters():
    return glyphs()


def check_pictures(pictures, side, n_train, n_test, n_colours):
    x, train, test = pictures
    line = np.linspace(-1, 1, side, dtype=np.float32)
    rows, columns = np.meshgrid(line, line, indexing="ij")
    assert np.array_equal(x, np.column_stack([rows.ravel(), columns.ravel()]))
    assert train.shape == (n_train, side**2, n_colours)
    assert test.shape == (n_test, side**2, n_colours)
    assert x.dtype == train.dtype == test.dtype == np.float32
    assert min(train.min(), test.min()) >= 0
    assert max(train.max(), test.max()) <= 1


def test_faces():
    lfw = pytest.importorskip("skimage.data").lfw_subset()
    pictures = faces()
    check_pictures(pictures, 25, 80, 20, 1)
    order = np.random.default_rng(0).permutation(100)
    together = np.concatenate(pictures[1:]).reshape(100, 25, 25)
    assert np.array_equal(together, lfw[order].astype(np.float32))


def test_faces_without_scikit_image(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage.data", None)
    with pytest.raises(ImportError, match=r"scikit-image.*spreme\[test\]"):
        faces()


def test_natural():
    pictures = natural()
    check_pictures(pictures, 32, 240, 60, 3)
    assert all(np.array_equal(*pair) for pair in zip(pictures, natural(), strict=True))
    # A photograph has no two equal patches, and no patch of one colour: all were cut, and at different places.
    patches = np.concatenate(pictures[1:]).reshape(300, -1)
    assert len(np.unique(patches, axis=0)) == 300
    assert patches.std(axis=1).min() > 0


def places(patch, photograph):
    """Columns at which a patch of full resolution lies in a photograph."""
    rows, columns = np.nonzero((photograph == patch[0, 0]).all(axis=-1))
    fits = [
        column
        for row, column in zip(rows, columns, strict=True)
        if np.array_equal(photograph[row : row + 32, column : column + 32], patch)
    ]
    return fits


def test_natural_parts_of_the_photographs():
    """Patches of scale 1 are found again, to the left or to the right of column 448 = 70 % of 640."""
    photographs = load_sample_images().images
    _, train, test = natural()
    for k, photograph in enumerate(photographs):
        for patches, start, lowest, highest in ((train, 120 * k, 0, 448 - 32), (test, 30 * k, 448, 640 - 32)):
            for patch in patches[start : start + 5]:
                pixels = np.rint(255 * patch.reshape(32, 32, 3)).astype(np.uint8)
                found = places(pixels, photograph)
                assert found
                assert all(lowest <= column <= highest for column in found)


def test_patches_of_scale_two_are_means_of_four_pixels():
    ramp = np.arange(64 * 64 * 3, dtype=np.float32).reshape(64, 64, 3) / (64 * 64 * 3)
    patch = datasets._patch(ramp, 2, np.random.default_rng(0)).reshape(32, 32, 3)
    expected = (ramp[::2, ::2] + ramp[1::2, ::2] + ramp[::2, 1::2] + ramp[1::2, 1::2]) / 4
    assert patch == pytest.approx(expected, abs=4 * 2.0**-23)


def test_glyphs(letters):
    check_pictures(letters, 32, 293, 52, 1)
    together = np.concatenate(letters[1:]).reshape(345, -1)
    assert len(np.unique(together, axis=0)) == 345
    # Every glyph has an inside and stays away from the border of its picture.
    pictures = together.reshape(-1, 32, 32)
    assert (together.min(axis=1) < 0.5).all()
    assert (pictures[:, [0, -1]] > 0.5).all()
    assert (pictures[:, :, [0, -1]] > 0.5).all()


def test_glyphs_have_slope_one(letters):
    """Distances differ by no more than the points do; each is off by at most the diagonal of two pixels."""
    pictures = (np.concatenate(letters[1:]).astype(float).reshape(-1, 32, 32) - 0.5) / datasets.SLOPE
    step = 2 / 31
    for axis in (1, 2):
        assert np.abs(np.diff(pictures, axis=axis)).max() <= step + 2 * np.sqrt(2) * PIXEL


def test_distance_from_a_disc():
    """The nearest pixel beyond the edge is within a diagonal of the nearest point of the edge."""
    line = np.linspace(-1, 1, 249)
    rows, columns = np.meshgrid(line, line, indexing="ij")
    distance = datasets._signed_distance(np.hypot(rows, columns) < 0.6)
    coarse = np.linspace(-1, 1, 32)
    expected = np.hypot(*np.meshgrid(coarse, coarse, indexing="ij")) - 0.6
    assert distance.shape == (32, 32)
    assert np.abs(distance - expected).max() < np.sqrt(2) * PIXEL
    assert np.abs((distance - expected).mean()) < PIXEL / 2


def dejavu():
    return FontProperties(fname=str(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")))


def test_the_letter_l_is_a_rectangle():
    extents = TextPath((0, 0), "l", size=datasets.FONT_SIZE, prop=dejavu()).get_extents()
    distance = datasets._signed_distance(datasets._drawn("l", dejavu()))
    coarse = np.linspace(-1, 1, 32)
    rows, columns = np.meshgrid(coarse, coarse, indexing="ij")
    over, aside = np.abs(rows) - extents.height / 2, np.abs(columns) - extents.width / 2
    expected = np.hypot(np.maximum(over, 0), np.maximum(aside, 0)) + np.minimum(np.maximum(over, aside), 0)
    assert np.abs(distance - expected).max() < np.sqrt(2) * PIXEL


def test_holes_and_directions():
    """The letter P: its bowl is a hole above the centre and to the right of its stem, its foot below to the left."""
    inside = datasets._drawn("P", dejavu())
    assert inside.shape == (249, 249)
    rows, columns = np.nonzero(inside)
    top, bottom, left, right = rows.min(), rows.max(), columns.min(), columns.max()
    assert abs(top + bottom - 248) <= 1  # centred
    assert abs(left + right - 248) <= 1
    quarter = (bottom - top) // 4
    assert not inside[top + quarter, (left + right) // 2]  # the hole
    assert inside[top + quarter, left + 2]
    assert inside[top + quarter, right - 2]
    assert inside[bottom - 2, left + 2]
    assert not inside[bottom - 2, right - 2]


@pytest.mark.parametrize("system", ["van_der_pol", "lotka_volterra"])
def test_trajectories(system):
    family, truth = trajectories(system, n_trajectories=4, n_samples=13, n_dense=121, noise=0, random_state=3)
    assert len(family) == len(truth) == 4
    for (t, x), (times, states) in zip(family, truth, strict=True):
        assert t.shape == (13, 1)
        assert x.shape == (13, 2)
        assert times.shape == (121, 1)
        assert states.shape == (121, 2)
        assert [t[0, 0], t[-1, 0], times[0, 0], times[-1, 0]] == [-1, 1, -1, 1]
        # The same times up to rounding, and slopes of at most about 20.
        assert times[::10] == pytest.approx(t, abs=1e-15)
        assert states[::10] == pytest.approx(x, abs=1e-13)
    starts = [x[0].tolist() for _, x in family]
    assert len({tuple(start) for start in starts}) == 4


def test_trajectories_obey_their_laws():
    """Differences of the dense truth: of second order, 10 / 4000 apart, relative to slopes of size one."""
    for t, x in trajectories(n_trajectories=3, n_dense=4001)[1]:
        slope = np.gradient(x, 5 * t[:, 0], axis=0)[1:-1]
        (x, y), (x_dot, y_dot) = x[1:-1].T, slope.T
        assert x_dot == pytest.approx(y, abs=1e-3)
        pull, damping = y_dot + x, (1 - x**2) * y
        mu = pull @ damping / (damping @ damping)
        assert 0.5 <= mu <= 2
        assert pull == pytest.approx(mu * damping, abs=1e-3)
    for t, x in trajectories("lotka_volterra", n_trajectories=3, n_dense=4001)[1]:
        slope = np.gradient(np.log(x), 5 * t[:, 0], axis=0)[1:-1]
        x = x[1:-1]
        for own, other, sign in ((0, 1, 1), (1, 0, -1)):
            columns = np.column_stack([np.ones(len(x)), x[:, other]])
            rates, *_ = np.linalg.lstsq(columns, slope[:, own])
            assert slope[:, own] == pytest.approx(columns @ rates, abs=1e-3)
            assert ((rates * [sign, -sign] >= 0.69) & (rates * [sign, -sign] <= 1.31)).all()


def test_noise_of_trajectories():
    """2 x 40 x 250 standardised errors: their deviation is known to 1 / sqrt(2 x 20000), five times that is 0.025."""
    family, truth = trajectories(n_trajectories=40, n_samples=250, n_dense=499, noise=0.1, random_state=1)
    errors = [(x - states[::2]) / (0.1 * states.std(0)) for (_, x), (_, states) in zip(family, truth, strict=True)]
    assert np.std(errors) == pytest.approx(1, abs=0.025)
    assert abs(np.mean(errors)) < 5 / np.sqrt(20000)


def test_trajectories_are_seeded():
    first, second = trajectories(n_trajectories=2), trajectories(n_trajectories=2)
    other = trajectories(n_trajectories=2, random_state=np.random.default_rng(1))
    assert all(np.array_equal(a[1], b[1]) for a, b in zip(first[0], second[0], strict=True))
    assert not np.array_equal(first[0][0][1], other[0][0][1])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"system": "lorenz"}, r"'van_der_pol', 'lotka_volterra', got 'lorenz'"),
        ({"n_trajectories": 0}, "n_trajectories must be an integer of at least 1, got 0"),
        ({"n_samples": 1}, "n_samples must be an integer of at least 2, got 1"),
        ({"n_dense": 20.0}, "n_dense must be an integer of at least 2, got 20.0"),
        ({"noise": -0.1}, r"noise must be a share of at least 0, got -0.1"),
        ({"noise": np.nan}, r"noise must be a share of at least 0, got nan"),
    ],
)
def test_wrong_requests_of_trajectories(wrong, message):
    with pytest.raises(ValueError, match=message):
        trajectories(**wrong)
