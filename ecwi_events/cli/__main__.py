"""``python -m ecwi_events.cli`` is the console script."""

from ecwi_events.cli import main

main()
