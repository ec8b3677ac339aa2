"""Gram matrices of every environment: all that the solvers ever see of the data.

    gram_e = (Theta_e / scale)' (Theta_e / scale) / n_e,   cross_e = Y_e' (Theta_e / scale) / n_e,
    y_sq_e = diag(Y_e' Y_e) / n_e

with one scale per column for all environments, scale_j^2 = mean over e of mean(Theta_e[:, j]^2): coefficients of
different environments stay comparable, and the penalty acts on columns of unit size.

`build` takes library matrices that are there, `from_states` evaluates a library block by block without ever holding its
matrix, `GramSystem.from_blocks` and `from_parquet` take blocks of rows that never fit in memory together, and
`build_folds` keeps apart the folds of a cross-validation. All of them add up the same sums (`GramSums`), and systems
add up too.
"""

from __future__ import annotations

from spreme.gram.files import from_parquet
from spreme.gram.folds import FoldSums, build_folds
from spreme.gram.matrices import build
from spreme.gram.products import BLOCK
from spreme.gram.states import from_states
from spreme.gram.sums import GramSums, from_sums
from spreme.gram.system import GramSystem

__all__ = [
    "BLOCK",
    "FoldSums",
    "GramSums",
    "GramSystem",
    "build",
    "build_folds",
    "from_parquet",
    "from_states",
    "from_sums",
]
