"""What hosts and the office see of people, and do for them."""

import csv
import io
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.people.models import Person, Role
from ecwi_events.programme.models import ActivitySession
from ecwi_events.registration import answers, queries, questions, service
from ecwi_events.registration.models import Place, Places, Registration
from ecwi_events.registration.models_questions import QuestionKind
from ecwi_events.registration.questions import NewQuestion
from ecwi_events.registration.rules import Terms
from ecwi_events.registration.service import SignUp
from tests import make
from tests.web.conftest import words

TWO = [make.make_session("Begin"), make.make_session("Go on", starts_local="2027-02-16 14:00")]


@pytest.fixture
def house(client) -> int:
    organisation = make.make_organisation("Hosting House")
    make.signed_in_by_row(client, make.make_host(organisation))
    return organisation


@pytest.fixture
def activity(house) -> int:
    return make.make_activity(host_id=house, capacity=1)


def people(activity) -> str:
    return f"/host/activities/{activity}/people"


def place_of(registration_id) -> Place:
    place = db.session.scalar(sa.select(Registration.place).where(Registration.id == registration_id))
    db.session.rollback()
    return place


def set_terms(activity, **terms) -> None:
    with transaction():
        service.set_terms(activity, Terms(**terms), now=make.NOW)


def sessions_of(activity) -> list[int]:
    found = sa.select(ActivitySession.id).where(ActivitySession.activity_id == activity)
    return db.session.scalars(found.order_by(ActivitySession.starts_at)).all()


class TestTheList:
    def test_everybody_by_state_with_numbers_in_line(self, client, activity):
        make.sign_up(activity, "Has Place", organisation="School 5")
        for name in ("First Waits", "Second Waits"):
            make.sign_up(activity, name)
        page = words(client.get(people(activity)))
        assert "3 people · 1 with a place · 2 in the line" in page
        assert page.index("Has Place") < page.index("First Waits") < page.index("Second Waits")
        assert "Number 2 in the line" in page

    def test_search_and_filter_do_not_change_the_numbers(self, client, activity):
        for name in ("Has Place", "Олена Коваль", "Second Waits"):
            make.sign_up(activity, name)
        page = words(client.get(f"{people(activity)}?q=koval&state=line"))
        assert "Олена Коваль" in page and "Number 1 in the line" in page and "Second Waits" not in page
        page = words(client.get(f"{people(activity)}?q=nobody"))
        assert "Nobody here." in page
        for odd in ("?state=x&session=x&page=x", "?page=99999999999", "?session=999"):
            assert client.get(people(activity) + odd).status_code == 200

    def test_another_host_sees_nothing(self, client, activity):
        other = make.make_activity("Other")
        theirs = make.sign_up(other).registration_id
        mine = make.sign_up(activity).registration_id
        for path in ("", ".csv", "/sheet", f"/{theirs}"):
            assert client.get(people(other) + path).status_code == 404
        assert client.get(f"{people(activity)}/{theirs}").status_code == 404, "nor by another address"
        assert client.post(f"{people(activity)}/{theirs}", data={"act": "decline", "reason": "x"}).status_code == 404
        assert client.post(people(other), data={"name": "A B", "email": "a@people.example"}).status_code == 404
        assert place_of(theirs) is place_of(mine) is Place.CONFIRMED

    def test_the_page_costs_the_same_for_one_and_for_three(self, client, activity, count_queries):
        costs = []
        for number in (1, 2):
            for _ in range(number):
                make.sign_up(activity)
            client.get(people(activity))
            with count_queries() as seen:
                client.get(people(activity))
            costs.append(len(seen))
        assert costs[0] == costs[1]

    def test_who_was_brought_by_another_and_has_still_to_answer_is_shown(self, client, activity, count_queries):
        with transaction():
            needed = NewQuestion(QuestionKind.TEXT, "In which <b>group?", "To plan", is_required=True)
            field = f"answer-{questions.add_question(activity, needed, now=make.NOW)}"
            questions.add_question(activity, NewQuestion(QuestionKind.TEXT, "Anything else?", "To know"), now=make.NOW)
        make.sign_up(activity, "By Herself")
        bringer = make.make_person("Brings Others")
        with transaction():
            answers.sign_up_group(
                activity,
                [
                    (SignUp(activity, "Has Answered", "one@people.example"), {field: "Trainers"}),
                    (SignUp(activity, "Asked Still", "two@people.example"), {}),
                    (SignUp(activity, "Gave Up", "three@people.example"), {}),
                ],
                by_person_id=bringer,
                now=make.NOW,
            )
        ids = dict(
            db.session.execute(
                sa.select(Person.name, Registration.id).join(Person, Person.id == Registration.person_id)
            ).all()
        )
        db.session.rollback()
        make.withdraw(ids["Gave Up"])
        with count_queries() as seen:
            page = words(client.get(people(activity)))
        assert page.count("1 answer open") == 1 and "Answers open (1)" in page
        found = words(client.get(f"{people(activity)}?state=open"))
        assert "Asked Still" in found and "Has Answered" not in found and "Gave Up" not in found
        shown = client.get(f"{people(activity)}/{ids['Asked Still']}").text
        assert "Not answered yet" in shown and "In which &lt;b&gt;group?" in shown and "Anything else?" not in shown
        for name in ("By Herself", "Has Answered", "Gave Up"):
            assert "Not answered yet" not in client.get(f"{people(activity)}/{ids[name]}").text
        with transaction():
            answers.change(ids["Asked Still"], {field: "Mentors"}, now=make.NOW)
        with count_queries() as fewer:
            assert "nswers open" not in words(client.get(people(activity)))
        assert len(seen) == len(fewer), "as many for one whose answers are open as for nobody"

    def test_an_auditor_reads_and_has_no_buttons(self, client):
        activity = make.make_activity()
        mine = make.sign_up(activity).registration_id
        make.signed_in_by_row(client, make.make_staff(Role.AUDITOR))
        for path in (people(activity), f"{people(activity)}/{mine}", f"/host/activities/{activity}/places"):
            page = client.get(path)
            assert page.status_code == 200 and page.text.count('method="post"') == 2, "only to sign out, twice"


class TestActs:
    def test_adding_somebody(self, client, activity):
        answer = client.post(people(activity), data={"name": "Ani Added", "email": "ani@people.example"})
        assert answer.status_code == 303
        assert "Ani Added has a place and gets an email." in words(client.get(people(activity)))
        client.post(people(activity), data={"name": "Bo Second", "email": "bo@people.example"})
        assert "Bo Second is number 1 in the line." in words(client.get(people(activity)))
        client.post(people(activity), data={"name": "Cy Beyond", "email": "cy@people.example", "beyond": "1"})
        assert "Cy Beyond has a place" in words(client.get(people(activity)))
        client.post(people(activity), data={"name": "Cy Beyond", "email": "cy@people.example"})
        assert "signed up already. Nothing was changed." in words(client.get(people(activity)))
        assert client.post(people(activity), data={"name": "", "email": "x"}).status_code == 422

    def test_approving_and_declining(self, client, activity):
        set_terms(activity, needs_approval=True)
        first, second = (make.sign_up(activity).registration_id for _ in range(2))
        assert "2 wait for you" in words(client.get(people(activity)))
        client.post(f"{people(activity)}/{first}", data={"act": "approve"})
        assert place_of(first) is Place.CONFIRMED
        path = f"{people(activity)}/{second}"
        answer = client.post(path, data={"act": "decline", "reason": ""})
        assert answer.status_code == 422 and place_of(second) is Place.PENDING
        client.post(path, data={"act": "decline", "reason": "From another country"})
        assert place_of(second) is Place.DECLINED
        assert "From another country" in words(client.get(path))

    def test_taking_off_with_a_reason_lets_the_next_in(self, client, activity):
        first, second = (make.sign_up(activity).registration_id for _ in range(2))
        client.post(f"{people(activity)}/{first}", data={"act": "withdraw", "reason": "Is ill"})
        assert (place_of(first), place_of(second)) == (Place.WITHDRAWN, Place.CONFIRMED)
        token = queries.find_sign_up(first).token
        assert "Is ill" not in client.get(f"/m/{token}").text

    def test_a_place_beyond_the_line(self, client, activity):
        _, second = (make.sign_up(activity).registration_id for _ in range(2))
        client.post(f"{people(activity)}/{second}", data={"act": "place"})
        assert place_of(second) is Place.CONFIRMED

    def test_moving_to_another_session(self, client, house):
        activity = make.make_activity(host_id=house, sessions=TWO)
        set_terms(activity, by="session")
        first, second = sessions_of(activity)
        with transaction():
            new = SignUp(activity, "Olena Koval", "o@people.example", session_ids=[first])
            mine = service.sign_up(new, now=make.NOW).registration_id
        path = f"{people(activity)}/{mine}"
        assert "Move to" in words(client.get(path))
        assert client.post(path, data={"act": "move", "session": "x"}).status_code == 422
        assert client.post(path, data={"act": "move", "session": str(second)}).status_code == 303
        db.session.rollback()
        held = dict(db.session.execute(sa.select(Registration.session_id, Registration.place)).all())
        assert held == {first: Place.WITHDRAWN, second: Place.CONFIRMED}

    @pytest.mark.parametrize("act", ["", "publish"])
    def test_an_unknown_act_does_nothing(self, client, activity, act):
        mine = make.sign_up(activity).registration_id
        assert client.post(f"{people(activity)}/{mine}", data={"act": act, "reason": "x"}).status_code == 422
        assert place_of(mine) is Place.CONFIRMED


class TestFiles:
    def test_the_file_has_answers_and_no_formulas(self, client, activity):
        with transaction():
            field = questions.add_question(activity, NewQuestion(QuestionKind.TEXT, "=cmd()?", "To know"), now=make.NOW)
        with transaction():
            new = SignUp(activity, "=HYPERLINK(1)", "o@people.example", "@School")
            answers.sign_up(new, {f"answer-{field}": "+1+1"}, now=make.NOW)
        answer = client.get(f"{people(activity)}.csv")
        rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
        assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
        assert rows[0][-1] == "'=cmd()?"
        assert rows[1][:2] == ["'=HYPERLINK(1)", "'@School"] and rows[1][-1] == "'+1+1"
        assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)

    def test_places_and_attendance_stand_in_the_row_of_links(self, client, activity):
        page = words(client.get(people(activity)))
        assert f'<a href="/host/activities/{activity}/places">Places and terms</a>' in page
        assert f'<a href="/host/activities/{activity}/sessions">Sessions and attendance</a>' in page

    def test_the_file_has_the_number_in_line(self, client, house):
        activity = make.make_activity(host_id=house, capacity=1)
        for name in ("Has Place", "First Waits", "Second Waits"):
            make.sign_up(activity, name)
        rows = list(csv.DictReader(io.StringIO(client.get(f"{people(activity)}.csv").get_data().decode("utf-8-sig"))))
        assert [(row["Name"], row["Number in line"]) for row in rows] == [
            ("Has Place", ""), ("First Waits", "1"), ("Second Waits", "2")
        ]  # fmt: skip

    def test_a_sheet_to_sign_for_each_session(self, client, house):
        activity = make.make_activity(host_id=house, sessions=TWO, capacity=1)
        make.sign_up(activity, "Has Place", organisation="School 5")
        make.sign_up(activity, "Only Waits")
        page = words(client.get(f"{people(activity)}/sheet"))
        assert page.count('class="sheet"') == 2 and page.count("Has Place") == 2 and "Only Waits" not in page
        one = words(client.get(f"{people(activity)}/sheet?session={sessions_of(activity)[0]}"))
        assert one.count('class="sheet"') == 1


class TestPlacesAndTerms:
    def places(self, activity) -> str:
        return f"/host/activities/{activity}/places"

    def test_more_places_let_the_line_in(self, client, activity):
        _, second = (make.sign_up(activity).registration_id for _ in range(2))
        assert client.post(self.places(activity), data={"capacity": "2"}).status_code == 303
        assert place_of(second) is Place.CONFIRMED
        assert "1 person from the line got a place" in words(client.get(self.places(activity)))

    def test_fewer_places_than_are_taken_must_be_meant(self, client, activity):
        client.post(self.places(activity), data={"capacity": "3"})
        for _ in range(3):
            make.sign_up(activity)
        answer = client.post(self.places(activity), data={"capacity": "1"})
        page = words(answer)
        assert answer.status_code == 409 and "3 people have a place already." in page
        assert "All keep their places" in page and 'value="1"' in page
        assert db.session.scalar(sa.select(Places.capacity)) == 3
        assert client.post(self.places(activity), data={"capacity": "1", "keep": "1"}).status_code == 303
        assert "2 too many" in words(client.get(self.places(activity)))

    @pytest.mark.parametrize("typed", ["0", "-1", "x", "1.5", "²"])
    def test_what_is_no_number_of_places(self, client, activity, typed):
        assert client.post(self.places(activity), data={"capacity": typed}).status_code == 422

    def test_terms_are_saved_and_shown(self, client, activity):
        typed = {
            "by": "session", "who": "members", "needs_approval": "1", "most_per_organisation": "2",
            "opens_on": "2026-12-01", "opens_time": "09:00", "offers_within_hours": "0", "offers_last_minutes": "90",
        }  # fmt: skip
        assert client.post(f"/host/activities/{activity}/terms", data=typed).status_code == 303
        facts = queries.sign_up_facts(activity)
        db.session.rollback()
        got = facts.terms
        assert (got.by, got.who, got.needs_approval, got.most_per_organisation) == ("session", "members", True, 2)
        assert got.opens_at.isoformat() == "2026-12-01T08:00:00+00:00"
        assert (got.offers_within_hours, got.offers_last_minutes) == (0, 90)
        page = words(client.get(self.places(activity)))
        assert 'value="2026-12-01"' in page and 'value="09:00"' in page and 'value="90"' in page

    @pytest.mark.parametrize(
        "wrong", [{"who": "friends"}, {"by": "x"}, {"opens_on": "soon"}, {"most_per_organisation": "many"},
                  {"most_per_organisation": "0"}, {"offers_last_minutes": "0"}]
    )  # fmt: skip
    def test_terms_that_are_none(self, client, activity, wrong):
        typed = {"by": "activity", "who": "everyone", **wrong}
        assert client.post(f"/host/activities/{activity}/terms", data=typed).status_code == 422

    def test_what_people_signed_up_for_cannot_change(self, client, activity):
        make.sign_up(activity)
        answer = client.post(f"/host/activities/{activity}/terms", data={"by": "session", "who": "everyone"})
        assert answer.status_code == 409 and "People have signed up already" in words(answer)

    def test_the_list_of_the_invited(self, client, activity):
        set_terms(activity, who="invited")
        path = f"/host/activities/{activity}/invited"
        answer = client.post(path, data={"addresses": "ok@people.example\nbad@"})
        assert answer.status_code == 422 and "These are no email addresses: bad@" in words(answer)
        assert client.post(path, data={"addresses": ""}).status_code == 422
        assert client.post(path, data={"addresses": "ok@people.example; two@people.example"}).status_code == 303
        page = words(client.get(self.places(activity)))
        assert "ok@people.example" in page and "two@people.example" in page
        number = db.session.scalar(sa.text("SELECT min(id) FROM sign_up_invitation"))
        client.post(path, data={"remove": str(number)})
        assert db.session.scalar(sa.text("SELECT count(*) FROM sign_up_invitation")) == 1


class TestWhatTheHostIsTold:
    def test_an_approval_without_a_free_place_says_the_number_in_line(self, client, activity):
        set_terms(activity, needs_approval=True)
        said = []
        for name in ("First", "Second", "Third"):
            one = make.sign_up(activity, name).registration_id
            client.post(f"{people(activity)}/{one}", data={"act": "approve"})
            said.append(words(client.get(people(activity))))
        assert "Approved. The person gets an email." in said[0]
        assert "Approved. All places are taken: number 2 in the line." in said[2]

    def test_nobody_is_taken_off_what_is_over(self, client, activity, the_clock):
        one = make.sign_up(activity).registration_id
        the_clock.now += timedelta(days=400)
        make.signed_in_by_row(client, make.make_office())
        answer = client.post(f"{people(activity)}/{one}", data={"act": "withdraw", "reason": "Wrote to me"})
        assert answer.status_code == 409 and "This is over" in words(answer)
        assert "They cannot come" not in words(client.get(f"{people(activity)}/{one}"))
        assert place_of(one) is Place.CONFIRMED

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ({"opens_on": "9999-12-31", "opens_time": "23:59"}, "Enter a date from 1990 to 2100"),
            ({"opens_on": "0001-01-01"}, "Enter a date from 1990 to 2100"),
            ({"opens_time": "09:00"}, "Enter the day as well, or leave the time empty"),
            ({"opens_on": "2099-01-01"}, "Sign-up must open before the last session ends"),
        ],
    )
    def test_an_opening_day_that_cannot_be(self, client, activity, typed, said):
        form = {"by": "activity", "who": "everyone", **typed}
        answer = client.post(f"/host/activities/{activity}/terms", data=form)
        assert answer.status_code == 422 and said in words(answer)
        assert queries.sign_up_facts(activity).terms.opens_at is None
