"""A mail server that is away, slow, says no or hangs up, and real workers who write to it; the ledger is what it took."""

import pytest

from ecwi_events.mail.models import Mail, MailState
from tests.faults.ground import (
    PATIENCE,
    SOAK,
    Sink,
    all_sent,
    batch_service,
    check,
    count,
    mail_server,
    queue_mails,
    try_at_once,
    until,
    worker,
)
from tests.servers import postgres

pytestmark = pytest.mark.servers
BATCH = 1000 if SOAK else 30
ENGINES = ["sqlite", "postgresql"] if SOAK else ["postgresql"]
TEXT_ANSWERS = [["451 later"], ["421 closing"], ["cut before"], ["slow"], ["cut"], ["550 5.6.0 no such text"]]
NAME_ANSWERS = [["451 4.2.1 later"], ["421 closing"], ["550 5.1.1 no such person"]]


@pytest.mark.parametrize("engine", ENGINES)
def test_what_a_mail_server_answers_doubles_nothing_but_what_was_lost_after_its_text(
    engine, make_settings, make_database
):
    """A slow answer is waited for, however many leases it takes; no answer at all: rather twice than never."""
    with_faults = BATCH // 2 if not SOAK else BATCH // 10
    addresses = [f"p{number}@crowd.example" for number in range(BATCH)]
    sink = Sink()
    for place, address in enumerate(addresses[:with_faults]):
        answers = [*TEXT_ANSWERS, *NAME_ANSWERS][place % (len(TEXT_ANSWERS) + len(NAME_ANSWERS))]
        (sink.named if answers in NAME_ANSWERS else sink.faults)[address] = list(answers)
    refused = {a for each in (sink.named, sink.faults) for a, answers in each.items() if answers[0].startswith("550")}
    cut = {address for address, answers in sink.faults.items() if answers == ["cut"]}
    with batch_service(sink, make_settings, make_database, engine) as (environment, _), worker(environment) as process:
        queue_mails(BATCH)
        all_sent(BATCH - len(refused), alive=process)
        until(lambda: count(Mail, Mail.state == MailState.FAILED) == len(refused), alive=process)
    check(sink, [address for address in addresses if address not in refused], doubled_at_most=len(cut))
    assert {address for address in addresses if sink.recipients.count(address) > 1} == cut


def test_mail_waits_for_a_server_that_is_not_there_and_nobody_has_to_do_anything(make_settings, make_database):
    sink, port = Sink(seconds=0.01), postgres.free_port()
    here = {"MAIL_URL": f"smtp://127.0.0.1:{port}"}
    with batch_service(sink, make_settings, make_database, **here) as (environment, _), worker(environment) as process:
        addresses = queue_mails(BATCH)
        until(lambda: count(Mail, Mail.state == MailState.RETRY) == BATCH, seconds=PATIENCE, alive=process)
        with mail_server(sink, port):
            until(lambda: try_at_once() or len(sink.messages) >= BATCH // 2, seconds=PATIENCE, alive=process)
        try_at_once()
        until(lambda: count(Mail, Mail.state == MailState.RETRY) > 0, seconds=PATIENCE, alive=process)
        with mail_server(sink, port):
            all_sent(BATCH, alive=process)
    check(sink, addresses, doubled_at_most=1)  # the one whose text was there when the server ended
