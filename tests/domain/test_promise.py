"""The ledger's table: every state with every event, and what each move leaves on the promise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inboxcrm.domain.office_hours import Interval, OfficeCalendar
from inboxcrm.domain.promise import (
    CHANGES,
    TRANSITIONS,
    Entry,
    Event,
    NoSuchMoveError,
    Promise,
    State,
    allows,
    answered,
    made,
    move,
    replay,
    warn_at,
)

RECEIVED = datetime(2026, 3, 2, 9, tzinfo=UTC)
DUE = datetime(2026, 3, 3, 16, tzinfo=UTC)
LATER = DUE + timedelta(days=2)
HOUR = timedelta(hours=1)
PROMISE = made(RECEIVED, DUE, told=True)

LIVE_MOVES = {
    Event.ANSWERED: State.KEPT,
    Event.ANSWERED_LATE: State.KEPT_LATE,
    Event.EXTENDED: State.EXTENDED,
    Event.WITHDRAWN: State.WITHDRAWN,
    Event.NEEDLESS: State.MOOT,
}
EXPECTED = {
    **{
        (state, event): after
        for state in (State.OPEN, State.EXTENDED, State.BROKEN)
        for event, after in LIVE_MOVES.items()
    },
    **{(state, Event.CHASED): state for state in (State.OPEN, State.EXTENDED, State.BROKEN)},
    **{(state, Event.WARNED): state for state in (State.OPEN, State.EXTENDED)},
    **{(state, Event.DUE_PASSED): State.BROKEN for state in (State.OPEN, State.EXTENDED)},
    **{(state, Event.UNCHASED): state for state in (State.OPEN, State.EXTENDED, State.BROKEN)},
    **{(state, Event.TAKEN_BACK): state for state in (State.KEPT, State.KEPT_LATE, State.WITHDRAWN, State.MOOT)},
    (State.BROKEN, Event.NOT_DUE): State.OPEN,
}
FULL_PRODUCT = list(product(State, Event))


@pytest.mark.parametrize(("state", "event"), FULL_PRODUCT, ids=[f"{state}-{event}" for state, event in FULL_PRODUCT])
def test_every_state_meets_every_event_as_the_table_says(state: State, event: Event) -> None:
    promise = replace(PROMISE, state=state, chasers=1)
    entry = Entry(event, DUE, LATER if event is Event.EXTENDED else None)

    expected = EXPECTED.get((state, event))

    assert allows(promise, event) is (expected is not None)
    if expected is None:
        with pytest.raises(NoSuchMoveError):
            move(promise, entry)
    else:
        assert move(promise, entry).state is expected


def test_the_table_has_a_row_for_every_state_and_nothing_leaves_an_end() -> None:
    assert set(TRANSITIONS) == set(State)
    assert all(set(TRANSITIONS[state].values()) == {state} for state in State if not state.live)


def test_the_changes_for_the_database_are_those_of_the_table() -> None:
    assert {(state, after) for (state, _), after in EXPECTED.items()} == CHANGES


@pytest.mark.parametrize("event", [Event.ANSWERED, Event.ANSWERED_LATE, Event.WITHDRAWN, Event.NEEDLESS])
def test_an_end_has_its_time(event: Event) -> None:
    assert move(PROMISE, Entry(event, LATER)).ended_at == LATER


def test_an_answer_at_the_very_due_time_keeps_the_promise() -> None:
    assert answered(PROMISE, DUE).event is Event.ANSWERED
    assert answered(PROMISE, DUE + timedelta(seconds=1)).event is Event.ANSWERED_LATE


def test_without_a_date_no_answer_is_late() -> None:
    assert answered(made(RECEIVED, None), LATER).event is Event.ANSWERED


def test_an_answer_in_time_that_is_read_late_still_keeps_a_broken_promise() -> None:
    broken = move(PROMISE, Entry(Event.DUE_PASSED, DUE))

    assert move(broken, answered(broken, DUE - HOUR)).state is State.KEPT


def test_an_open_promise_answered_while_the_machine_slept_past_due_is_kept_late() -> None:
    assert move(PROMISE, answered(PROMISE, DUE + HOUR)).state is State.KEPT_LATE


def test_an_extension_brings_a_new_date_a_new_count_and_a_new_warning() -> None:
    warned = move(PROMISE, Entry(Event.WARNED, DUE - HOUR))

    extended = move(warned, Entry(Event.EXTENDED, DUE, LATER))

    assert (extended.due_at, extended.counted_from, extended.warned_at) == (LATER, DUE, None)
    assert (extended.extensions, extended.automatic_extensions) == (1, 0)


@pytest.mark.parametrize("due_at", [None, DUE, DUE - HOUR], ids=["none", "same", "earlier"])
def test_an_extension_needs_a_later_date(due_at: datetime | None) -> None:
    with pytest.raises(NoSuchMoveError, match="later"):
        move(PROMISE, Entry(Event.EXTENDED, RECEIVED, due_at))


def test_an_extension_into_the_past_is_refused() -> None:
    broken = move(PROMISE, Entry(Event.DUE_PASSED, DUE))

    with pytest.raises(NoSuchMoveError, match="later"):
        move(broken, Entry(Event.EXTENDED, LATER, LATER - HOUR))


def test_a_promise_without_a_date_is_given_one_by_an_extension() -> None:
    assert move(made(RECEIVED, None), Entry(Event.EXTENDED, RECEIVED, DUE)).due_at == DUE


def test_the_machine_extends_once_and_a_person_as_often_as_needed() -> None:
    once = move(PROMISE, Entry(Event.EXTENDED, RECEIVED, LATER, automatic=True))
    again = Entry(Event.EXTENDED, RECEIVED, LATER + HOUR)

    assert not allows(once, Event.EXTENDED, automatic=True)
    with pytest.raises(NoSuchMoveError):
        move(once, replace(again, automatic=True))
    assert move(once, again).extensions == 2


def test_a_chaser_is_counted_and_makes_no_new_date() -> None:
    chased = move(move(PROMISE, Entry(Event.CHASED, DUE)), Entry(Event.CHASED, DUE))

    assert (chased.chasers, chased.due_at, chased.state) == (2, DUE, State.OPEN)


def test_who_did_not_ask_again_after_all_has_asked_once_less_and_never_less_than_once() -> None:
    chased = move(PROMISE, Entry(Event.CHASED, DUE))

    assert move(chased, Entry(Event.UNCHASED, LATER)) == PROMISE
    with pytest.raises(NoSuchMoveError):
        move(PROMISE, Entry(Event.UNCHASED, LATER))


def test_what_a_clock_that_ran_ahead_broke_is_owed_as_before_and_warned_of_anew() -> None:
    rightly = move(PROMISE, Entry(Event.WARNED, RECEIVED))
    wrongly = move(PROMISE, Entry(Event.WARNED, LATER))

    after = [
        replay(each, [Entry(Event.DUE_PASSED, DUE), Entry(Event.NOT_DUE, RECEIVED + HOUR)])
        for each in (rightly, wrongly)
    ]

    assert after == [rightly, PROMISE]


def test_an_end_that_is_taken_back_keeps_its_time() -> None:
    ended = move(PROMISE, Entry(Event.NEEDLESS, DUE))

    assert move(ended, Entry(Event.TAKEN_BACK, LATER)) == ended


entries = st.lists(
    st.builds(
        Entry,
        st.sampled_from(Event),
        st.integers(0, 500).map(lambda hours: RECEIVED + hours * HOUR),
        st.none() | st.integers(0, 500).map(lambda hours: RECEIVED + hours * HOUR),
        st.booleans(),
    ),
    max_size=12,
)


@given(entries)
def test_replaying_what_was_accepted_leads_to_the_same_promise(history: list[Entry]) -> None:
    promise, accepted = PROMISE, list[Entry]()
    for entry in history:
        try:
            promise = move(promise, entry)
        except NoSuchMoveError:
            continue
        accepted.append(entry)

    assert replay(PROMISE, accepted) == promise
    assert promise.state.live is (promise.ended_at is None)
    assert promise.automatic_extensions <= min(1, promise.extensions)


ZURICH = ZoneInfo("Europe/Zurich")
CALENDAR = OfficeCalendar(ZURICH, dict.fromkeys(range(5), (Interval(time(9), time(17)),)))


def local(text: str) -> datetime:
    """A Zurich wall clock."""
    return datetime.fromisoformat(text).replace(tzinfo=ZURICH)


@pytest.mark.parametrize(
    ("promise", "expected"),
    [
        # Monday 09:00 to Monday 17:00: 8 open hours, 6 are three quarters.
        (made(local("2026-03-02 09:00"), local("2026-03-02 17:00")), "2026-03-02 15:00"),
        # Friday 16:00 to Monday 17:00: 9 open hours, 6 h 45 of them; 1 on Friday, so Monday 14:45.
        (made(local("2026-03-06 16:00"), local("2026-03-09 17:00")), "2026-03-09 14:45"),
        # At night, due at 11:00 the next day: 2 open hours, 1 h 30 of them.
        (made(local("2026-03-02 22:00"), local("2026-03-03 11:00")), "2026-03-03 10:30"),
        # A due time set by hand without open time before it warns at that time.
        (made(local("2026-03-07 10:00"), local("2026-03-07 20:00")), "2026-03-07 20:00"),
        # Due before it was even received by the machine's reckoning: at once.
        (made(local("2026-03-02 10:00"), local("2026-03-02 10:00")), "2026-03-02 10:00"),
    ],
    ids=["one day", "over a weekend", "from the night", "no open time", "no time at all"],
)
def test_the_owner_is_warned_when_three_quarters_of_the_open_time_are_gone(promise: Promise, expected: str) -> None:
    assert warn_at(promise, CALENDAR) == local(expected)


def test_without_a_date_there_is_no_warning() -> None:
    assert warn_at(made(RECEIVED, None), CALENDAR) is None


def test_after_an_extension_the_warning_counts_from_it() -> None:
    promise = made(local("2026-03-02 09:00"), local("2026-03-02 17:00"))

    extended = move(promise, Entry(Event.EXTENDED, local("2026-03-02 17:00"), local("2026-03-03 17:00")))

    assert warn_at(extended, CALENDAR) == local("2026-03-03 15:00")
