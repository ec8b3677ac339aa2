"""A process that is killed while it saves leaves the old file or the new one, whole."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from spreme.library import PolynomialLibrary
from spreme.persistence import law_from_dict, law_to_dict, read, save
from spreme.results import Law

# Saves the first document and the second by turns, forever, and says so once.
SAVING = """
import sys
from spreme.persistence import read, save
documents = [read(path) for path in sys.argv[1:3]]
save(sys.argv[3], documents[0])
print("saving", flush=True)
while True:
    for document in documents:
        save(sys.argv[3], document)
"""


def large_law(seed: int) -> Law:
    """A law whose file is a megabyte long, so that writing it takes a while."""
    table, rng = PolynomialLibrary(degree=3).table(["x", "y", "z"]), np.random.default_rng(seed)
    coef = rng.standard_normal((300, 3, table.n_terms))
    return Law(table, np.ones(coef.shape[1:], bool), coef, np.abs(coef), tuple(range(300)), np.ones((300, 3)))


@pytest.mark.parametrize("n_kills", [5, pytest.param(40, marks=pytest.mark.slow)])
def test_a_killed_save_leaves_one_of_the_two_models(n_kills: int, tmp_path: Path) -> None:
    sources, target = [tmp_path / name for name in ("one.json", "other.json")], tmp_path / "target" / "model.json"
    target.parent.mkdir()
    for seed, path in enumerate(sources):
        save(path, law_to_dict(large_law(seed)))
    laws, rng = [large_law(seed) for seed in range(2)], random.Random(n_kills)
    found = []
    for _ in range(n_kills):
        process = subprocess.Popen(
            [sys.executable, "-c", SAVING, *map(str, sources), str(target)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None and process.stdout.readline() == "saving\n"
        time.sleep(rng.uniform(0.0, 0.3))  # one save takes about 0.1
        process.kill()
        process.communicate()
        law = law_from_dict(read(target), target)
        found.append([np.array_equal(law.coef, own.coef) for own in laws].index(True))
        assert json.loads(target.read_bytes()) == json.loads(sources[found[-1]].read_bytes())
    save(target, read(sources[0]))  # and what a killed process left behind does not hinder the next
    assert np.array_equal(law_from_dict(read(target)).coef, laws[0].coef)
    assert all(path.name.endswith(".tmp") for path in target.parent.iterdir() if path != target)
