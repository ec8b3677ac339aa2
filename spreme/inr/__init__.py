"""Sparse implicit neural representations, and their meta-learned starts."""

from spreme.inr.layer import SparseLayer
from spreme.inr.meta_gradient import hessian_vector, meta_gradient
from spreme.inr.meta_sparse_inr import MetaSparseINR
from spreme.inr.network import initialise
from spreme.inr.sparse_inr import SparseINR

__all__ = ["MetaSparseINR", "SparseINR", "SparseLayer", "hessian_vector", "initialise", "meta_gradient"]
