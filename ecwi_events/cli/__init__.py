"""The operators' commands: ``ecwi-events --help``."""


def main() -> None:
    """Run the console script; the commands are imported here, so that a look into this package costs nothing."""
    from ecwi_events.cli.group import ecwi_events  # noqa: PLC0415 - see above

    ecwi_events(prog_name="ecwi-events")
