"""Pictures are drawn into memory, leave global settings as they were, and are closed."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib
import pytest


@pytest.fixture(autouse=True)
def _quiet_matplotlib() -> Iterator[None]:
    """Draw into memory, find global settings unchanged, and close what was opened."""
    import matplotlib.pyplot as plt

    plt.switch_backend("Agg")
    before = dict(matplotlib.rcParams)
    yield
    assert dict(matplotlib.rcParams) == before
    plt.close("all")
