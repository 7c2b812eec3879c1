"""By which day a sentence says that something will be done."""

from __future__ import annotations

from datetime import date

import pytest

from inboxcrm.domain.due_dates import due_on

MONDAY = date(2026, 3, 2)

MARCH = [
    ("en", "by Friday", 6),
    ("en", "tomorrow", 3),
    ("en", "by the end of the week", 6),
    ("en", "by 12 March", 12),
    ("en", "next week", 13),
    ("en", "on Tuesday next week", 10),
    ("en", "within the next two days", 4),
    ("en", "in two weeks", 16),
    ("en", "by the end of March", 31),
    ("en", "on the 15th", 15),
    ("en", "March 12, 2026", 12),
    ("en", "by 2026-03-20", 20),
    ("de", "bis Freitag", 6),
    ("de", "Anfang nächster Woche", 10),
    ("de", "in den nächsten zwei Tagen", 4),
    ("de", "bis zum 12. März", 12),
    ("de", "am 15.", 15),
    ("de", "bis Monatsende", 31),
    ("de", "bis 12.3.", 12),
    ("de", "übermorgen", 4),
    ("de", "in zwei Wochen", 16),
    ("fr", "d'ici vendredi", 6),
    ("fr", "avant le 12 mars", 12),
    ("fr", "dans quinze jours", 16),
    ("fr", "fin mars", 31),
    ("fr", "le 15", 15),
    ("fr", "la semaine prochaine", 13),
    ("es", "antes del viernes", 6),
    ("es", "el 12 de marzo", 12),
    ("es", "en un par de días", 4),
    ("es", "a finales de marzo", 31),
    ("es", "la semana que viene", 13),
    ("it", "entro venerdì", 6),
    ("it", "entro il 12 marzo", 12),
    ("it", "entro due giorni", 4),
    ("it", "per fine marzo", 31),
    ("pt", "até sexta-feira", 6),
    ("pt", "até 12 de março", 12),
    ("pt", "dentro de dois dias", 4),
    ("pt", "na próxima semana", 13),
    ("nl", "uiterlijk vrijdag", 6),
    ("nl", "voor 12 maart", 12),
    ("nl", "binnen twee dagen", 4),
    ("nl", "over twee weken", 16),
    ("nl", "eind maart", 31),
    ("ja", "金曜日までに", 6),
    ("ja", "3月12日までに", 12),
    ("ja", "来週火曜日に", 10),
    ("ja", "2週間後に", 16),
    ("ja", "月末までに", 31),
    ("ja", "明日", 3),
    ("ja", "来週初めに", 10),
]
"""Phrases and the day of March 2026 they mean when written on Monday 2 March."""


@pytest.mark.parametrize(("language", "phrase", "day"), MARCH, ids=[f"{row[0]} {row[1]!a}" for row in MARCH])
def test_a_phrase_names_a_day(language: str, phrase: str, day: int) -> None:
    assert due_on(phrase, language, said_on=MONDAY) == date(2026, 3, day)


@pytest.mark.parametrize(
    ("phrase", "said_on", "expected"),
    [
        ("by Friday", date(2026, 3, 6), date(2026, 3, 13)),
        ("by the end of the week", date(2026, 3, 7), date(2026, 3, 7)),
        ("next month", date(2026, 12, 5), date(2027, 1, 31)),
        ("by the end of February", date(2026, 3, 2), date(2027, 2, 28)),
        ("in two months", date(2026, 12, 31), date(2027, 2, 28)),
        ("on the 1st", MONDAY, date(2026, 4, 1)),
        ("by 29 February 2028", date(2027, 12, 1), date(2028, 2, 29)),
        ("tomorrow", date(2026, 12, 31), date(2027, 1, 1)),
        ("on 3/12", MONDAY, date(2026, 12, 3)),
    ],
    ids=str,
)
def test_the_calendar_is_walked(phrase: str, said_on: date, expected: date) -> None:
    assert due_on(phrase, "en", said_on=said_on) == expected


def test_whoever_puts_the_month_first_is_read_so() -> None:
    assert due_on("on 3/12", "en", said_on=MONDAY, month_first=True) == date(2026, 3, 12)


@pytest.mark.parametrize("phrase", ["soon", "your invoice of 2/1/2026", "in 2031, on 1/1/2031", "on the 45th", "1.2.3"])
def test_what_names_no_day_ahead_is_none(phrase: str) -> None:
    assert due_on(phrase, "en", said_on=MONDAY) is None
