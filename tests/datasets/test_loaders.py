"""The data that come with the package: what the sources say."""

import subprocess
import sys

import numpy as np
import pytest

from spreme.data import Trajectories
from spreme.datasets import load_gause, load_hare_lynx


def test_gause():
    data = load_gause()
    assert isinstance(data, Trajectories)
    assert data.environments == ["aurelia alone", "caudatum alone", "mixed"]
    assert data.state_names == ["aurelia", "caudatum"]
    assert all(np.array_equal(t, np.arange(26)) for t in data.t)
    assert data[0].x[[0, 2, 25], 0].tolist() == [2, 14, 510]
    assert data[1].x[[0, 2, 25], 1].tolist() == [2, 10, 180]
    assert data[2].x[[0, 2, 25]].tolist() == [[2, 2], [10, 10], [350, 20]]


# The tables as printed, kept apart from the files that ship; "-" was not counted.
GAUSE = {
    "aurelia alone": "2 - 14 34 56 94 189 266 330 416 507 580 610 513 593 557 560 522 565 517 500 585 500 495 525 510",
    "caudatum alone": "2 - 10 10 11 21 56 104 137 165 194 217 199 201 182 192 179 190 206 209 196 195 234 210 210 180",
    "aurelia mixed": "2 - 10 21 58 92 202 163 221 293 236 303 302 340 387 335 363 323 358 308 350 330 350 350 330 350",
    "caudatum mixed": "2 - 10 11 29 50 88 102 124 93 80 66 83 55 67 52 55 40 48 47 50 40 20 20 35 20",
}


def test_gause_as_printed():
    alone_a, alone_c, mixed = (member.x for member in load_gause())
    columns = alone_a[:, 0], alone_c[:, 1], mixed[:, 0], mixed[:, 1]
    for printed, column in zip(GAUSE.values(), columns, strict=True):
        numbers = [np.nan if word == "-" else float(word) for word in printed.split()]
        assert np.array_equal(column, numbers, equal_nan=True)


def test_gause_absent_species_is_zero_and_only_day_1_is_missing():
    alone_a, alone_c, mixed = load_gause()
    assert (alone_a.x[:, 1] == 0).all()
    assert (alone_c.x[:, 0] == 0).all()
    assert np.argwhere(alone_a.missing).tolist() == [[1, 0]]
    assert np.argwhere(alone_c.missing).tolist() == [[1, 1]]
    assert np.argwhere(mixed.missing).tolist() == [[1, 0], [1, 1]]


def test_hare_lynx():
    data = load_hare_lynx()
    assert data.environments == ["Hudson Bay"]
    assert data.state_names == ["hare", "lynx"]
    assert np.array_equal(data[0].t, np.arange(1900, 1921))
    assert data[0].x[[0, 3, 20]].tolist() == [[30, 4], [77.4, 35.2], [24.7, 8.6]]
    assert not data[0].missing.any()
    assert data[0].x.sum(0) == pytest.approx([715.7, 423.5], abs=1e-9)


@pytest.mark.parametrize("load", [load_gause, load_hare_lynx])
def test_every_call_gives_fresh_arrays(load):
    load().x[0][:] = -1
    assert not (load().x[0] == -1).any()


def test_no_data_frame_package_is_needed():
    code = (
        "import sys, spreme.datasets as d; d.load_gause(); d.load_hare_lynx(); "
        "print({'pandas', 'polars', 'matplotlib', 'sympy'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
