"""A `Found` against the truth: structure, coefficients, forecasts, adaptation, and what the search missed."""

from systems.judging.verdict import FIELDS, judge

__all__ = ["FIELDS", "judge"]
