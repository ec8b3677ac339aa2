"""Forecasts and time derivatives of a fitted law, by compiled code."""

from __future__ import annotations

from spreme.simulate.derivative import predict
from spreme.simulate.forecast import simulate

__all__ = ["predict", "simulate"]
