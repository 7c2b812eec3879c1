"""Calendars of other programs: what is owed goes out, absences come in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from inboxcrm.domain.office_hours import Away
from inboxcrm.errors import UserError
from inboxcrm.service import actions, agenda
from tests.service.house import MONDAY, House, mail

ZONE = ZoneInfo("Europe/Zurich")
NOTHING = timedelta(0)


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
            f"UID:{number}@example.org",
            "DTSTAMP:20260101T000000Z",
            *each.split("|"),
            "END:VEVENT",
        ]
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//x//EN", *blocks, "END:VCALENDAR", ""]).encode()


def read(raw: bytes, word: str | None = "away") -> agenda.Found:
    return agenda.absences(raw, word=word, zone=ZONE, kind="holiday", buffer=NOTHING, now=MONDAY)


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

    assert (found.start_at, found.end_at) == (away.start_at, away.end_at)


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

    assert (found.start_at, found.end_at, found.kind) == (start, end, "holiday")


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


def test_a_repeating_event_is_named_and_not_guessed() -> None:
    found = read(ics("SUMMARY:Away on Fridays|DTSTART;VALUE=DATE:20260306|RRULE:FREQ=WEEKLY"))

    assert found == agenda.Found((), ("Away on Fridays",))


@pytest.mark.parametrize(
    "raw",
    [b"no calendar\r\n", b"\xff\xfe\x00", ics("SUMMARY:away|DTSTART:soon")],
    ids=["words", "octets", "no date"],
)
def test_what_is_no_calendar_is_refused_in_a_sentence(raw: bytes) -> None:
    with pytest.raises(UserError, match="no calendar"):
        read(raw)
