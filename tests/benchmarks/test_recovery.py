"""The recovery benchmark: its data are what their names say, and its judge and its peer do what they claim."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmarks.recovery import cases, forecasts, judge, methods, report, sindy, suites

import systems
from spreme import Trajectories


def data(variant: str, noise: float = 0.05, system: str = "lotka") -> Trajectories:
    return cases.draw(cases.Case(system, "spreme", variant, noise, 0), None)


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


def test_gaps_are_filled_on_the_regular_grid() -> None:
    for variant in cases.INCOMPLETE:
        for run in data(variant, noise=0.0):
            t, x = sindy.regular(run, 0.1)
            np.testing.assert_allclose(np.diff(t), 0.1)
            seen = np.searchsorted(t, run.t - 1e-6)
            inside = (run.t >= t[0] - 1e-9) & (run.t <= t[-1] + 1e-9)
            kept, own = x[seen[inside]], run.x[inside]
            np.testing.assert_allclose(kept[~np.isnan(own)], own[~np.isnan(own)], rtol=1e-9)


def test_the_judge_counts() -> None:
    system = systems.get("duffing_zero")
    table = system.library.table(system.states)
    present = systems.true_coefficients(system, table, range(8)) != 0
    verdict = judge.judge(judge.Outcome(judge.majority(present), 1.0, present, True), system, list(range(8)))
    assert verdict["exact"] and verdict["f1"] == 1.0 and verdict["environments_right"] == 8
    assert verdict["exact_joined"] == {"majority": True, "union": True, "intersection": False}
    wrong = present.any(axis=0)
    wrong[0, table.index("x")], wrong[1, table.index("y")] = True, False
    verdict = judge.judge(judge.Outcome(wrong, 1.0), system, list(range(8)))
    assert (verdict["exact"], verdict["missing"], verdict["extra"]) == (False, ["y': y"], ["x': x"])
    assert verdict["f1"] == pytest.approx(2 * 4 / 10)


def test_a_failure_is_a_record_of_every_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ArithmeticError("no solution")

    monkeypatch.setitem(methods.METHODS, "stlsq", methods.Method(broken, ("one", "two")))
    records = methods.run_case(cases.Case("lotka", "stlsq", "plain", 0.0, 0), methods.Options())
    assert [record["method"] for record in records] == ["one", "two"]
    assert {record["status"] for record in records} == {"ArithmeticError: no solution"}
    assert "| one | 0.0 | plain | 0/1 | 0/1 | 0.000 | 1 |" in report.summary(records)
    assert "| lotka | failed | failed |" in report.by_system(records)


def test_forecasts_solve_the_equations() -> None:
    lotka = systems.get("lotka")
    table = lotka.library.table(lotka.states)
    run = systems.simulate_clean(lotka, 1, 1)[0]
    coefs = systems.true_coefficients(lotka, table, [0])
    total, n = forecasts.errors(table, coefs, run.x[None, :1], [run.x[1:]], lotka.dt)
    assert n == 200
    # The classical Runge-Kutta method at steps of 0.1 on a period of about 12: relative errors below 1e-5.
    assert total[0] < n * 1e-10


@pytest.mark.filterwarnings("ignore:Sparsity parameter is too big")
def test_the_quick_copy_of_stlsq_is_stlsq() -> None:
    pytest.importorskip("pysindy")
    lotka = systems.get("lotka")
    table = lotka.library.table(lotka.states)
    runs = sindy.regular_runs(data("plain").where(env=0), lotka.dt)
    rows = {window: sindy.rows_of(runs, table, window) for window in sindy.WINDOWS}
    for setting in sindy.settings(4):
        quick = sindy.quick_fit(sindy.reduce(rows[setting.window]), setting)
        np.testing.assert_array_equal(quick, sindy.fit(rows[setting.window], setting))


def test_a_file_of_systems_is_read(tmp_path: Path) -> None:
    path = tmp_path / "suite.py"
    path.write_text(
        "from types import SimpleNamespace as R\n"
        "SYSTEMS = {'decay': R(name='decay', id=77, equations=('-a*x + sin(x)',), base={'a': 2.0}, varied={'a': 0.1},\n"
        "    degree=2, box=((1, 2),), dt=0.1, T=2, frequencies=1, zeros={})}\n"
    )
    decay = suites.load(str(path))["decay"]
    assert decay.states == ["x"]
    assert systems.true_mask(decay, decay.library.table(decay.states), [0]).sum() == 2
