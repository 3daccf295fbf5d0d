"""Outgoing messages: rows that say what became of each, rendering, and the way to the relay."""
