"""Proximal solvers: whatever offers prox, value and kkt."""
