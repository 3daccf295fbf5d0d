import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.overview import queries, service
from ecwi_events.overview.models import EditionState
from ecwi_events.overview.snapshot import canonical, content_hash, fingerprint, public
from ecwi_events.work.models import Work
from tests import make
from tests.overview.conftest import snapshot_of

AS_OF = date(2026, 11, 21)


def make_edition(now, *, year=2026, **snapshot):
    with transaction():
        run_id = service.start_compile(year, AS_OF, None, now=now)
        edition = service.write_edition(run_id, {"year": year, "errors": [], "figures": []} | snapshot, now=now)
    return edition.id


def test_a_second_start_joins_the_run_that_is_under_way(app, now):
    with transaction():
        first = service.start_compile(2026, AS_OF, None, now=now)
    with transaction():
        assert service.start_compile(2026, date(2026, 1, 1), None, now=now) == first
        assert service.start_compile(2025, AS_OF, None, now=now) != first
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Work)) == 2
    assert queries.run_under_way(2026).id == first


@pytest.mark.parametrize("year", [0, 1999, 2101, -5])
def test_a_year_without_sense_is_refused(app, now, year):
    with transaction(), pytest.raises(Invalid):
        service.start_compile(year, AS_OF, None, now=now)


def test_publishing_shows_one_edition_and_lets_the_earlier_step_back(app, now):
    first, second = make_edition(now), make_edition(now)
    for edition_id in (first, second):
        with transaction():
            service.publish(edition_id, None, now=now)
        assert queries.published_edition(2026).id == edition_id
    states = [(edition.number, edition.state) for edition in queries.editions(2026)]
    assert states == [(2, EditionState.PUBLISHED), (1, EditionState.SUPERSEDED)]
    assert list(queries.published_years()) == [2026]


@pytest.mark.parametrize(("twice", "code"), [(True, "already_published"), (False, "superseded")])
def test_what_was_published_is_not_published_again(app, now, twice, code):
    first = make_edition(now)
    second = first if twice else make_edition(now)
    for edition_id in dict.fromkeys((first, second)):
        with transaction():
            service.publish(edition_id, None, now=now)
    with transaction(), pytest.raises(Refused) as refused:
        service.publish(first, None, now=now)
    assert refused.value.code == code


def test_errors_stop_the_publication_with_their_sentence(app, now):
    edition_id = make_edition(now, errors=[{"code": "missing_host", "message": "“A” has no host."}] * 2)
    with transaction(), pytest.raises(Refused) as refused:
        service.publish(edition_id, None, now=now)
    assert "“A” has no host. And 1 more." in refused.value.message
    assert queries.published_edition(2026) is None


def test_what_is_not_there_is_said_to_be_not_there(app, now):
    with pytest.raises(NotFound):
        queries.get_edition(99)
    with transaction(), pytest.raises(NotFound):
        service.publish(99, None, now=now)
    edition_id = make_edition(now)
    with pytest.raises(NotFound):
        queries.records_behind(edition_id, "no_such_figure")
    assert queries.output(edition_id, "pdf") is None


def test_a_stored_output_stays_as_it_is(app, now):
    edition_id = make_edition(now)
    for body in (b"\xff first", b"second"):
        with transaction():
            service.store_output(edition_id, "pdf", body)
    assert queries.output(edition_id, "pdf") == b"\xff first"


def test_the_records_behind_a_figure_name_people_for_the_office_only(app, now):
    body = make.make_organisation("Early Years Moldova")
    person = make.make_person("Ana Popa", organisation="Early Years Moldova")
    figure = {"id": "unique_people", "inputs": [{"kind": "person", "id": person}, {"kind": "person", "id": person + 99},
              {"kind": "organisation", "id": body, "label": "Early Years Moldova"}]}  # fmt: skip
    edition_id = make_edition(now, figures=[figure])
    records = queries.records_behind(edition_id, "unique_people")
    assert [(record.kind, record.name, record.organisation, record.label) for record in records] == [
        ("person", "Ana Popa", "Early Years Moldova", ""),
        ("person", "No longer in the records", None, ""),
        ("organisation", None, None, "Early Years Moldova"),
    ]
    assert "Ana Popa" not in queries.get_edition(edition_id).snapshot


def test_the_public_part_has_numbers_of_people_and_no_remarks():
    inputs = [{"kind": "person", "id": 1}, {"kind": "presence", "id": 2}, {"kind": "activity", "id": 3, "label": "A"},
              {"kind": "money_line", "id": 4, "label": "ISSA Members: 900 Eur"}]  # fmt: skip
    figure = {"id": "x", "inputs": inputs, "alternatives": [{"kind": "computed", "inputs": inputs}]}
    snapshot = {"year": 2026, "warnings": [1], "errors": [], "figures": [figure]}
    assert public(snapshot) == {
        "year": 2026,
        "figures": [
            {
                "id": "x",
                "inputs": [{"kind": "activity", "id": 3, "label": "A"}],
                "input_counts": {"person": 1, "presence": 1, "activity": 1, "money_line": 1},
                "alternatives": [{"kind": "computed"}],
            }
        ],
    }


def test_the_canonical_form_is_one_and_the_number_is_no_part_of_the_content():
    assert canonical({"b": "Кыргызстан", "a": [1]}) == '{"a":[1],"b":"Кыргызстан"}\n'
    assert fingerprint({"a": 1, "number": 1}) == fingerprint({"number": 7, "a": 1}) == content_hash('{"a":1}\n')
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})


def test_a_snapshot_is_the_same_each_time_it_is_counted(year_2022):
    assert canonical(snapshot_of(2022)) == canonical(snapshot_of(2022))


@pytest.mark.crowd
def test_two_who_start_at_once_follow_the_same_run(app, now):
    together = threading.Barrier(6)

    def start():
        with app.app_context():
            together.wait()
            with transaction():
                return service.start_compile(2026, AS_OF, None, now=now)

    with ThreadPoolExecutor(6) as pool:
        runs = [future.result() for future in [pool.submit(start) for _ in range(6)]]
    assert len(set(runs)) == 1
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Work)) == 1


def test_a_figure_of_very_many_people_opens_too(app, now):
    person = make.make_person("Ana Popa")
    inputs = [{"kind": "person", "id": person + number} for number in range(40_000)]
    edition_id = make_edition(now, figures=[{"id": "unique_people", "inputs": inputs}])
    records = queries.records_behind(edition_id, "unique_people")
    assert (len(records), records[0].name, records[-1].name) == (40_000, "Ana Popa", "No longer in the records")
