"""spreme-bench: 30 systems whose law is in their library, and the glycolytic oscillator, whose law is not."""
