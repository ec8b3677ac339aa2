"""A few fits of the soak in every run; `python tests/reliability/soak.py` runs thousands."""

from __future__ import annotations

import pytest
from reliability.one_fit import GOOD, record
from reliability.soak import soak


@pytest.mark.parametrize("seed", [2, 4, 10, 11, 12, 13, 15, 16])
def test_a_random_fit_keeps_all_promises(seed: int) -> None:
    found = record(seed)
    assert found["outcome"] in GOOD, found["detail"]


@pytest.mark.slow
def test_fits_in_workers_keep_all_promises() -> None:
    found = list(soak(range(30, 50)))
    assert [own["detail"] for own in found if own["outcome"] not in GOOD] == []
    assert [own["seed"] for own in found] == list(range(30, 50))
