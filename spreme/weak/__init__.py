"""Weak form: integrals of the equations against test functions, and the noise that these integrals carry."""

from spreme.weak.bumps import Bumps as Bumps
from spreme.weak.bumps import make_bumps as make_bumps
from spreme.weak.bumps import window_ladder as window_ladder
from spreme.weak.rows import Rows as Rows
from spreme.weak.rows import WeakTrajectory as WeakTrajectory
from spreme.weak.rows import prepare as prepare
from spreme.weak.rows import rows as rows
from spreme.weak.whitening import whiten as whiten
