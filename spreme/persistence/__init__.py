"""Laws as JSON documents: written whole or not at all, checked entry by entry when read, nothing executed."""

from __future__ import annotations

from spreme.persistence.arrays import array_from_json, array_to_json
from spreme.persistence.files import FORMAT, FORMAT_VERSION, read, save
from spreme.persistence.laws import law_from_dict, law_to_dict

__all__ = [
    "FORMAT",
    "FORMAT_VERSION",
    "array_from_json",
    "array_to_json",
    "law_from_dict",
    "law_to_dict",
    "read",
    "save",
]
