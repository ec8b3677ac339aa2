"""The equations."""

from __future__ import annotations

from spreme.plotting.panels import env_label
from spreme.report.mathematics import equations
from spreme.report.parts import Formulas, Section
from spreme.report.subject import Subject

# Environments whose equations are written with numbers; the tables of coefficients have all.
MOST_WRITTEN = 12


def the_law(subject: Subject) -> Section:
    """The shared structure, and the equations of every environment with numbers."""
    law = subject.law
    if len(law.environments) == 1:
        whose = f"With the numbers of the one environment, {env_label(law.environments[0])}"
        parts = (Formulas(equations(law), "Structure"), Formulas(equations(law, law.environments[0]), whose))
        return Section("The law", "law", (), parts)
    shown = law.environments[:MOST_WRITTEN]
    numbers = tuple(Formulas(equations(law, env), f"With numbers: {env_label(env)}", is_folded=True) for env in shown)
    hidden = len(law.environments) - len(shown)
    more = f" Those of {hidden} more environments are in the tables of coefficients." if hidden else ""
    sentence = (
        f"All {len(law.environments)} environments share these terms; the coefficients c are each environment's own."
    )
    if subject.model.tie is not None:
        sentence = (
            f"All {len(law.environments)} environments share these terms; the coefficients c are each environment's "
            "own, but for those that were tied, which are the same in all."
        )
    return Section("The law", "law", (sentence + more,), (Formulas(equations(law)), *numbers))
