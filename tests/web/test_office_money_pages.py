import io
import re
from urllib.parse import quote

import pytest

from ecwi_events.people.models import Role
from ecwi_events.programme import queries_money
from tests import make
from tests.programme.files_by_hand import PDF
from tests.web.conftest import words

LINE = {"payer": "members", "stage": "actual", "form": "cash", "amount": "1234,50", "currency": "EUR"}


@pytest.fixture
def activity_id(app):
    return make.make_activity()


@pytest.fixture
def office(client):
    make.signed_in(client, make.make_office())
    return client


def send_large(client, path, data):
    """The test's own client keeps a large body in a temporary file, and leaves it open."""
    answer = client.post(path, data=data, content_type="multipart/form-data")
    answer.request.environ["wsgi.input"].close()
    return answer


def address(activity_id):
    return f"/office/activities/{activity_id}/money"


def test_amounts_are_added_and_summed(office, activity_id):
    assert "There is nothing to add up" in office.get(address(activity_id)).text
    for change in ({}, {"payer": "secretariat", "amount": "1234.50"}, {"form": "in_kind", "amount": "1 000"},
                   {"stage": "committed", "amount": "9"}):  # fmt: skip
        assert office.post(address(activity_id), data=LINE | change).status_code == 303
    shown = words(office.get(address(activity_id)))
    assert "Paid: 2,469.00 Eur" in shown and "ISSA Members: 1,234.50 Eur, 50%" in shown
    assert "In kind, beside the sum: 1,000.00 Eur" in shown and "Promised: 9.00 Eur" in shown


def test_an_amount_in_another_currency_needs_a_rate_to_be_in_the_sum(office, activity_id):
    office.post(address(activity_id), data=LINE | {"currency": "USD"})
    shown = words(office.get(address(activity_id)))
    assert "Paid: not known" in shown and "Without a rate, so not in the sum: 1,234.50 USD" in shown
    [line] = queries_money.lines_of(activity_id)
    changed = LINE | {"currency": "USD", "rate": "1.25", "rate_on": "2026-11-20", "booked_on": "2026-11-19"}
    assert office.post(f"{address(activity_id)}/{line.id}", data=changed).status_code == 303
    assert "Paid: 987.60 Eur" in words(office.get(address(activity_id)))
    form = office.get(f"{address(activity_id)}/{line.id}").text
    assert 'value="1.2500"' in form and 'value="2026-11-20"' in form and 'value="1234.50"' in form


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"amount": "1.234"}, "can be read in two ways"),
        ({"amount": "1000.005"}, "two decimals or fewer"),
        ({"payer": "nobody"}, "Choose who pays"),
        ({"stage": ""}, "Choose how sure it is"),
        ({"currency": "XXX"}, "Choose a currency from the list"),
        ({"booked_on": "yesterday"}, "Enter a day like"),
        ({"payer_id": "²"}, "Choose an organisation"),
        ({"payer_id": "99999"}, "Choose an organisation"),
        ({"currency": "USD", "rate": "1.08"}, "Enter the day of this rate"),
        ({"rate": "1.08", "rate_on": "2026-11-20"}, "Euros need no rate"),
        ({"currency": "USD", "rate": "0.000001", "rate_on": "2026-11-20"}, "Look at this rate again"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_what_was_typed(office, activity_id, change, said):
    answer = office.post(address(activity_id), data=LINE | {"note": "Invoice 7"} | change)
    assert answer.status_code == 422 and said in answer.text and 'value="Invoice 7"' in answer.text
    assert queries_money.lines_of(activity_id) == []


def word_of(page):
    return re.search(r'name="once" value="([^"]+)"', page.text)[1]


def test_the_same_form_sent_twice_makes_one_amount(office, activity_id):
    sent = LINE | {"once": word_of(office.get(address(activity_id)))}
    assert [office.post(address(activity_id), data=sent).status_code for _ in range(2)] == [303, 303]
    assert "This form was sent before" in office.get(address(activity_id)).text
    assert len(queries_money.lines_of(activity_id)) == 1
    office.post(address(activity_id), data=sent | {"amount": "7"})  # gone back and changed: another amount
    office.post(address(activity_id), data=LINE | {"once": word_of(office.get(address(activity_id)))})
    assert len(queries_money.lines_of(activity_id)) == 3


def test_a_form_that_was_refused_is_not_held_for_one_that_was_sent(office, activity_id):
    sent = LINE | {"once": "word", "rate": "2"}
    assert [office.post(address(activity_id), data=sent).status_code for _ in range(2)] == [422, 422]
    assert queries_money.lines_of(activity_id) == []


def test_the_second_of_two_who_change_an_amount_sees_both_versions(office, activity_id):
    office.post(address(activity_id), data=LINE | {"note": "Invoice 7"})
    [line] = queries_money.lines_of(activity_id)
    path = f"{address(activity_id)}/{line.id}"
    seen = re.search(r'name="seen" value="([^"]+)"', office.get(path).text)[1]
    assert office.post(path, data=LINE | {"seen": seen, "amount": "8", "note": "Theirs"}).status_code == 303
    mine = LINE | {"seen": seen, "amount": "9", "stage": "planned", "note": "Mine"}
    answer = office.post(path, data=mine)
    assert answer.status_code == 409 and "Somebody else changed this amount" in answer.text
    shown = words(answer)
    assert "Theirs</td>" in shown and "Mine</td>" in shown and "8.00</td>" in shown and "Planned</td>" in shown
    assert 'value="Mine"' in answer.text and queries_money.lines_of(activity_id)[0].note == "Theirs"
    again = re.search(r'name="seen" value="([^"]+)"', answer.text)[1]
    assert office.post(path, data=mine | {"seen": again, "rate": "2"}).status_code == 422
    assert office.post(path, data=mine | {"seen": again}).status_code == 303
    assert queries_money.lines_of(activity_id)[0].note == "Mine"


def test_a_note_that_is_too_long_is_refused_and_not_cut(office, activity_id):
    answer = office.post(address(activity_id), data=LINE | {"note": "x" * 201})
    assert answer.status_code == 422 and "Use 200 letters or fewer: this note has 201" in answer.text
    assert "x" * 201 in answer.text and queries_money.lines_of(activity_id) == []


def test_a_weak_currency_keeps_its_rate_and_an_amount_without_a_source_says_so(office, activity_id):
    weak = LINE | {"currency": "LBP", "amount": "5000000", "rate": "103000", "rate_on": "2026-11-20"}
    assert office.post(address(activity_id), data=weak).status_code == 303
    assert "Not said yet" in office.get(address(activity_id)).text


def test_evidence_goes_in_and_comes_out_as_an_attachment(office, activity_id):
    name = "Рахунок №7.pdf"
    office.post(address(activity_id), data=LINE | {"file": (io.BytesIO(PDF), name)}, content_type="multipart/form-data")
    [line] = queries_money.lines_of(activity_id)
    answer = office.get(f"{address(activity_id)}/{line.id}/evidence", buffered=True)
    assert answer.data == PDF and answer.mimetype == "application/pdf"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment") and f"filename*=UTF-8''{quote('Рахунок №7')}" in disposition
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_file_that_lies_is_refused_and_what_was_typed_stays(office, activity_id):
    sent = LINE | {"file": (io.BytesIO(b"<script>"), "invoice.pdf")}
    answer = office.post(address(activity_id), data=sent, content_type="multipart/form-data")
    assert answer.status_code == 422 and "something else inside" in answer.text and 'value="1234,50"' in answer.text


def test_an_amount_is_removed(office, activity_id):
    office.post(address(activity_id), data=LINE)
    [line] = queries_money.lines_of(activity_id)
    assert office.post(f"{address(activity_id)}/{line.id}/remove").status_code == 303
    assert queries_money.lines_of(activity_id) == []
    assert office.post(f"{address(activity_id)}/{line.id}/remove").status_code == 404


def test_hosts_do_not_see_the_money_and_auditors_cannot_change_it(office, client, activity_id):
    office.post(address(activity_id), data=LINE)
    [line] = queries_money.lines_of(activity_id)
    make.signed_in(client, make.make_staff(Role.AUDITOR))
    assert "1,234.50 Eur" in client.get(address(activity_id)).text
    assert client.post(address(activity_id), data=LINE).status_code == 403
    make.signed_in(client, make.make_host(make.make_organisation()))
    for path in (
        address(activity_id),
        f"{address(activity_id)}/{line.id}",
        f"{address(activity_id)}/{line.id}/evidence",
    ):
        assert client.get(path).status_code == 403


def test_lines_of_other_activities_and_evidence_that_is_not_there_are_not_found(office, activity_id):
    office.post(address(activity_id), data=LINE)
    [line] = queries_money.lines_of(activity_id)
    other = make.make_activity()
    for path in (f"{address(other)}/{line.id}", f"{address(activity_id)}/{line.id}/evidence", address(10**6)):
        assert office.get(path).status_code == 404
    assert office.post(f"{address(other)}/{line.id}", data=LINE).status_code == 404


def test_a_body_that_is_too_large_is_refused_with_the_limit_of_this_page(office, activity_id, app):
    app.extensions["ecwi_upload_bytes"], before = 1024 * 1024, app.extensions["ecwi_upload_bytes"]
    try:
        for size, status in ((1024 * 1024 + 5, 422), (3 * 1024 * 1024, 413)):
            sent = LINE | {"file": (io.BytesIO(b"%PDF-" + bytes(size)), "large.pdf")}
            answer = send_large(office, address(activity_id), sent)
            assert answer.status_code == status and "1 MB or less" in answer.text
            assert "You are signed in as" in answer.text
        assert f'href="{address(activity_id)}">Back to the form' in answer.text
    finally:
        app.extensions["ecwi_upload_bytes"] = before


def test_a_stranger_cannot_send_more_than_an_ordinary_form(client, activity_id, with_csrf):
    answer = send_large(client, address(activity_id), LINE | {"file": (io.BytesIO(bytes(9_000_000)), "a.pdf")})
    assert answer.status_code == 413


def test_the_page_asks_the_same_number_of_questions_for_one_amount_and_for_many(office, activity_id, asked):
    def questions():
        asked.clear()
        office.get(address(activity_id))
        return len(asked)

    office.post(address(activity_id), data=LINE)
    one = questions()
    for _ in range(5):
        office.post(address(activity_id), data=LINE)
    assert questions() == one
