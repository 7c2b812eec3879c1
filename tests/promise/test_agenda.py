"""Calendars of other programs: what is owed goes out, absences come in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from inboxcrm.domain.office_hours import Away
from inboxcrm.errors import UserError
from inboxcrm.service import actions, agenda, away_events
from tests.service.house import MONDAY, House, mail

ZONE = ZoneInfo("Europe/Zurich")


def events(house: House) -> dict[str, dict[str, str]]:
    with house.household.database.read() as connection:
        raw = agenda.feed(house.household, connection, now=house.clock.now())
    found: list[Any] = list(Calendar.from_ical(raw).walk("VEVENT"))
    return {
        str(event["SUMMARY"]): {name: event[name].to_ical().decode() for name in ("UID", "DTSTART")} for event in found
    }


def ics(*fields: str) -> bytes:
    """A calendar of events, each a text of fields parted by bars."""
    blocks = []
    for number, each in enumerate(fields):
        blocks += [
            "BEGIN:VEVENT",
            *([] if "UID:" in each else [f"UID:{number}@example.org"]),
            "DTSTAMP:20260101T000000Z",
            *each.split("|"),
            "END:VEVENT",
        ]
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//x//EN", *blocks, "END:VCALENDAR", ""]).encode()


def read(raw: bytes, word: str | None = "away") -> away_events.Found:
    return away_events.absences(raw, word=word, zone=ZONE, now=MONDAY)


async def test_a_promise_is_an_event_at_its_due_time(house: House) -> None:
    await house.arrive(mail())

    assert events(house)["Answer Bob Client: Question about the offer"]["DTSTART"] == "20260303T163000Z"


async def test_a_promise_keeps_its_uid_when_it_moves_and_says_when_it_is_broken(house: House) -> None:
    await house.arrive(mail())
    before = events(house)["Answer Bob Client: Question about the offer"]["UID"]
    house.clock.advance(timedelta(days=3))
    await house.sweep()

    assert events(house)["BROKEN: Answer Bob Client: Question about the offer"]["UID"] == before


async def test_a_kept_promise_is_no_event_any_more(house: House) -> None:
    await house.arrive(mail())
    actions.done(house.household, str(house.promise().message_id), how="phone")

    assert events(house) == {}


async def test_a_hostile_subject_makes_no_second_event(house: House) -> None:
    await house.arrive(mail(subject="x\\nEND:VEVENT\\nBEGIN:VEVENT; , \\;"))

    assert len(events(house)) == 1


async def test_whole_days_away_are_whole_days(house: House) -> None:
    actions.go_away(
        house.household,
        Away(datetime(2026, 3, 9, tzinfo=ZONE), datetime(2026, 3, 14, tzinfo=ZONE), "holiday"),
    )

    assert events(house)["Away (holiday)"]["DTSTART"] == "20260309"


async def test_what_is_written_is_read_again(house: House) -> None:
    away = Away(datetime(2026, 3, 9, 12, tzinfo=ZONE), datetime(2026, 3, 14, tzinfo=ZONE), "holiday")
    actions.go_away(house.household, away)
    with house.household.database.read() as connection:
        raw = agenda.feed(house.household, connection, now=house.clock.now())

    (found,) = read(raw).absences

    assert (found.start, found.end) == (away.start_at, away.end_at)


@pytest.mark.parametrize(
    ("event", "start", "end"),
    [
        (
            "SUMMARY:Away in the mountains|DTSTART;VALUE=DATE:20260309|DTEND;VALUE=DATE:20260314",
            datetime(2026, 3, 9, tzinfo=ZONE),
            datetime(2026, 3, 14, tzinfo=ZONE),
        ),
        (
            "SUMMARY:away|DTSTART;VALUE=DATE:20260329",
            datetime(2026, 3, 29, tzinfo=ZONE),
            datetime(2026, 3, 30, tzinfo=ZONE),
        ),
        (
            "SUMMARY:Trade fair|CATEGORIES:Work,Away|DTSTART:20260309T080000Z|DTEND:20260310T160000Z",
            datetime(2026, 3, 9, 8, tzinfo=UTC),
            datetime(2026, 3, 10, 16, tzinfo=UTC),
        ),
        (
            "SUMMARY:AWAY|DTSTART:20260309T130000|DURATION:PT4H",
            datetime(2026, 3, 9, 13, tzinfo=ZONE),
            datetime(2026, 3, 9, 17, tzinfo=ZONE),
        ),
        (
            "SUMMARY:away|DTSTART;TZID=America/New_York:20260309T090000|DTEND;TZID=America/New_York:20260309T170000",
            datetime(2026, 3, 9, 13, tzinfo=UTC),
            datetime(2026, 3, 9, 21, tzinfo=UTC),
        ),
    ],
    ids=["whole days", "one day, the clocks change", "by category", "floating, with a duration", "another zone"],
)
def test_an_event_with_the_word_is_an_absence(event: str, start: datetime, end: datetime) -> None:
    (found,) = read(ics(event)).absences

    assert (found.start, found.end) == (start, end)


@pytest.mark.parametrize(
    "event",
    [
        "SUMMARY:Faraway places|DTSTART;VALUE=DATE:20260309",
        "SUMMARY:Lunch|DTSTART;VALUE=DATE:20260309",
        "SUMMARY:Away|STATUS:CANCELLED|DTSTART;VALUE=DATE:20260309",
        "SUMMARY:Away|DTSTART;VALUE=DATE:20250309",
        "SUMMARY:Away|DTSTART:20260309T080000Z",
    ],
    ids=["a part of a word", "another word", "cancelled", "over", "of no length"],
)
def test_other_events_are_none(event: str) -> None:
    assert read(ics(event)).absences == ()


def test_without_a_word_the_whole_calendar_is_absence() -> None:
    raw = ics("SUMMARY:Lunch|DTSTART;VALUE=DATE:20260309", "SUMMARY:Away|DTSTART;VALUE=DATE:20260310")

    assert len(read(raw, word=None).absences) == 2


FRIDAYS = "UID:fridays|SUMMARY:Away on Fridays|DTSTART;VALUE=DATE:20260306|RRULE:FREQ=WEEKLY;COUNT=4"


def days(raw: bytes, word: str | None = "away") -> list[str]:
    return [f"{each.start:%m-%d}" for each in read(raw, word).absences]


def test_a_repeating_event_is_expanded_within_400_days() -> None:
    forever = FRIDAYS.replace(";COUNT=4", "")

    assert days(ics(FRIDAYS)) == ["03-06", "03-13", "03-20", "03-27"]
    assert len(days(ics(forever))) == 57


def test_a_repeating_event_keeps_the_wall_clock_where_it_was_written_over_a_clock_change() -> None:
    raw = ics("SUMMARY:away|DTSTART;TZID=America/New_York:20260305T090000|DURATION:PT2H|RRULE:FREQ=WEEKLY;COUNT=2")

    assert [each.start.astimezone(UTC).hour for each in read(raw).absences] == [14, 13]


@pytest.mark.parametrize(
    ("exception", "left"),
    [
        ("EXDATE;VALUE=DATE:20260313", ["03-06", "03-20", "03-27"]),
        ("EXDATE;VALUE=DATE:20260313,20260320", ["03-06", "03-27"]),
        ("RDATE;VALUE=DATE:20260401", ["03-06", "03-13", "03-20", "03-27", "04-01"]),
    ],
    ids=["one day left out", "two days left out", "a day added"],
)
def test_days_are_left_out_of_a_series_and_added_to_it(exception: str, left: list[str]) -> None:
    assert days(ics(f"{FRIDAYS}|{exception}")) == left


@pytest.mark.parametrize(
    ("exception", "left"),
    [
        ("SUMMARY:Away|DTSTART;VALUE=DATE:20260314", ["03-06", "03-14", "03-20", "03-27"]),
        ("SUMMARY:At my desk after all|DTSTART;VALUE=DATE:20260313", ["03-06", "03-20", "03-27"]),
        ("SUMMARY:Away|STATUS:CANCELLED|DTSTART;VALUE=DATE:20260313", ["03-06", "03-20", "03-27"]),
    ],
    ids=["moved", "renamed", "cancelled"],
)
def test_an_exception_to_a_series_stands_for_itself(exception: str, left: list[str]) -> None:
    raw = ics(FRIDAYS, f"UID:fridays|RECURRENCE-ID;VALUE=DATE:20260313|{exception}")

    assert days(raw) == left


def test_a_marked_exception_to_a_series_of_other_things_is_an_absence() -> None:
    standup = "UID:s|SUMMARY:Stand-up|DTSTART:20260302T090000Z|DURATION:PT1H|RRULE:FREQ=DAILY;COUNT=5"
    raw = ics(standup, "UID:s|RECURRENCE-ID:20260304T090000Z|SUMMARY:away|DTSTART:20260304T090000Z|DURATION:PT1H")

    assert days(raw) == ["03-04"]


def test_an_event_keeps_its_name_when_it_moves() -> None:
    before = read(ics("UID:a|SUMMARY:away|DTSTART;VALUE=DATE:20260309")).absences[0]
    after = read(ics("UID:a|SUMMARY:away|DTSTART;VALUE=DATE:20260316")).absences[0]

    assert (before.event, before.start < after.start) == (after.event, True)


@pytest.mark.parametrize(
    "rule", ["FREQ=SECONDLY", "FREQ=HOURLY", "FREQ=DAILY;BYMINUTE=1,2,3", "FREQ=YEARLY;BYSECOND=0"]
)
def test_what_repeats_oftener_than_daily_is_named_and_passed_over(rule: str) -> None:
    found = read(ics(f"SUMMARY:Away all the time|DTSTART:20260309T080000Z|DURATION:PT1S|RRULE:{rule}"))

    assert found == away_events.Found((), ("Away all the time",))


def test_a_calendar_that_states_thousands_of_absences_is_refused() -> None:
    raw = ics(*(f"UID:{number}|{FRIDAYS.partition('|')[2]}|RRULE:FREQ=DAILY" for number in range(3)))

    with pytest.raises(UserError, match="more than 1000"):
        read(raw)


def test_what_another_process_read_is_what_was_read() -> None:
    found = read(ics(FRIDAYS))

    assert away_events.from_lines(away_events.lines(found)) == found


@pytest.mark.parametrize(
    "raw",
    [b"no calendar\r\n", b"\xff\xfe\x00", ics("SUMMARY:away|DTSTART:soon")],
    ids=["words", "octets", "no date"],
)
def test_what_is_no_calendar_is_refused_in_a_sentence(raw: bytes) -> None:
    with pytest.raises(UserError, match="no calendar"):
        read(raw)
