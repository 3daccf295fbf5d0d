"""Persons, their addresses and roles, signing in, organisations and their membership over time."""
