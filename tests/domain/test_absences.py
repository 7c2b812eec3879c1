"""Until when an out-of-office mail says that its writer is away."""

from __future__ import annotations

from datetime import date

import pytest
from babel import dates

from inboxcrm.domain.mime import parse
from inboxcrm.domain.safety.absences import Absence, read_absence
from tests.mail_builders import letter

MONDAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("text", "until", "back_on"),
    [
        ("I am away until 9 March 2026.", date(2026, 3, 9), None),
        ("I am out from 1 to 5 March and will be back on 8 March.", date(2026, 3, 5), date(2026, 3, 8)),
        ("I return on March 9th, 2026.", None, date(2026, 3, 9)),
        ("I will not return until 03/16/2026.", None, date(2026, 3, 16)),
        ("Ich bin bis zum 9. März nicht im Büro.", date(2026, 3, 9), None),
        ("Ich bin ab 10.03.2026 wieder da, bis 09.03. in den Ferien.", date(2026, 3, 9), date(2026, 3, 10)),
        ("Je suis absent jusqu'au 9 mars.", date(2026, 3, 9), None),
        ("De retour le 9 mars 2026.", None, date(2026, 3, 9)),
        ("Estoy fuera hasta el 9 de marzo de 2026.", date(2026, 3, 9), None),
        ("Sarò assente fino al 9 marzo.", date(2026, 3, 9), None),
        ("Ik ben afwezig tot 9 maart.", date(2026, 3, 9), None),
        ("Away until 2026-03-09.", date(2026, 3, 9), None),
        ("3月9日まで休暇です。", date(2026, 3, 9), None),
        ("Until 5 January.", date(2027, 1, 5), None),
        ("Since 1 February 2026 we have a new office.", None, None),
        ("Call extension 31.31 or 99/99.", None, None),
        ("See you in 2030-01-01 style.", None, None),
        ("Away until 2 March.", date(2026, 3, 2), None),
        ("Away until 2027-04-06.", date(2027, 4, 6), None),
        ("Away until 2027-04-07.", None, None),
        ("Away from 1 February 2026 until 9 March.", date(2026, 3, 9), None),
        ("Back on 16 March; back for a day on 9 March.", None, date(2026, 3, 16)),
        ("Away until 16 March, my colleague until 9 March.", date(2026, 3, 16), None),
        ("I return on 9 March. I am away until 16 March.", None, date(2026, 3, 9)),
        ("Away until 9 March, back on 9 March.", None, date(2026, 3, 9)),
        ("2027年3月9日まで休暇です。", date(2027, 3, 9), None),
        ("Until 9/3/2026.", date(2026, 3, 9), None),
        ("Until 9/12/2026.", date(2026, 12, 9), None),
        ("Until 03/13/2026.", date(2026, 3, 13), None),
        ("See 03.16.2026.", None, None),
        ("Until March 9, 2027.", date(2027, 3, 9), None),
        ("Until 9.3.27.", date(2027, 3, 9), None),
        ("The roads back then were slow. I am away until 9 March.", date(2026, 3, 9), None),
        ("From 9 March back at my desk.", None, date(2026, 3, 9)),
        ("From 9 March again for you.", None, date(2026, 3, 9)),
        ("Until 9 March backups are off.", date(2026, 3, 9), None),
    ],
)
def test_an_absence_tells_its_end_where_it_states_one(text: str, until: date | None, back_on: date | None) -> None:
    message = parse(letter(subject="Out of office", text=text + "\n"))

    assert read_absence(message, received_on=MONDAY) == Absence(until, back_on)


def told(text: str, *, subject: str = "Out of office") -> Absence:
    return read_absence(parse(letter(subject=subject, text=f"{text}\n")), received_on=MONDAY)


def test_the_first_word_of_the_subject_counts_too() -> None:
    assert told("Thank you for your mail.", subject="Return 9 March") == Absence(None, date(2026, 3, 9))


def test_the_day_of_coming_back_is_told_from_the_last_one_away_in_twenty_languages() -> None:
    said = (
        "Return: 9 March | Zurück am 9. März | Wieder da ab 9. März | De retour le 9 mars | Regreso el 9 de marzo"
        " | Regresso a 9 de março | Vou voltar em 9 de março | Volto em 9 de março | Rientro il 9 marzo"
        " | Torno il 9 marzo | Terug op 9 maart | Tillbaka den 9 mars | Tilbage den 9. marts | Tilbake 9. mars"
        " | Palaan 9. maaliskuuta | Takaisin 9. maaliskuuta | Wracam 9 marca | Budu zpět 9. března"
        " | Vrátím se 9. března | Вернусь 9 марта | Возвращаюсь 9 марта | 戻りは3月9日です | 복귀 3월 9일 | 回来 3月9日"
    )

    assert [one for one in said.split(" | ") if told(one) != Absence(None, date(2026, 3, 9))] == []


def test_months_are_known_by_their_names_in_the_tongues_of_most_notices() -> None:
    languages = ["en", "de", "fr", "es", "pt", "it", "nl", "sv", "da", "nb", "fi", "pl", "cs", "ru"]
    named = [(language, month, dates.get_month_names("wide", locale=language)[month])
             for language in languages for month in range(1, 13)]  # fmt: skip

    unread = [
        (language, name)
        for language, month, name in named
        if (until := told(f"x 9. {name}").until) is None or (until.day, until.month) != (9, month)
    ]

    assert unread == []


def test_months_are_known_by_their_short_names() -> None:
    said = "jan feb mar mär mrz apr avr abr jun juin jul juil aug ago sep sept oct okt ott nov dec dez déc"

    assert [one for one in said.split() if told(f"Until 9 {one}.").until is None] == []
