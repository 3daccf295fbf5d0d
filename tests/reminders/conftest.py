"""The worker whose mail can be read, also for these tests."""

from tests.mail.conftest import post, receiver  # noqa: F401 - fixtures
from tests.web.conftest import count_queries  # noqa: F401 - a fixture
