"""The words of a time: golden pages in eight languages, and what holds in all of them.

`INBOXCRM_GOLDEN=write` writes the pages anew; they are read line by line before they are committed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
from babel import Locale

from inboxcrm.domain.expectation import Expectation, expect
from inboxcrm.domain.office_hours import Away, Interval, OfficeCalendar
from inboxcrm.domain.public_holidays import calendar
from inboxcrm.domain.wording import (
    LANGUAGES,
    Precision,
    UnknownLanguageError,
    city,
    date_phrase,
    due_phrase,
    due_sentence,
    moment_phrase,
    reason_phrase,
    received_phrase,
    spoken,
)

PAGES = Path(__file__).parent.parent / "golden" / "wording"
ZURICH, NEW_YORK, SYDNEY = ZoneInfo("Europe/Zurich"), ZoneInfo("America/New_York"), ZoneInfo("Australia/Sydney")
BERLIN = ZoneInfo("Europe/Berlin")
DAY = dict.fromkeys(range(5), (Interval(time(9), time(17)),))
ALWAYS = dict.fromkeys(range(7), (Interval(time(0), time(0)),))
HOLIDAYS = {
    each.on: each.name for each in calendar("CH-ZH", [2026, 2027], language="de") if each.kind.category == "public"
}
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Situation:
    """A mail and the office it comes to."""

    received: str
    target: timedelta
    calendar: OfficeCalendar = field(default_factory=lambda: OfficeCalendar(ZURICH, DAY, holidays=HOLIDAYS))
    sender_zone: tzinfo | None = None

    @property
    def received_at(self) -> datetime:
        return datetime.fromisoformat(self.received).replace(tzinfo=self.calendar.zone)

    @property
    def expectation(self) -> Expectation:
        return expect(self.received_at, target=self.target, calendar=self.calendar)


def away(start: str, end: str) -> OfficeCalendar:
    """A Zurich office with one absence."""
    starts, ends = (datetime.fromisoformat(text).replace(tzinfo=ZURICH) for text in (start, end))
    return OfficeCalendar(ZURICH, DAY, away=(Away(starts, ends),))


SITUATIONS: Mapping[str, Situation] = {
    "within the hour, sender nearby": Situation("2026-03-02 10:05", HOUR, sender_zone=BERLIN),
    "next day, sender in New York": Situation("2026-03-02 14:00", 8 * HOUR, sender_zone=NEW_YORK),
    "next day, already the day after in Sydney": Situation("2026-03-03 09:30", 8 * HOUR, sender_zone=SYDNEY),
    "Friday evening": Situation("2026-03-06 18:12", HOUR),
    "over Easter": Situation("2026-04-02 16:30", 4 * HOUR, sender_zone=timezone(timedelta(hours=5, minutes=30))),
    "before Whit Monday": Situation("2026-05-22 16:30", 4 * HOUR),
    "away": Situation("2026-08-03 10:00", 8 * HOUR, away("2026-08-03", "2026-08-15")),
    "about to be away": Situation("2026-08-07 16:00", 8 * HOUR, away("2026-08-10", "2026-08-22")),
    "closed for a day": Situation("2026-03-03 15:00", 8 * HOUR, OfficeCalendar(ZURICH, DAY, {date(2026, 3, 4): ()})),
    "over New Year": Situation("2026-12-31 16:00", 2 * HOUR),
    "the first of a month": Situation("2026-06-01 09:00", 8 * HOUR),
    "open until midnight": Situation("2026-03-07 10:00", 4 * HOUR, OfficeCalendar(ZURICH, ALWAYS)),
    "no date to tell": Situation("2026-03-02 10:00", 8 * HOUR, OfficeCalendar(ZURICH, {})),
    "away without an end in sight": Situation(
        "2026-03-02 10:00",
        8 * HOUR,
        OfficeCalendar(ZURICH, DAY, away=(Away(datetime(2026, 3, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)),)),
    ),
}


def told(situation: Situation, language: str, *, with_reason: bool = True) -> str:
    """The sentences for one situation, with the holidays named in the language."""
    return due_sentence(
        situation.expectation,
        language,
        owner_zone=situation.calendar.zone,
        sender_zone=situation.sender_zone,
        with_reason=with_reason,
        holiday_names={
            each.on: each.name
            for each in calendar("CH-ZH", [2026, 2027], language=language)
            if each.kind.category == "public"
        },
    )


def page(language: str) -> str:
    """What the golden page of a language holds."""
    blocks = []
    for name, situation in SITUATIONS.items():
        arrived = received_phrase(
            situation.received_at, language, owner_zone=situation.calendar.zone, sender_zone=situation.sender_zone
        )
        blocks.append(f"# {name}\n{arrived}\n{told(situation, language)}\n")
    return "\n".join(blocks)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_situation_reads_as_on_the_page_that_was_reviewed(language: str) -> None:
    golden = PAGES / f"{language}.txt"

    if os.environ.get("INBOXCRM_GOLDEN") == "write":
        golden.write_text(page(language), encoding="utf-8")

    assert page(language) == golden.read_text(encoding="utf-8")


DATED = {name: each for name, each in SITUATIONS.items() if each.expectation.due_at is not None}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("situation", DATED.values(), ids=DATED)
def test_weekday_date_and_city_are_always_told(situation: Situation, language: str) -> None:
    due_at = situation.expectation.due_at
    assert due_at is not None
    local = (due_at - timedelta(minutes=1)).astimezone(ZURICH)
    names = Locale.parse(language)

    words = told(situation, language, with_reason=False)

    assert names.days["format"]["wide"][local.weekday()] in words
    assert names.months["format"]["wide"][local.month] in words
    assert str(local.day) in words
    assert city(ZURICH, language) in words


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("situation", DATED.values(), ids=DATED)
def test_the_hour_is_that_of_the_due_time(situation: Situation, language: str) -> None:
    due_at = situation.expectation.due_at
    assert due_at is not None
    local = due_at.astimezone(ZURICH)
    hour = 24 if (local.hour, local.minute) == (0, 0) else local.hour
    separator = "h" if language == "fr" else ":"

    assert f"{hour}{separator}{local.minute:02}" in told(situation, language, with_reason=False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sender_s_clock_is_told_only_where_it_differs(language: str) -> None:
    due_at = datetime(2026, 3, 3, 16, tzinfo=UTC)

    alone = due_phrase(due_at, language, owner_zone=ZURICH)

    assert due_phrase(due_at, language, owner_zone=ZURICH, sender_zone=BERLIN) == alone
    assert due_phrase(due_at, language, owner_zone=ZURICH, sender_zone=timezone(HOUR)) == alone
    assert due_phrase(due_at, language, owner_zone=ZURICH, sender_zone=NEW_YORK) != alone


@pytest.mark.parametrize(("month", "differs"), [(1, True), (7, False)], ids=["winter", "summer"])
def test_it_is_the_offset_at_that_instant_that_counts(month: int, differs: bool) -> None:
    # Two hours ahead of UTC all year is an hour ahead of Zurich in winter and the same in summer.
    due_at = datetime(2026, month, 6, 15, tzinfo=UTC)

    words = due_phrase(due_at, "en", owner_zone=ZURICH, sender_zone=timezone(2 * HOUR))

    assert ("your time" in words) is differs


def test_the_words_of_the_product_page() -> None:
    due_at = datetime(2026, 3, 3, 16, tzinfo=UTC)

    assert due_phrase(due_at, "en", owner_zone=ZURICH, sender_zone=NEW_YORK, said_at=due_at) == (
        "by the end of Tuesday 3 March, 17:00 Zurich, 11:00 your time"
    )


def test_an_hour_is_not_told_as_the_end_of_a_day() -> None:
    due_at = datetime(2026, 3, 3, 10, 30, tzinfo=UTC)

    words = due_phrase(due_at, "en", owner_zone=ZURICH, precision=Precision.HOUR, said_at=due_at)

    assert words == "by Tuesday 3 March, 11:30 Zurich"


def test_the_year_is_told_unless_it_is_that_of_the_telling() -> None:
    day = date(2027, 1, 4)

    assert date_phrase(day, "en", said_on=date(2026, 12, 31)) == "Monday 4 January 2027"
    assert date_phrase(day, "en", said_on=date(2027, 1, 1)) == "Monday 4 January"
    assert date_phrase(day, "en") == "Monday 4 January 2027"


def test_a_moment_is_not_a_deadline_and_midnight_begins_its_day() -> None:
    at = datetime(2026, 3, 2, 23, tzinfo=UTC)

    assert moment_phrase(at, "en", owner_zone=ZURICH, said_at=at) == "Tuesday 3 March, 00:00 Zurich"


def test_the_owner_s_own_wording_is_used_in_the_owner_s_language_only() -> None:
    leave = Away(
        datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 7, tzinfo=UTC), wording="Ich bin auf dem Segelboot."
    )
    calendar = OfficeCalendar(ZURICH, DAY, away=(leave,))
    expectation = expect(datetime(2026, 3, 2, 10, tzinfo=UTC), target=HOUR, calendar=calendar)

    assert reason_phrase(expectation, "de", owner_zone=ZURICH, owner_language="de-CH") == leave.wording
    assert reason_phrase(expectation, "de", owner_zone=ZURICH) == leave.wording
    assert reason_phrase(expectation, "en", owner_zone=ZURICH, owner_language="de") == (
        "I am away and will be back on Monday 9 March."
    )


def test_no_reason_is_given_where_nothing_but_the_target_explains_it() -> None:
    assert reason_phrase(SITUATIONS["within the hour, sender nearby"].expectation, "en", owner_zone=ZURICH) == ""


def test_a_sentence_names_three_days_at_most() -> None:
    days = {date(2026, 3, day): f"Feast {day}" for day in (3, 4, 5, 6, 9)}
    calendar = OfficeCalendar(ZURICH, DAY, holidays=days)
    expectation = expect(datetime(2026, 3, 2, 16, tzinfo=UTC), target=HOUR, calendar=calendar)

    words = reason_phrase(expectation, "en", owner_zone=ZURICH)

    assert words == (
        "Tuesday 3 March (Feast 3), Wednesday 4 March (Feast 4), and Thursday 5 March (Feast 5) "
        "are public holidays here."
    )


@pytest.mark.parametrize(
    ("tag", "code"),
    [("de-CH", "de"), ("pt_BR", "pt"), ("JA", "ja"), ("en", "en"), ("sv", None), ("", None)],
)
def test_a_language_tag_is_one_of_ours_or_none(tag: str, code: str | None) -> None:
    assert spoken(tag) == code


def test_a_language_without_words_is_refused() -> None:
    with pytest.raises(UnknownLanguageError, match="sv"):
        date_phrase(date(2026, 3, 3), "sv")


@pytest.mark.parametrize(
    ("zone", "language", "name"),
    [
        (ZURICH, "it", "Zurigo"),
        (ZoneInfo("Asia/Kolkata"), "de", "Kalkutta"),
        (ZoneInfo("Asia/Calcutta"), "en", "Kolkata"),
        (ZoneInfo("Europe/Kiev"), "en", "Kyiv"),
        (ZoneInfo("America/Argentina/Buenos_Aires"), "en", "Buenos Aires"),
        (ZoneInfo("America/New_York"), "ja", "ニューヨーク"),
        (ZoneInfo("UTC"), "en", "UTC"),
        (ZoneInfo("Etc/GMT-3"), "en", "UTC+3"),
        (timezone(-timedelta(hours=3, minutes=30)), "en", "UTC−3:30"),
        (UTC, "fr", "UTC"),
    ],
    ids=str,
)
def test_a_zone_is_named_by_its_city(zone: tzinfo, language: str, name: str) -> None:
    assert city(zone, language) == name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_zone_has_a_name_in_every_language(language: str) -> None:
    names = {name: city(ZoneInfo(name), language) for name in available_timezones()}

    assert all(name and "_" not in name for name in names.values())
