"""Penalties by name and as objects: what makes coefficients sparse in groups over environments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class GroupL0:
    """Number of terms, whatever their size: the best shared support of every size.

    Examples
    --------
    >>> GroupL0().name
    'group_l0'
    """

    name: ClassVar[str] = "group_l0"


@dataclass(frozen=True)
class GroupLasso:
    """Sum over terms of the Euclidean norm of a term's coefficients over environments.

    References
    ----------
    Yuan and Lin (2006), Model selection and estimation in regression with grouped variables, J. R. Stat. Soc. B 68.

    Examples
    --------
    >>> GroupLasso().name
    'group_lasso'
    """

    name: ClassVar[str] = "group_lasso"


Penalty = GroupL0 | GroupLasso

PENALTIES: dict[str, type[Penalty]] = {penalty.name: penalty for penalty in (GroupL0, GroupLasso)}


def as_penalty(penalty: str | Penalty) -> Penalty:
    """Return the penalty of a name, or the object itself; refuse anything else with the known names."""
    if isinstance(penalty, (GroupL0, GroupLasso)):
        return penalty
    if isinstance(penalty, str) and penalty in PENALTIES:
        return PENALTIES[penalty]()
    known = ", ".join(repr(name) for name in PENALTIES)
    raise ValueError(f"unknown penalty {penalty!r}: expected one of {known}, or an object of spreme.penalties")
