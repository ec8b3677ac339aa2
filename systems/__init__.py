"""Benchmark systems with known laws: equations, environments, starts, and the data that are drawn from them."""

from systems.registry import get, names, suites
from systems.simulation import generate, simulate_clean
from systems.structure import true_coefficients, true_mask, truth
from systems.system import System

__all__ = ["System", "generate", "get", "names", "simulate_clean", "suites", "true_coefficients", "true_mask", "truth"]
