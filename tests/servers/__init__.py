"""Real servers for the tests, from wheels."""
