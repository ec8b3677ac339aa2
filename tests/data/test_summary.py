"""The two descriptions of a data set: short, complete, and safe to show."""

import numpy as np

from spreme.data import Trajectories


def build(labels, names=("x", "y"), n=9):
    """One trajectory of random walks per label."""
    x = [np.random.default_rng(i).standard_normal((n, len(names))).cumsum(0) for i in range(len(labels))]
    return Trajectories(x, 0.25, env=labels, state_names=names)


def test_text():
    data = build(["A", "A", 3])
    data[0].x[0, 0] = np.nan
    assert repr(data).splitlines() == [
        "Trajectories: 3 trajectories, 2 environments, 27 samples",
        "  states        x, y",
        "  environments  'A' (2), 3 (1)",
        "  samples       9 per trajectory",
        "  times         0 to 2",
        "  missing       1.9 %",
    ]


def test_text_of_unequal_lengths_and_inputs():
    data = Trajectories([np.ones(5), np.ones(7)], 1.0, u=[np.ones(5), np.ones(7)])
    assert "5 to 7 per trajectory" in repr(data)
    assert "inputs        u0" in repr(data)
    assert "inputs u0" in data._repr_html_()


def test_text_stays_short():
    data = build([f"environment {i} " + "long" * 20 for i in range(50)], [f"state_{i}" for i in range(30)])
    assert len(repr(data).splitlines()) == 5
    assert max(map(len, repr(data).splitlines())) < 400
    assert "(50 in all)" in repr(data)
    assert "(30 in all)" in repr(data)
    assert data._repr_html_().count("<tr>") == 14
    assert "38 more" in data._repr_html_()


def test_html_is_escaped_and_has_no_colours():
    page = build(["<script>", "B&B"])._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "B&amp;B" in page
    assert "color" not in page
    assert "#" not in page


def test_few_missing_values_are_not_rounded_away():
    data = build(["A"], n=2000)
    data[0].x[0, 0] = np.nan
    assert "0.1 %" in repr(data)
