"""A worker that has lost its lease over a mail says nothing about it: somebody else has it in hand now."""

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail.transports import Lost, NotNow, SmtpConversation
from ecwi_events.work.models import Work
from tests import make
from tests.mail.showing import make_webinar


@pytest.mark.parametrize("trouble", [Lost("gone"), NotNow("451 later")])
@pytest.mark.parametrize(("is_taken", "state"), [(True, "sending"), (False, None)])
def test_trouble_with_a_mail_is_noted_by_whoever_holds_its_lease(post, receiver, monkeypatch, trouble, is_taken, state):
    make.sign_up(make_webinar(), "Olena Koval")

    def hand_over(_conversation, _text):
        if is_taken:
            with transaction():
                db.session.execute(sa.update(Work).values(lease_token="somebody else's"))
        raise trouble

    monkeypatch.setattr(SmtpConversation, "hand_over", hand_over)
    post.send()
    noted = state or ("unknown" if isinstance(trouble, Lost) else "retry")
    assert [found for found, _ in post.states()] == [noted]


def test_the_lease_is_kept_while_the_mail_server_thinks(post, receiver, monkeypatch):
    make.sign_up(make_webinar(), "Olena Koval")
    ends = []

    def hand_over(conversation, _text):
        for _ in range(2):
            with transaction():
                db.session.execute(sa.update(Work).values(lease_until_ms=0))
            assert conversation.while_waiting() is True
            ends.append(db.session.scalar(sa.select(Work.lease_until_ms).where(Work.kind == "mail.send")))
            db.session.rollback()
        with transaction():
            db.session.execute(sa.update(Work).values(lease_token="somebody else's"))
        assert conversation.while_waiting() is False

    monkeypatch.setattr(SmtpConversation, "hand_over", hand_over)
    post.send()
    assert len(ends) == 2 and all(ends)
