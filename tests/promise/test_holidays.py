"""Public holidays close the office when the owner has adopted their kind, and never because a library says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from inboxcrm.bootstrap import assemble
from inboxcrm.domain import public_holidays
from inboxcrm.domain.public_holidays import Holiday, Kind
from inboxcrm.errors import TransientError, UserError
from inboxcrm.service import holidays
from inboxcrm.service.holidays import Standing
from inboxcrm.store.database import Database
from tests.service.house import ZONE, House, mail

ORDINARY = date(2026, 3, 3)
KNABENSCHIESSEN = datetime(2026, 9, 14, 9, tzinfo=ZONE)


@pytest.fixture
def swiss(house: House) -> House:
    """In Zurich, the town."""
    settings = house.household.config
    office = replace(settings.office, holidays="CH-STADT ZURICH", half_day_ends=settings.office.half_day_ends)
    house.household.config = replace(settings, office=office)
    return house


def standings(house: House) -> dict[str, Standing]:
    with house.household.database.read() as connection:
        found = holidays.listed(house.household, connection, now=house.clock.now())
    return {f"{each.name}{' half' if each.category == 'half_day' else ''}": each.standing for each in found}


def closed_on(house: House, day: date) -> bool:
    with house.household.database.read() as connection:
        around = datetime(day.year, day.month, day.day, tzinfo=ZONE)
        return not house.household.calendar(connection, around, None).open_on(day)


@contextmanager
def newer_library(monkeypatch: pytest.MonkeyPatch, name: str, on: date) -> Iterator[None]:
    """One that has learned to call an ordinary day a holiday."""
    before = public_holidays.calendar
    new = Holiday(on, Kind(name), name, frozenset((name.casefold(),)))
    with monkeypatch.context() as patched:
        patched.setattr(public_holidays, "calendar", lambda *args, **how: (*before(*args, **how), new))
        yield


def test_the_public_holidays_of_a_region_are_adopted_when_it_is_named(swiss: House) -> None:
    found = standings(swiss)

    assert found["Good Friday"] is Standing.ADOPTED
    assert found["Sechseläuten half"] is Standing.POSSIBLE
    assert Standing.PROPOSED not in found.values()
    assert closed_on(swiss, date(2026, 4, 3))
    assert not closed_on(swiss, date(2026, 9, 14))


def test_what_was_adopted_in_a_transaction_that_came_to_nothing_is_adopted_again(swiss: House) -> None:
    with suppress(TransientError), swiss.household.database.write():
        assert closed_on(swiss, date(2026, 4, 3))
        raise TransientError("the disk is full")

    assert closed_on(swiss, date(2027, 3, 26))  # another year: no calendar that was kept


async def test_a_day_that_the_library_calls_a_holiday_moves_no_promise_until_it_is_adopted(
    swiss: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    standings(swiss)
    with newer_library(monkeypatch, "Feast of Fools", ORDINARY):
        await swiss.arrive(mail())
        proposed = standings(swiss)["Feast of Fools"]
        holidays.decide(swiss.household, ["feast of fools"], adopt=True)
        await swiss.arrive(mail(2, subject="Another question", sender="Eve <eve@other.example>"))

    assert proposed is Standing.PROPOSED
    due = [promise.due_at.astimezone(ZONE).date() for promise in swiss.promises() if promise.due_at is not None]
    assert due == [date(2026, 3, 3), date(2026, 3, 4)]


def test_a_kind_that_was_dropped_is_worked_on_and_not_proposed_again(swiss: House) -> None:
    holidays.decide(swiss.household, ["Vendredi saint"], adopt=False)

    assert standings(swiss)["Good Friday"] is Standing.DROPPED
    assert not closed_on(swiss, date(2026, 4, 3))
    assert not closed_on(swiss, date(2027, 3, 26))


def test_a_half_holiday_closes_the_afternoon(swiss: House) -> None:
    holidays.decide(swiss.household, ["Knabenschiessen"], adopt=True, category="half_day")

    with swiss.household.database.read() as connection:
        spans = swiss.household.calendar(connection, KNABENSCHIESSEN, None).open_on(KNABENSCHIESSEN.date())

    assert [(span.start.astimezone(ZONE).hour, span.end.astimezone(ZONE).hour) for span in spans] == [(9, 12)]


def test_what_is_decided_already_is_not_decided_again(swiss: House) -> None:
    assert holidays.decide(swiss.household, ["Good Friday"], adopt=True) == []


def test_what_config_toml_refuses_goes_before(swiss: House) -> None:
    settings = swiss.household.config
    office = replace(settings.office, holidays_not_adopted=("Karfreitag",))
    swiss.household.config = replace(settings, office=office)

    with pytest.raises(UserError, match="holidays_not_adopted"):
        holidays.decide(swiss.household, ["Good Friday"], adopt=True)
    assert standings(swiss)["Good Friday"] is Standing.REFUSED
    assert not closed_on(swiss, date(2026, 4, 3))


@pytest.mark.parametrize(
    ("name", "hint"), [("Good Fridai", "Did you mean Good Friday"), ("Xyzzy", "no holiday 'Xyzzy'")]
)
def test_a_name_that_is_no_kind_or_several_is_refused_with_a_hint(swiss: House, name: str, hint: str) -> None:
    with pytest.raises(UserError, match=hint):
        holidays.decide(swiss.household, [name], adopt=True)


def test_without_a_region_nothing_can_be_adopted(house: House) -> None:
    with pytest.raises(UserError, match="no region is set"):
        holidays.decide(house.household, ["Good Friday"], adopt=True)
    assert standings(house) == {}
    assert holidays.check(house.household) is None


def test_a_running_daemon_takes_over_what_another_process_adopted(swiss: House) -> None:
    assert closed_on(swiss, date(2026, 4, 3))
    other = assemble(swiss.household.config, Database(swiss.household.config.database), clock=swiss.clock)
    holidays.decide(other, ["Good Friday"], adopt=False)
    other.close()

    assert not closed_on(swiss, date(2026, 4, 3))


def test_a_region_that_is_named_later_has_its_own_kinds(swiss: House) -> None:
    holidays.decide(swiss.household, ["Good Friday"], adopt=False)
    settings = swiss.household.config
    swiss.household.config = replace(settings, office=replace(settings.office, holidays="DE-BY"))

    assert closed_on(swiss, date(2026, 4, 3))


def test_the_check_up_names_what_waits(swiss: House, monkeypatch: pytest.MonkeyPatch) -> None:
    before = holidays.check(swiss.household)
    with newer_library(monkeypatch, "Feast of Fools", swiss.clock.now().date() + timedelta(days=30)):
        after = holidays.check(swiss.household)

    assert before is not None
    assert after is not None
    assert (before.hint, "Feast of Fools" in after.detail) == ("", True)
