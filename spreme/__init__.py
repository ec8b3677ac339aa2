"""Sparse discovery of ordinary differential equations shared by several experiments."""

__version__ = "0.1.0.dev0"
