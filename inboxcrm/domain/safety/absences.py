"""Until when an out-of-office mail says that its writer is away."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from inboxcrm.domain.message import Message
from inboxcrm.domain.safety.phrases import normalised


@dataclass(frozen=True, slots=True)
class Absence:
    """`until` is the last day away, `back_on` the first day back, as far as the letter states them."""

    until: date | None
    back_on: date | None


_MONTHS = {
    1: "january januar janvier enero janeiro gennaio januari tammikuu tammikuuta stycznia ledna januára января jan",
    2: "february februar février fevrier febrero fevereiro febbraio februari helmikuuta lutego února февраля feb févr",
    3: "march märz maerz mars marzo março marco maart marts maaliskuuta marca března марта mar mär mrz",
    4: "april avril abril aprile huhtikuuta kwietnia dubna апреля apr avr abr",
    5: "may mai mayo maio maggio mei maj toukokuuta maja května мая",
    6: "june juni juin junio junho giugno kesäkuuta czerwca června июня jun",
    7: "july juli juillet julio julho luglio heinäkuuta lipca července июля jul juil",
    8: "august août aout agosto augustus augusti elokuuta sierpnia srpna августа aug ago",
    9: "september septembre septiembre setembro settembre syyskuuta września září сентября sep sept",
    10: "october oktober octobre octubre outubro ottobre lokakuuta października října октября oct okt ott",
    11: "november novembre noviembre novembro marraskuuta listopada listopadu ноября nov",
    12: "december dezember décembre decembre diciembre dezembro dicembre desember joulukuuta grudnia prosince декабря"
    " dec dez déc",
}
_MONTH_OF = {name: number for number, names in _MONTHS.items() for name in names.split()}
_MONTH = "|".join(_MONTH_OF)
_DATE = re.compile(
    r"(?P<iso>\d{4}-\d{1,2}-\d{1,2})"
    r"|(?P<cjk>(?:\d{4}年)?\d{1,2}[月월] ?\d{1,2}[日일])"
    r"|(?<!\d)(?P<d>\d{1,2})(?P<sep>[./])(?P<m>\d{1,2})(?:(?P=sep)(?P<y>\d{4}|\d{2})(?!\d))?"
    rf"|(?<!\d)(?P<dd>\d{{1,2}})(?:\.|st|nd|rd|th|er)? (?:de |of )?(?P<mon>{_MONTH})\b"
    r"\.?(?:,? (?:de )?(?P<yy>\d{4}))?"
    rf"|\b(?P<amon>{_MONTH})\.? (?P<add>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,? (?P<ayy>\d{{4}}))?"
)
_BACK = re.compile(
    r"(?:return|back|zurück|wieder|retour|regres|voltar|volto|rientr|torn|terug|tillbaka|tilbage|tilbake|palaan|takaisin"
    r"|wrac|zpět|vrátím|вернусь|возвращ|戻|복귀|回来)[^.!?\n]{0,40}\Z"
)
_BACK_AGAIN = re.compile(r" (?:wieder|back|again)\b")
_FARTHEST_DAYS = 400


def read_absence(message: Message, *, received_on: date) -> Absence:
    """Until when the letter says that its writer is away; days before `received_on` and beyond 400 days do not count.

    A year that is not written is the one that makes the day the next of its name.
    """
    text = normalised(f"{message.subject}\n{message.text[:3_000]}")
    until: date | None = None
    back_on: date | None = None
    for match in _DATE.finditer(text):
        day = _day(match, received_on)
        if day is None or not 0 <= (day - received_on).days <= _FARTHEST_DAYS:
            continue
        before = _BACK.search(text[max(0, match.start() - 60) : match.start()])
        if (before and " bis " not in before[0]) or _BACK_AGAIN.match(text, match.end()):
            back_on = max(back_on, day) if back_on else day
        else:
            until = max(until, day) if until else day
    if until and back_on and until >= back_on:
        until = None
    return Absence(until, back_on)


def _day(match: re.Match[str], received_on: date) -> date | None:
    part = match.groupdict()
    if part["iso"]:
        year, month, day = (int(one) for one in part["iso"].split("-"))
        return _date(year, month, day)
    if part["cjk"]:
        numbers = [int(one) for one in re.findall(r"\d+", part["cjk"])]
        return _next(numbers[0] if len(numbers) == 3 else None, numbers[-2], numbers[-1], received_on)
    if part["d"]:
        day, month = int(part["d"]), int(part["m"])
        if part["sep"] == "/" and month > 12:
            day, month = month, day
        return _next(_year(part["y"]), month, day, received_on)
    month = _MONTH_OF[part["mon"] or part["amon"]]
    return _next(_year(part["yy"] or part["ayy"]), month, int(part["dd"] or part["add"]), received_on)


def _year(written: str | None) -> int | None:
    if not written:
        return None
    return int(written) if len(written) == 4 else 2000 + int(written)


def _next(year: int | None, month: int, day: int, received_on: date) -> date | None:
    if year is not None:
        return _date(year, month, day)
    this = _date(received_on.year, month, day)
    return this if this is None or this >= received_on else _date(received_on.year + 1, month, day)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
