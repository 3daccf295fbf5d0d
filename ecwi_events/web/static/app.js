// Everything here only makes faster what works without it.
