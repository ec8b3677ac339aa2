"""PySINDy's peers in parts: recordings, regression rows, thresholding, forecasts and tuning on held-out data."""
