"""Reading the mails of acts on places, as their readers see them."""

from ecwi_events.mail.rendering import as_text
from ecwi_events.registration import queries


def last_to(post, who, kind):
    """The last mail of this kind to somebody, after everything that is due was sent."""
    post.send()
    return next(m for m in reversed(post.mails()) if who in str(m["To"]) and m["X-Mail-Kind"] == f"registration.{kind}")


def both_parts(mail):
    """The words of both parts, which must hold the same things."""
    text = mail.get_body(("plain",)).get_content()
    return " ".join(text.split()), as_text(mail.get_body(("html",)).get_content())


def says(mail, *words):
    for part in both_parts(mail):
        for word in words:
            assert word in part, (word, part)


def says_not(mail, *words):
    for part in both_parts(mail):
        for word in words:
            assert word not in part, (word, part)


def kinds_of(post):
    """The kinds of all mails that were sent."""
    post.send()
    return [mail["X-Mail-Kind"] for mail in post.mails()]


def link_of(registration_id):
    return f"http://events.test/m/{queries.find_sign_up(registration_id).token}"
