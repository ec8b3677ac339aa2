"""Parts of `bench_recovery.py`: which structures are found, from which data, by which methods."""
