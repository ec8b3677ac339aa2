"""Set-ups: variants have their sizes, are drawn alike by all, and are found by name, in the package or in a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import systems
from spreme import Trajectories
from systems import replicas
from systems.setups import find
from systems.setups.compiled import quick_runs
from systems.setups.outside import systems_of
from systems.simulation import draw_runs


def data(variant: str, noise: float = 0.05, seed: int = 0) -> Trajectories:
    return find("lotka", variant).training(noise, seed).data


def test_plain_data_are_those_of_the_package() -> None:
    expected = systems.generate(systems.get("lotka"))
    for own, same in zip(data("plain"), expected, strict=True):
        np.testing.assert_array_equal(own.x, same.x)


@pytest.mark.parametrize(
    ("variant", "environments", "trajectories", "samples"),
    [
        ("coarse", 8, 32, 26),
        ("coarse10", 8, 32, 11),
        ("irregular", 8, 32, 50),
        ("short", 8, 32, 26),
        ("few", 2, 2, 101),
        ("missing", 8, 32, 101),
    ],
)
def test_variants_have_their_sizes(variant: str, environments: int, trajectories: int, samples: int) -> None:
    drawn = data(variant)
    assert (len(drawn.environments), len(drawn)) == (environments, trajectories)
    assert {run.n_samples for run in drawn} == {samples}


def test_one_environment_has_a_tenth_of_the_data() -> None:
    drawn = data("unbalanced")
    sizes = [drawn.where(env=env).n_samples for env in drawn.environments]
    assert sizes == [404] * 7 + [40]


def test_missing_values_are_missing_at_random() -> None:
    share = np.isnan(np.vstack(data("missing").x)).mean()
    assert abs(share - 0.3) < 0.03  # 6464 values: five standard deviations
    np.testing.assert_array_equal(np.vstack(data("missing").x), np.vstack(data("missing").x))  # and again the same


def test_what_is_missing_does_not_depend_on_the_noise() -> None:
    for variant in ("missing", "irregular"):
        for noisy, clean in zip(data(variant), data(variant, 0.0), strict=True):
            np.testing.assert_array_equal(noisy.t, clean.t)
            np.testing.assert_array_equal(np.isnan(noisy.x), np.isnan(clean.x))


def test_unseen_runs_are_new_and_longer() -> None:
    lotka = find("lotka", "short")
    unseen = lotka.unseen()
    assert unseen is not None
    assert (len(unseen.data), unseen.data[0].t[-1], lotka.system.horizon) == (64, 25.0, 2.5)
    starts = {tuple(run.x[0]) for run in [*unseen.data, *find("lotka").training(0.0).data]}
    assert len(starts) == 64 + 32


def test_new_environments_are_new() -> None:
    lotka = find("lotka")
    adaptation, unseen = lotka.adaptation(0.05), lotka.unseen_adapted()
    assert adaptation is not None and unseen is not None
    assert list(adaptation.data.environments) == list(unseen.data.environments) == [100, 101, 102, 103]
    assert (len(adaptation.data), len(unseen.data)) == (4, 32)


@pytest.mark.parametrize("name", ["lotka", "pendulum", "lorenz"])
def test_compiled_runs_are_those_of_scipy(name: str) -> None:
    system = systems.get(name)
    for quick, slow in zip(
        quick_runs(system, [0, 100], 1, "test"), draw_runs(system, [0, 100], 1, split="test"), strict=True
    ):
        early = quick.t <= 0.2 * system.horizon  # later on chaos amplifies the errors of both
        np.testing.assert_array_equal(quick.t, slow.t)
        # SciPy keeps 1e-9 a step: after hundreds of steps of the flow 1e-6 of the largest value is generous
        np.testing.assert_allclose(quick.x[early], slow.x[early], atol=1e-6 * np.abs(slow.x).max())


def test_replicas_are_found_and_measured_as_published() -> None:
    assert find("spreme-lotka") is replicas.get("spreme-lotka")
    with pytest.raises(ValueError, match="spreme-lotka is measured as published: variant 'coarse'"):
        find("spreme-lotka", "coarse")


def test_unknown_names_are_told() -> None:
    with pytest.raises(ValueError, match="unknown variant 'rare': there are plain, coarse"):
        find("lotka", "rare")
    with pytest.raises(ValueError, match="unknown system 'lotke'"):
        find("lotke")


RECORDS = """
from types import SimpleNamespace as R
SYSTEMS = {'decay': R(name='decay', id=77, equations=('-a*x + sin(x)',), base={'a': 2.0}, varied={'a': 0.1},
    degree=2, box=((1, 2),), dt=0.1, T=2, frequencies=1, zeros={})}
"""
SYSTEM = """
from dataclasses import replace
import systems
SYSTEM = replace(systems.get('lotka'), name='my-lotka', key=9001)
"""


@pytest.mark.parametrize(("text", "name", "n_true"), [(RECORDS, "decay", 2), (SYSTEM, "my-lotka", 4)])
def test_a_file_of_systems_is_read(tmp_path: Path, text: str, name: str, n_true: int) -> None:
    path = tmp_path / "suite.py"
    path.write_text(text)
    found = find(name, "few", str(path)).system
    assert systems.true_mask(found, found.library.table(found.states), [0]).sum() == n_true


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no system"),
        (SYSTEM.replace("my-lotka", "my/lotka"), "letters, digits, _ and -"),
    ],
)
def test_files_without_usable_systems_are_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "poor.py"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        systems_of(str(path))
    with pytest.raises(ValueError, match=r"nowhere\.py is no Python file"):
        systems_of("nowhere.py")
