"""Environment labels as JSON, such that their types are read back."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any

import numpy as np

from spreme.persistence.arrays import short

LABELS = "labels can be text, numbers, truth values, or tuples of these"
DEEPEST = 10


def label_to_json(label: Hashable, depth: int) -> Any:
    """Write an environment label so that its type can be read back."""
    if isinstance(label, (np.bool_, np.integer, np.floating, np.str_)) and not isinstance(label, np.timedelta64):
        plain = label.item()
        label = label if isinstance(plain, np.generic) else plain  # a long double has no plain form
    if isinstance(label, (str, bool, int)) or (isinstance(label, float) and math.isfinite(label)):
        return label
    if isinstance(label, tuple) and type(label) is tuple and depth < DEEPEST:
        return [label_to_json(part, depth + 1) for part in label]
    raise TypeError(f"the environment {label!r} of type {type(label).__name__} cannot be saved: {LABELS}")


def read_labels(data: Any, name: str) -> tuple[Hashable, ...]:
    """Read the environment labels."""
    if not isinstance(data, list) or not data:
        raise ValueError(f"{name}: damaged: environments is not a list with at least one label")
    return tuple(_label_from_json(node, name, 0) for node in data)


def _label_from_json(node: Any, name: str, depth: int) -> Hashable:
    """Read one label."""
    if isinstance(node, (str, bool, int)) or (isinstance(node, float) and math.isfinite(node)):
        return node
    if isinstance(node, list) and depth < DEEPEST:
        return tuple(_label_from_json(part, name, depth + 1) for part in node)
    raise ValueError(f"{name}: damaged: {short(node)} is no environment: {LABELS}")
