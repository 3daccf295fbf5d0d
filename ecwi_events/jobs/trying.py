"""How a handler says that its work is not done yet, although nothing is broken."""


class TryAgain(Exception):  # noqa: N818 - it tells the drain to try the work again, it is no bug
    """The work could not be done for now; the message says why."""
