"""Benchmarks: ratios to a limit that is measured in the same run. Run them with ``make bench``."""
