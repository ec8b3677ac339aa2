"""Solvers that look for a set of terms: best subsets and sequential thresholding."""
