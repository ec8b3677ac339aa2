"""Multiple shooting: fits of a mask to the segments of one environment by compiled Gauss-Newton."""
