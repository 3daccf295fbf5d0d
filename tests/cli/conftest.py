"""Commands make an application of their own; what that sets for the whole process is put back for the other tests."""

import pytest

from ecwi_events.kernel import db, links, tokens


@pytest.fixture(autouse=True)
def process_wide_settings():
    """Give the base URL, the key of links and the doorbell back to the application that had them."""
    lists = (links._base, tokens._key, db._after_commit)
    kept = [list(each) for each in lists]
    yield
    for each, before in zip(lists, kept, strict=True):
        each[:] = before
