"""Meta-learned sparse starts against their rivals: one comparison, its records and its pictures.

``python -m spreme.inr faces`` runs it; `compare` is the same as a function.
"""

from spreme.inr.experiments.comparison import compare
from spreme.inr.experiments.families import Family, load_family
from spreme.inr.experiments.figures import plot_curves, plot_pictures, plot_psnr
from spreme.inr.experiments.records import Record, read_records, write_records
from spreme.inr.experiments.settings import METHODS, Settings

__all__ = [
    "METHODS",
    "Family",
    "Record",
    "Settings",
    "compare",
    "load_family",
    "plot_curves",
    "plot_pictures",
    "plot_psnr",
    "read_records",
    "write_records",
]
