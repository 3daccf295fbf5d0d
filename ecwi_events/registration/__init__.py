"""Signing up: places, the waiting list, withdrawing."""
