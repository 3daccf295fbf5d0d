"""Stories are told through pages and mails alone, with a worker whose mail can be read."""

from tests.mail.conftest import post  # noqa: F401 - a fixture
