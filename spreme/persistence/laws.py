"""Laws as JSON data, checked entry by entry when written and when read.

format, format_version   what the file is
environments             labels: text, numbers, truth values, and lists for tuples of these
table, terms             the library in states and inputs, and the texts of its terms for the reader
support                  the (state, term) pairs of the mask, in order
coef, coef_std           one list per environment, in the order of the support; null for NaN
noise_std                one list per environment, in the order of the states; null for NaN
units, time_unit         units of states and inputs by name, and of time, as text; only if there are any
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.library import TermTable
from spreme.persistence.arrays import array_from_json, array_to_json, short
from spreme.persistence.files import FORMAT, FORMAT_VERSION, WITHOUT_INPUTS, check_format
from spreme.persistence.labels import label_to_json, read_labels
from spreme.results import Law


def law_to_dict(law: Law) -> dict[str, Any]:
    """Write a law as JSON data.

    Parameters
    ----------
    law : Law
        Fitted law.

    Returns
    -------
    dict
        What `law_from_dict` reads; more keys may be added beside its own.

    Raises
    ------
    TypeError
        If an environment label cannot be written.
    ValueError
        If the law contradicts itself.

    Examples
    --------
    >>> from spreme.symbolic import _example
    >>> document = law_to_dict(_example())
    >>> document["terms"], document["support"], document["coef"]
    (['1', 'x', 'x**2'], [[0, 1], [0, 2]], [[2.0, -0.5]])
    """
    _check_law(law, "the law")
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION if law.input_names else WITHOUT_INPUTS,
        "environments": [label_to_json(label, 0) for label in law.environments],
        "table": law.table.to_dict(),
        "terms": list(law.table.names),
        "support": np.argwhere(law.mask).tolist(),
        "coef": array_to_json(law.coef[:, law.mask]),
        "coef_std": array_to_json(law.coef_std[:, law.mask]),
        "noise_std": array_to_json(law.noise_std),
        **({"units": dict(law.units)} if law.units else {}),
        **({"time_unit": law.time_unit} if law.time_unit is not None else {}),
    }


def law_from_dict(document: dict[str, Any], source: str | os.PathLike[str] = "the document") -> Law:
    """Read what `law_to_dict` wrote; all is checked.

    Parameters
    ----------
    document : dict
        Parsed JSON.
    source : str or path, default "the document"
        Where it comes from, for messages.

    Returns
    -------
    Law
        The same law, bit for bit.

    Raises
    ------
    ValueError
        If anything is missing or damaged; the message says what.

    Examples
    --------
    >>> from spreme.symbolic import _example
    >>> law_from_dict(law_to_dict(_example())).coef
    array([[[ 0. ,  2. , -0.5]]])
    """
    name = os.fspath(source)
    check_format(document, name)
    for key in ("environments", "table", "terms", "support", "coef", "coef_std", "noise_std"):
        if key not in document:
            raise ValueError(f"{name}: damaged: the key {key!r} is missing")
    table = _read_table(document["table"], document["terms"], name)
    environments = read_labels(document["environments"], name)
    mask = _read_support(document["support"], (len(table.state_names), table.n_terms), name)
    shape = (len(environments), int(mask.sum()))
    coef = np.zeros((len(environments), *mask.shape))
    coef_std = np.full(coef.shape, np.nan)
    coef[:, mask] = array_from_json(document["coef"], shape, f"{name}: damaged: coef")
    coef_std[:, mask] = array_from_json(document["coef_std"], shape, f"{name}: damaged: coef_std")
    noise_shape = (len(environments), len(table.state_names))
    noise_std = array_from_json(document["noise_std"], noise_shape, f"{name}: damaged: noise_std")
    units, time_unit = _read_units(document, table, name)
    law = Law(table, mask, coef, coef_std, environments, noise_std, units, time_unit)
    _check_law(law, f"{name}: damaged")
    return law


def _check_law(law: Law, what: str) -> None:
    """Refuse a law that contradicts itself, when written as when read."""
    shape = (len(law.environments), len(law.state_names), law.table.n_terms)
    shapes = {"mask": shape[1:], "coef": shape, "coef_std": shape, "noise_std": shape[:2]}
    for field, wanted in shapes.items():
        if getattr(law, field).shape != wanted:
            raise ValueError(f"{what}: {field} has the shape {getattr(law, field).shape}, not {wanted}")
    if np.isinf(law.coef).any() or np.any(law.coef[:, ~law.mask] != 0.0):
        raise ValueError(f"{what}: coef must be finite inside the mask (NaN where not observed) and 0 outside it")
    if np.any(law.coef_std < 0.0) or np.any(law.noise_std < 0.0):
        raise ValueError(f"{what}: coef_std and noise_std must not be negative")
    if len(set(map(repr, law.environments))) < len(law.environments):
        raise ValueError(f"{what}: an environment occurs twice among {', '.join(map(repr, law.environments))}")


def _read_table(data: Any, terms: Any, name: str) -> TermTable:
    """Read the library and compare it with the texts of its terms."""
    try:
        table = TermTable.from_dict(data)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if terms != list(table.names):
        raise ValueError(f"{name}: damaged: the texts under 'terms' are not those of the terms of the table")
    return table


def _read_units(document: dict[str, Any], table: TermTable, name: str) -> tuple[dict[str, str], str | None]:
    """Read the units, which are text; older files have none."""
    units, time_unit = document.get("units", {}), document.get("time_unit")
    if not isinstance(units, dict) or not all(isinstance(unit, str) for unit in units.values()):
        raise ValueError(f"{name}: damaged: units is not an object of names and texts")
    strange = sorted(set(units) - set(table.column_names))
    if strange or not (time_unit is None or isinstance(time_unit, str)):
        raise ValueError(f"{name}: damaged: units of unknown {short(strange)}, or time_unit is no text")
    return units, time_unit


def _read_support(data: Any, shape: tuple[int, int], name: str) -> NDArray[np.bool_]:
    """Read the mask (S, K) from its pairs."""
    mask = np.zeros(shape, dtype=bool)
    if not isinstance(data, list):
        raise ValueError(f"{name}: damaged: support is not a list")
    for pair in data:
        is_pair = isinstance(pair, list) and len(pair) == 2 and all(type(i) is int for i in pair)
        if not is_pair or not (0 <= pair[0] < shape[0] and 0 <= pair[1] < shape[1]):
            raise ValueError(f"{name}: damaged: support must hold pairs below {shape}, got {short(pair)}")
        mask[pair[0], pair[1]] = True
    if data != np.argwhere(mask).tolist():
        raise ValueError(f"{name}: damaged: the pairs of support are not in order, or one occurs twice")
    return mask
