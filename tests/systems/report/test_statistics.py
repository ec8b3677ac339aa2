"""Shares, intervals, errors, profiles and paired comparisons against closed forms and examples made by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from records_of_cases import done, lost, many, wrong

from systems import report
from systems.report.pairs import compare, holm, per_system
from systems.report.statistics import (
    QUANTILE,
    efficiency,
    errors,
    judged,
    likeness,
    profile,
    quartiles,
    search_misses,
    shares,
    wilson,
)


@pytest.mark.parametrize(("n_right", "n"), [(0, 1), (1, 10), (5, 10), (83, 100), (7.5, 12.25)])
def test_the_ends_of_wilsons_interval_solve_its_equation(n_right: float, n: float) -> None:
    """Both ends p fulfil (share - p)^2 = z^2 p (1 - p) / n."""
    share = n_right / n
    for p in wilson(n_right, n):
        assert (share - p) ** 2 == pytest.approx(QUANTILE**2 * p * (1 - p) / n, abs=1e-12)


def test_wilsons_interval_where_all_are_right() -> None:
    """The lower end is 1 / (1 + z^2 / n)."""
    low, high = wilson(10, 10)
    assert (low, high) == (pytest.approx(1 / (1 + QUANTILE**2 / 10)), 1.0)
    assert wilson(0, 10) == (0.0, pytest.approx(1 - low))
    assert wilson(0, 0) == (0.0, 1.0)


def test_likeness_of_seeds() -> None:
    alike = [make(system, seed=seed) for system, make in (("lotka", done), ("lorenz", wrong)) for seed in range(4)]
    assert likeness(report.frame(alike)) == 1.0
    mixed = [
        make(system, seed=2 * seed + half)
        for system in ("lotka", "lorenz")
        for seed in range(2)
        for half, make in enumerate((done, wrong))
    ]
    assert likeness(report.frame(mixed)) == 0.0
    assert likeness(report.frame([done(), done("lorenz")])) == 0.0


def test_seeds_that_end_alike_count_as_one_case() -> None:
    records = [make(system, seed=seed) for system, make in (("lotka", done), ("lorenz", wrong)) for seed in range(4)]
    (row,) = shares(report.frame(records)).to_dict("records")
    assert (row["share"], row["n"]) == (0.5, 8)
    assert (row["low"], row["high"]) == pytest.approx(wilson(1, 2))


def test_failures_are_wrong_and_skipped_cases_are_not_counted() -> None:
    records = [
        done(seed=0),
        lost(seed=1),
        lost(seed=2, status="timed out"),
        wrong(seed=3),
        lost(seed=4, status="skipped"),
    ]
    (row,) = shares(report.frame(records)).to_dict("records")
    assert (row["share"], row["n"]) == (0.25, 4)


def test_the_oracle_is_not_judged_for_its_terms() -> None:
    assert judged(report.frame([done(), done(method="oracle")]))["method"].tolist() == ["spreme"]


def test_failures_have_the_worst_error_where_others_show_that_there_is_one() -> None:
    records = [
        *(done(), done("lorenz", valid_time=3.0)),
        *(lost(method="stlsq"), lost("lorenz", "stlsq")),
        *(done(method="ensemble", coef_error=None), lost("lorenz", "ensemble")),
    ]
    table = report.frame(records)
    found = errors(table, "coef_error").groupby("method")["value"].apply(list).to_dict()
    assert found == {"spreme": [0.01, 0.01], "stlsq": [math.inf, math.inf]}
    times = errors(table, "valid_time", 0.0)
    assert dict(zip(times["method"], times["value"], strict=True)) == {"spreme": 3.0, "stlsq": 0.0}


def test_a_number_that_is_missing_for_one_system_counts_as_lost() -> None:
    records = [done(method=method, system=system) for method in ("spreme", "stlsq") for system in ("lotka", "lorenz")]
    records[-1]["rollout"] = None
    assert sorted(errors(report.frame(records), "rollout", 1e3)["value"]) == [0.03, 0.03, 0.03, 1e3]


def test_quartiles_bear_infinite_values() -> None:
    table = pd.DataFrame({"method": "a", "noise": 0.0, "value": [4.0, 1.0, 2.0, math.inf]})
    (row,) = quartiles(table).to_dict("records")
    assert (row["low"], row["middle"], row["high"], row["n"]) == (1.0, 2.0, 4.0, 4)


def test_efficiency_compares_the_same_case() -> None:
    records = [done(seed=seed, coef_error=0.02 * (seed + 1)) for seed in range(3)]
    records += [done(method="oracle", seed=seed, coef_error=0.01 * (seed + 1)) for seed in range(2)]
    records += [done(method="oracle", seed=2, coef_error=1e-9)]
    assert efficiency(report.frame(records), "oracle")["value"].tolist() == pytest.approx([2.0, 2.0])


def test_profile_of_an_example_made_by_hand() -> None:
    """Best errors 1, 1, 2; ratios of a: 1, 2, 1; of b: 4, 1, failed. The last case has no b and does not count."""
    values = {"a": [1.0, 2.0, 2.0, 1.0], "b": [4.0, 1.0, math.inf, None]}
    records = [
        done(method=name, seed=seed, coef_error=value)
        for name, own in values.items()
        for seed, value in enumerate(own)
        if value is not None and math.isfinite(value)
    ]
    table = profile(errors(report.frame([*records, lost(method="b", seed=2)]), "coef_error"), np.array([1.0, 2.0, 4.0]))
    assert table.attrs["n"] == 3
    assert table["a"].tolist() == pytest.approx([2 / 3, 1.0, 1.0])
    assert table["b"].tolist() == pytest.approx([1 / 3, 1 / 3, 2 / 3])


def test_nobody_is_best_where_all_failed() -> None:
    records = [done(method="a"), done(method="b"), lost(method="a", seed=1), lost(method="b", seed=1)]
    table = profile(errors(report.frame(records), "coef_error"), np.array([1.0]))
    assert table.loc[1.0].tolist() == [0.5, 0.5]


def test_errors_below_the_floor_are_equal() -> None:
    records = [done(method="a", coef_error=1e-12), done(method="b", coef_error=1e-8)]
    assert profile(errors(report.frame(records), "coef_error"), np.array([1.0])).loc[1.0].tolist() == [1.0, 1.0]


def test_misses_of_the_search() -> None:
    records = [done(seed=0, search_gap=0.0), wrong(seed=1, search_gap=-2.0), wrong(seed=2, search_gap=0.6)]
    assert search_misses(report.frame(records))["seed"].tolist() == [2]


def test_sign_test_of_wins_and_losses() -> None:
    """Eight wins and one loss: 2 (1 + 9) / 2^9."""
    found = compare(np.array([1.0] * 8 + [0.0, 0.5]), np.array([0.5] * 8 + [1.0, 0.5]))
    assert (found.wins, found.ties, found.losses, found.difference) == (8, 1, 1, 0.5)
    assert found.sign_p == pytest.approx(2 * (1 + 9) / 2**9)


def test_wilcoxons_test_where_the_first_always_wins() -> None:
    """The exact p value of n different ranks of one sign is 2 / 2^n."""
    assert compare(np.arange(1.0, 8.0), np.zeros(7)).wilcoxon_p == pytest.approx(2 / 2**7)


def test_ties_alone_say_nothing() -> None:
    found = compare(np.ones(5), np.ones(5) + 1e-12)
    assert (found.ties, found.sign_p, found.wilcoxon_p) == (5, 1.0, 1.0)


def test_holm_adjusts_every_value_by_what_is_left_to_test() -> None:
    assert holm(np.array([0.5, 0.01, 0.04])) == pytest.approx([0.5, 0.03, 0.08])
    assert holm(np.array([0.6, 0.7])) == pytest.approx([1.0, 1.0])


def test_systems_are_compared_on_cases_that_all_methods_have() -> None:
    records = [done(seed=0), wrong(seed=1), done(method="stlsq", seed=0), done("lorenz")]
    table = per_system(report.frame(records), "exact")
    assert table.index.tolist() == ["lotka"]
    assert table.loc["lotka"].to_dict() == {"spreme": 1.0, "stlsq": 1.0}
    errors_there = per_system(report.frame(many()), "coef_error")
    assert errors_there.shape == (2, 3)
