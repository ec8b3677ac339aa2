"""Environments of a model, named in text."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spreme.estimators import SpReME


def environment(model: SpReME, name: str) -> Hashable:
    """Give the label that is written like this."""
    for label in model.environments_:
        if str(label) == name:
            return label
    raise ValueError(f"--env {name}: the model has no such environment; it has {listed(model)}")


def chosen_environment(model: SpReME, name: str | None) -> Hashable:
    """Give the label that is written like this, or the only one."""
    if name is not None:
        return environment(model, name)
    if len(model.environments_) > 1:
        raise ValueError(f"--env is needed, the coefficients differ between environments: give one of {listed(model)}")
    return model.environments_[0]


def listed(model: SpReME) -> str:
    """Labels as a message shows them."""
    return ", ".join(repr(str(label)) for label in model.environments_)
