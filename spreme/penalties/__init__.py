"""Penalties by name and as objects: what makes coefficients sparse in groups over environments."""

from __future__ import annotations

from spreme.penalties.convex import AdaptiveGroupLasso, GroupElasticNet, GroupLasso
from spreme.penalties.folded import GroupMCP, GroupSCAD
from spreme.penalties.interface import ProximalPenalty as ProximalPenalty
from spreme.penalties.k_support import GroupKSupport
from spreme.penalties.sparse_group import SparseGroupLasso
from spreme.penalties.subset import STLSQ, GroupL0

__all__ = [
    "PENALTIES",
    "STLSQ",
    "AdaptiveGroupLasso",
    "GroupElasticNet",
    "GroupKSupport",
    "GroupL0",
    "GroupLasso",
    "GroupMCP",
    "GroupSCAD",
    "Penalty",
    "SparseGroupLasso",
    "as_penalty",
]

Penalty = (
    GroupL0
    | GroupLasso
    | AdaptiveGroupLasso
    | GroupElasticNet
    | GroupMCP
    | GroupSCAD
    | GroupKSupport
    | SparseGroupLasso
    | STLSQ
    | ProximalPenalty
)

PENALTIES: dict[str, type] = {
    "group_l0": GroupL0,
    "group_lasso": GroupLasso,
    "adaptive_group_lasso": AdaptiveGroupLasso,
    "group_elastic_net": GroupElasticNet,
    "group_mcp": GroupMCP,
    "group_scad": GroupSCAD,
    "group_k_support": GroupKSupport,
    "sparse_group_lasso": SparseGroupLasso,
    "stlsq": STLSQ,
}


def as_penalty(penalty: str | Penalty) -> Penalty:
    """Return the penalty of a name, or the object itself.

    Parameters
    ----------
    penalty : str or penalty object
        A name of `PENALTIES`, an object of this module, or any object with the methods of `ProximalPenalty`.

    Returns
    -------
    penalty object
        The penalty, with its default options if given by name.

    Raises
    ------
    ValueError
        If it is neither.

    Examples
    --------
    >>> as_penalty("group_mcp")
    GroupMCP(gamma=3.0)
    """
    if isinstance(penalty, str) and penalty in PENALTIES:
        return PENALTIES[penalty]()
    if isinstance(penalty, tuple(PENALTIES.values())) or _has_methods(penalty):
        return penalty  # type: ignore[return-value]
    known = ", ".join(repr(name) for name in PENALTIES)
    raise ValueError(
        f"unknown penalty {penalty!r}: expected one of {known}, an object of spreme.penalties, or an object with the "
        "methods prox, value and kkt"
    )


def _has_methods(penalty: object) -> bool:
    """Whether an object, not a class, can be solved by the proximal solvers."""
    return isinstance(penalty, ProximalPenalty) and not isinstance(penalty, type)
