"""A worker with a frozen clock whose mail goes to a folder of the test's own, or to a mail server that we script."""

from dataclasses import replace

import pytest
import time_machine

from config import MailSetting
from tests import make
from tests.mail.receiver import Receiver
from tests.mail.showing import Post


@pytest.fixture
def post(app, tmp_path):
    """The worker; its clock stands at the examples' present."""
    settings = replace(app.extensions["ecwi_settings"], mail=MailSetting(folder=tmp_path / "mail"))
    with time_machine.travel(make.NOW, tick=False) as clock:
        yield Post(app, settings, clock)


@pytest.fixture
def receiver(post):
    """A real mail server on this machine; the worker sends through it."""
    server = Receiver()
    server.start()
    post.through(MailSetting(host=server.host, port=server.port))
    yield server
    server.stop()
