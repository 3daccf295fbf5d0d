"""Forms that do something once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from ecwi_events.journal import sent_forms
from ecwi_events.kernel.db import transaction


def sent(*parts, now):
    with transaction():
        return sent_forms.is_first(parts, now=now)


def test_the_same_parts_come_first_once_and_others_are_others(app, now):
    assert sent("page", "word", now=now) and not sent("page", "word", now=now)
    assert sent("page", "other", now=now) and sent("pagew", "ord", now=now)


def test_of_many_at_the_same_moment_one_is_first(app, now):
    def send(_):
        with app.app_context():
            return sent("page", "word", now=now)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(send, range(4))) == [False, False, False, True]


def test_old_forms_are_forgotten(app, now):
    sent("page", "old", now=now)
    sent("page", "new", now=now + timedelta(days=1))
    with transaction():
        assert sent_forms.forget_old(now=now + sent_forms.KEEP + timedelta(seconds=1)) == 1
    assert sent("page", "old", now=now) and not sent("page", "new", now=now)
