"""Reports as mail servers of different makes send them: their structure, in words of our own."""

from __future__ import annotations


def report(  # the parts of a report, all by name
    *,
    status_block: str,
    returned: str = "",
    to: str = "events@events.test",
    returned_type: str = "message/rfc822",
    sender: str = "Mail Delivery System <MAILER-DAEMON@mx.example>",
    words: str = "Your mail could not be delivered.",
    report_type: str = "report; report-type=delivery-status",
    more: str = "",
) -> bytes:
    """A multipart/report: words for people, fields for programs, and what came back of the mail."""
    lines = [
        f"From: {sender}", f"To: {to}", "Subject: Undelivered mail", "MIME-Version: 1.0",
        "Date: Sat, 21 Nov 2026 09:00:00 +0000",
        *([more] if more else []),
        f'Content-Type: multipart/{report_type}; boundary="b1"', "", "--b1",
        "Content-Type: text/plain; charset=utf-8", "", words, "",
        "--b1", "Content-Type: message/delivery-status", "", status_block.strip("\n"), "",
    ]  # fmt: skip
    if returned:
        lines += ["--b1", f"Content-Type: {returned_type}", "", returned.strip("\n"), ""]
    return "\r\n".join("\n".join([*lines, "--b1--", ""]).split("\n")).encode()


def returned(message_id: str) -> str:
    """What came back of a mail of ours."""
    return f"From: events@events.test\nTo: olena@kyiv.example\nSubject: You are signed up\nMessage-ID: {message_id}\n\nHello"


def postfix(message_id: str, *, status: str = "5.1.1", code: str = "550", action: str = "failed") -> bytes:
    block = f"""
Reporting-MTA: dns; mx.relay.example
X-Postfix-Queue-ID: 4F00BA1
X-Postfix-Sender: rfc822; events@events.test
Arrival-Date: Sat, 21 Nov 2026 09:00:00 +0000 (UTC)

Final-Recipient: rfc822; olena@kyiv.example
Original-Recipient: rfc822;olena@kyiv.example
Action: {action}
Status: {status}
Remote-MTA: dns; mx.kyiv.example
Diagnostic-Code: smtp; {code} {status} <olena@kyiv.example>: no mailbox of this
    name
"""
    return report(status_block=block, returned=returned(message_id))


def postfix_headers_only(message_id: str) -> bytes:
    block = (
        "Reporting-MTA: dns; mx.relay.example\n\n"
        "Final-Recipient: rfc822; olena@kyiv.example\nAction: failed\nStatus: 5.1.1\n"
    )
    return report(status_block=block, returned=returned(message_id), returned_type="text/rfc822-headers")


def exim(message_id: str, verp: str = "events@events.test") -> bytes:
    block = """
Reporting-MTA: dns; exim.host.example

Action: failed
Final-Recipient: rfc822;olena@kyiv.example
Status: 5.0.0
Remote-MTA: dns; mx.kyiv.example
Diagnostic-Code: smtp; 550 there is no such person here
"""
    return report(
        status_block=block, returned=returned(message_id), to=verp, more="X-Failed-Recipients: olena@kyiv.example"
    )


def exchange(message_id: str, verp: str = "events@events.test") -> bytes:
    block = """
Reporting-MTA: dns;EX01.corp.example
Received-From-MTA: dns;mx.relay.example
Arrival-Date: Sat, 21 Nov 2026 09:00:00 +0000

Original-Recipient: rfc822;olena@kyiv.example
Final-Recipient: rfc822;olena@kyiv.example
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; nobody found by SMTP look-up
X-Display-Name: olena@kyiv.example
"""
    return report(status_block=block, returned=returned(message_id), to=verp)


def gmail_full(message_id: str) -> bytes:
    block = """
Reporting-MTA: dns; googlemail.example
Arrival-Date: Sat, 21 Nov 2026 01:00:00 -0800 (PST)
X-Original-Message-ID: <other@events.test>

Final-Recipient: rfc822; olena@kyiv.example
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp; 552 5.2.2 The inbox of this person is full.
Last-Attempt-Date: Sat, 21 Nov 2026 01:00:01 -0800 (PST)
"""
    return report(
        status_block=block, returned=returned(message_id), report_type='report; report-type="delivery-status"'
    )


def out_of_office(message_id: str) -> bytes:
    text = f"""From: Olena Koval <olena@kyiv.example>
To: events@events.test
Subject: Out of office: You are signed up
Auto-Submitted: auto-replied
In-Reply-To: {message_id}
References: {message_id}
Message-ID: <away@kyiv.example>
Content-Type: text/plain; charset=utf-8

I am back on Monday. Status: 5.1.1 Action: failed
"""
    return text.replace("\n", "\r\n").encode()


def complaint(
    message_id: str,
    *,
    feedback: str = "Feedback-Type: abuse",
    sender: str = "events@events.test",
    returned_type: str = "message/rfc822",
    boundary: str = "f1",
) -> bytes:
    """What a mail service sends when a reader of it has pressed "this is spam"; it has taken the reader's address out."""
    lines = [
        "From: <feedback@mail.example>", "To: events@events.test", "Subject: FW: You are signed up",
        "Date: Sat, 21 Nov 2026 09:00:00 +0000", "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=feedback-report; boundary="{boundary}"', "", f"--{boundary}",
        "Content-Type: text/plain; charset=us-ascii", "", "One of our readers does not want this mail.", "",
        f"--{boundary}", "Content-Type: message/feedback-report", "",
        *([feedback] if feedback else []), "User-Agent: SomeFeedback/2.1", "Version: 1",
        f"Original-Mail-From: <{sender}>", "Original-Rcpt-To: <redacted@mail.example>", "Source-IP: 192.0.2.1", "",
        f"--{boundary}", f"Content-Type: {returned_type}", "", f"Return-Path: <{sender}>", returned(message_id), "",
        f"--{boundary}--", "",
    ]  # fmt: skip
    return "\r\n".join("\n".join(lines).split("\n")).encode()


def wish(token: str, *more: str, subject: str = "stop {}") -> bytes:
    """What a mail program writes when its reader presses "unsubscribe"."""
    lines = [
        "From: Olena Koval <olena.other@kyiv.example>", "To: bounces@events.test", f"Subject: {subject.format(token)}",
        "Date: Sat, 21 Nov 2026 09:00:00 +0000", "Message-ID: <wish@kyiv.example>", *more, "", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


def nested_mails() -> bytes:
    """A mail in a mail in a mail: 45 KB of them."""
    return b"Content-Type: message/rfc822\r\n\r\n" * 1500


def nested_parts() -> bytes:
    """Parts in parts in parts, and none of them ends."""
    parts = [f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(700)]
    return "".join(parts).encode()


def many_mails(returned_type: str = "text/rfc822-headers") -> bytes:
    """A report that names more mails than a database takes in one question."""
    lines = "\n".join(f"Message-ID: <{n:036x}@e.test>" for n in range(35_000))
    return report(status_block="Final-Recipient: rfc822; x@y.example", returned=lines, returned_type=returned_type)


# Mails by which a stranger could try to stop the reading of all others.
POISONS = {
    "an encoded word that breaks off": b"Subject: =?utf-8?b?a***?=\r\n\r\nHello",
    "mails in mails": nested_mails(),
    "parts in parts": nested_parts(),
    "a subject that begins words without end": b"Subject: " + b"=?a?q?" * 300_000 + b"\r\n\r\nHello",
    "a name of a letter set that nobody knows": b"Subject: =?no-such?q?stop?=\r\n\r\nHello",
    "more mails than a question takes": many_mails("message/rfc822"),
}
