"""The yearly overview: statistics with definitions, editions as frozen snapshots, and their outputs."""
