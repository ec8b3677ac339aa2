"""The door for data and the expression language agree on names of states; neither may import the other."""

from __future__ import annotations

import pytest

from spreme import Trajectories
from spreme.data import RESERVED_NAMES
from spreme.library import RESERVED_NAMES as RESERVED_IN_EXPRESSIONS
from spreme.library import check_state_names


def test_reserved_names_are_the_same() -> None:
    assert set(RESERVED_NAMES) == set(RESERVED_IN_EXPRESSIONS)


@pytest.mark.parametrize(
    "name", ["x", "I", "pi", "δ", "水", "Größe", "ñ1", "beta", "lambda", "sin", "a b", "x-1", "", "1x"]
)
def test_a_name_passes_both_or_neither(name: str) -> None:
    def passes_door() -> bool:
        try:
            Trajectories([[1.0, 2.0, 3.0]], 0.1, state_names=[name])
        except ValueError:
            return False
        return True

    def passes_library() -> bool:
        try:
            check_state_names([name])
        except ValueError:
            return False
        return True

    assert passes_door() == passes_library()
