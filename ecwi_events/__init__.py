"""ecwi-events: from a sign-up to the yearly overview, every figure traced to its records."""
