"""When a call is asked for: worked out by hand, mail of Monday 2 March 2026, 15:00 in Zurich."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from inboxcrm.domain.asked_call import asked_call

ZURICH = ZoneInfo("Europe/Zurich")
MONDAY = datetime(2026, 3, 2, 15, 0, tzinfo=ZURICH)


def march(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=ZURICH)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "Could you call me tomorrow at 10 about a service visit?", march(3, 10)),
        ("en", "Please call me tomorrow at 10.30.", march(3, 10, 30)),
        ("en", "Please call me on Thursday at 3 pm.", march(5, 15)),
        ("en", "Please call me. Tomorrow at 9:15 suits me.", march(3, 9, 15)),
        ("en", "Please call me today at 16:30.", march(2, 16, 30)),
        ("en", "Please call me at 16:30.", march(2, 16, 30)),
        ("en", "Call me tomorrow at 3 in the afternoon.", march(3, 15)),
        ("de", "Bitte rufen Sie mich morgen um 10 Uhr an.", march(3, 10)),
        ("de", "Guten Morgen, bitte um Rückruf am Donnerstag gegen 14:30 Uhr.", march(5, 14, 30)),
        ("de", "Rufen Sie mich bitte am 12.3. um 9 Uhr an.", march(12, 9)),
        ("fr", "Pouvez-vous m’appeler demain à 10h30 ?", march(3, 10, 30)),
        ("fr", "Rappelez-moi jeudi à 15 h.", march(5, 15)),
        ("es", "Llámeme mañana a las 11, por favor.", march(3, 11)),
        ("it", "Mi chiami domani alle 9.30.", march(3, 9, 30)),
        ("pt", "Ligue-me amanhã às 15h.", march(3, 15)),
        ("nl", "Kunt u mij morgen om 14.00 uur bellen?", march(3, 14)),
        ("ja", "明日の午後3時にお電話ください。", march(3, 15)),
        ("ja", "3月5日10時半にお電話をお願いします。", march(5, 10, 30)),
    ],
)
def test_a_day_and_an_hour_that_are_plain_are_read(language: str, text: str, expected: datetime) -> None:
    assert asked_call(text, language, received_at=MONDAY, zone=ZURICH).at == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "Please call me tomorrow.", date(2026, 3, 3)),
        ("de", "Bitte um Rückruf am Freitag.", date(2026, 3, 6)),
        ("es", "Llámeme el martes por la tarde.", date(2026, 3, 3)),
        ("ja", "明日お電話ください。", date(2026, 3, 3)),
    ],
)
def test_a_day_without_an_hour_is_a_day(language: str, text: str, expected: date) -> None:
    wish = asked_call(text, language, received_at=MONDAY, zone=ZURICH)

    assert (wish.at, wish.on) == (None, expected)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Please call me back."),
        ("en", "Please call me next week."),
        ("en", "Please call me on Tuesday or Wednesday at 10."),
        ("en", "Call me at 3."),
        ("en", "Call me tomorrow between 10 and 12."),
        ("en", "Please call me, but not tomorrow at 10."),
        ("en", "Please call me today at 11:00."),
        ("de", "Guten Morgen, bitte um Rückruf."),
        ("de", "Bitte um Rückruf morgen um halb elf."),
        ("de", "Bitte um Rückruf am Mittwoch zwischen 10 und 12 Uhr."),
        ("nl", "Bel mij morgen om half elf."),
        ("fr", "Appelez-moi entre 10h et 11h demain."),
        ("en", "Please call me. The offer of last Tuesday, 14:00, and that of Wednesday, 9:00, differ."),
    ],
)
def test_what_may_mean_two_things_is_left_to_a_person(language: str, text: str) -> None:
    wish = asked_call(text, language, received_at=MONDAY, zone=ZURICH)

    assert (wish.at, wish.on) == (None, None)
    assert wish.phrase


def test_the_hour_is_by_the_clock_of_whoever_asks() -> None:
    new_york = ZoneInfo("America/New_York")

    wish = asked_call("Please call me tomorrow at 10.", "en", received_at=MONDAY, zone=new_york)

    assert wish.at == march(3, 16)


def test_a_long_and_hostile_letter_is_read_in_no_time() -> None:
    wish = asked_call("call " * 50_000 + "at 1" * 50_000, "en", received_at=MONDAY, zone=ZURICH)

    assert wish.at is None
