"""The record: how promises were held, in figures that were computed by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inboxcrm.domain import record
from inboxcrm.domain.promise import State
from inboxcrm.domain.record import Line, Share, Tally
from inboxcrm.service import actions, statistics
from inboxcrm.store import rhythms, views
from tests.promise.conftest import CAROL, answers
from tests.service.house import MONDAY, House, letter_id, mail, own

HOUR = timedelta(hours=1)


def line(
    state: State = State.KEPT,
    *,
    took: float | None = 2,
    told: float | None = 8,
    learned: float | None = None,
    extended: bool = False,
) -> Line:
    """A promise of Monday; `took`, `told` and `learned` are hours."""
    return Line(
        received_at=MONDAY,
        state=state,
        extended=extended,
        was_broken=state in {State.BROKEN, State.KEPT_LATE},
        told_due_at=None if told is None else MONDAY + told * HOUR,
        ended_at=None if took is None else MONDAY + took * HOUR,
        learned=None if learned is None else learned * HOUR,
        answer_time=None if took is None else took * HOUR,
        contact="Bob",
        organisation="",
        plan="standard",
    )


def test_every_promise_is_counted_once_by_outcome() -> None:
    lines = [line(state, took=None) for state in State] + [line(extended=True)]

    assert record.tally(lines) == Tally(made=8, kept=2, late=1, broken=1, extended=1, live=2, settled=2)


@pytest.mark.parametrize(
    ("hours", "median", "p80"),
    [([], None, None), ([3], 3, 3), ([1, 2, 3, 4, 5], 3, 4), ([1, 2, 3, 4, 5, 6], 3, 5), ([9, 1], 1, 9)],
    ids=["none", "one", "five", "six", "two, any order"],
)
def test_median_and_four_in_five_by_nearest_rank(hours: list[int], median: int | None, p80: int | None) -> None:
    found = record.times(line(took=each) for each in hours)

    assert found.answers == len(hours)
    assert found.median == (None if median is None else median * HOUR)
    assert found.within_share == (None if p80 is None else p80 * HOUR)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(8, 10, 0.4902, 0.9433), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (90, 100, 0.8256, 0.9448)],
    ids=["8 of 10", "none of 10", "all of 10", "90 of 100"],
)
def test_the_interval_is_wilson_s(hits: int, of: int, low: float, high: float) -> None:
    """Published values of the score interval at 95%."""
    found = record.wilson(hits, of)

    assert found.low == pytest.approx(low, abs=5e-4)
    assert found.high == pytest.approx(high, abs=5e-4)


def test_of_nothing_there_is_no_share() -> None:
    assert record.wilson(0, 0) == Share(0, 0, None, None, None)


def test_a_told_time_is_held_when_the_answer_came_by_it() -> None:
    lines = [
        line(took=8, told=8),
        line(State.KEPT_LATE, took=9, told=8),
        line(State.BROKEN, took=None, told=8),
        line(State.OPEN, took=None, told=40),
        line(State.WITHDRAWN, took=None, told=8),
        line(took=2, told=None),
    ]

    found = record.kept_of_told(lines, now=MONDAY + 20 * HOUR)

    assert (found.hits, found.of) == (1, 3)


def test_an_extension_does_not_whiten_the_time_that_was_told_first() -> None:
    """Told eight hours, extended, answered after ten: kept in the ledger, but the first word was not true."""
    found = record.kept_of_told([line(took=10, told=8, extended=True)], now=MONDAY + 20 * HOUR)

    assert (found.hits, found.of) == (0, 1)


def test_calibration_asks_the_learned_times_alone() -> None:
    lines = [line(took=2, learned=3), line(took=4, learned=3, told=5), line(took=1)]

    assert record.kept_of_told(lines, now=MONDAY, learned_only=True).of == 2
    within = record.within_learned(lines)
    assert (within.hits, within.of) == (1, 2)


async def test_the_record_of_a_home_by_month_plan_organisation_and_contact(house: House) -> None:
    await answers(house, 12, after=2 * HOUR)
    await answers(house, 2, after=5 * HOUR, sender=CAROL, first=300)
    await house.arrive(mail(1, subject="Unanswered", at=house.clock.now()))
    house.clock.advance(timedelta(days=9))
    await house.sweep()

    with house.household.database.read() as connection:
        found = statistics.read(house.household, connection, since=MONDAY, now=house.clock.now())

    groups = {(group.scope, group.name): group for group in found.groups}
    assert groups["all", ""].tally == Tally(made=15, kept=14, late=0, broken=1, extended=0, live=0, settled=0)
    assert groups["month", "2026-03"].tally.made == 15
    assert groups["plan", "standard"].tally.made == 15
    assert groups["organisation", "Buyer"].times.median == 5 * HOUR
    assert groups["contact", "Bob Client"].tally.broken == 1
    assert groups["contact", "Bob Client"].times.within_share == 2 * HOUR
    assert (found.within_learned.hits, found.within_learned.of) == (4, 4)


async def test_a_phone_call_is_an_answer_of_the_record(house: House) -> None:
    await house.arrive(mail())
    house.clock.advance(3 * HOUR)
    actions.done(house.household, str(house.promise().message_id), how="phone")

    with house.household.database.read() as connection:
        found = statistics.read(house.household, connection, since=MONDAY, now=house.clock.now())

    assert found.groups[0].times.median == 3 * HOUR
    assert found.groups[0].tally.kept == 1


@pytest.mark.parametrize(("hours", "broken"), [(2, False), (49, True)], ids=["in-time", "late"])
async def test_a_promise_found_broken_before_its_answer_was_read_was_broken_only_if_that_was_late(
    house: House, hours: int, broken: bool
) -> None:
    await house.know()
    await house.arrive(mail())
    house.clock.advance(timedelta(days=3))
    await house.sweep()
    acted_at = MONDAY + timedelta(hours=hours)

    await house.arrive(own(answers=letter_id(), at=acted_at), folder="Sent", received_at=acted_at)

    with house.household.database.read() as connection:
        (row,) = views.promise_record(connection, since=MONDAY - timedelta(days=1))
        heard = rhythms.heard(connection, house.promise().contact_id or 0, since=MONDAY)
    assert house.events(house.promise().id)[1] == "due-passed"
    assert (row.was_broken, heard.broken_at is not None) == (broken, broken)
