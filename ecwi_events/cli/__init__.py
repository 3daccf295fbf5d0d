"""The operators' commands: ``ecwi-events --help``."""
