"""Which reminder is due to whom; derived from facts, never scheduled."""
