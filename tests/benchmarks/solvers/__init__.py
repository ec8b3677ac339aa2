"""Instances, judge, peers and tables of `bench_solvers.py`."""
