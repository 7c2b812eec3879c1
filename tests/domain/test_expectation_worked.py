"""Due times computed by hand: each row says what of the target is counted where, and where that leads.

Wall clocks are the office's; a time with an offset is that instant. The counted stretches add up to the target.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from inboxcrm.domain.durations import parse_duration
from inboxcrm.domain.expectation import StepKind, expect
from inboxcrm.domain.office_hours import Away, Interval, OfficeCalendar
from tests.domain.by_the_minute import MinuteByMinute

ZURICH = ZoneInfo("Europe/Zurich")


def hours(*texts: str) -> tuple[Interval, ...]:
    """ "09:00-12:00", "13:00-17:00" as intervals."""
    pairs = [text.split("-") for text in texts]
    return tuple(Interval(time.fromisoformat(start), time.fromisoformat(end)) for start, end in pairs)


def weekdays(*texts: str) -> dict[int, tuple[Interval, ...]]:
    """The same hours from Monday to Friday."""
    return dict.fromkeys(range(5), hours(*texts))


def away(start: str, end: str, buffer: str = "0") -> Away:
    """An absence by Zurich clocks."""
    starts, ends = (datetime.fromisoformat(text).replace(tzinfo=ZURICH) for text in (start, end))
    return Away(starts, ends, "holiday", None, parse_duration(buffer))


def in_zone(name: str, weekly: Mapping[int, tuple[Interval, ...]] | None = None) -> OfficeCalendar:
    """Nine to five from Monday to Friday elsewhere."""
    return OfficeCalendar(ZoneInfo(name), weekdays("09:00-17:00") if weekly is None else weekly)


DAY = weekdays("09:00-17:00")
LUNCH = weekdays("09:00-12:00", "13:00-17:00")
ALWAYS = dict.fromkeys(range(7), hours("00:00-00:00"))
SWISS = {
    date(2026, 4, 3): "Karfreitag",
    date(2026, 4, 6): "Ostermontag",
    date(2026, 5, 1): "Tag der Arbeit",
    date(2026, 5, 14): "Auffahrt",
    date(2026, 5, 25): "Pfingstmontag",
    date(2026, 8, 1): "Nationalfeiertag",
    date(2026, 12, 25): "Weihnachten",
    date(2027, 1, 1): "Neujahrstag",
}
# Sechseläuten is a Monday; both eves are Thursdays, each before a Friday that is a holiday.
HALF = {
    date(2026, 4, 20): "Sechseläuten",
    date(2026, 12, 24): "Heiligabend",
    date(2026, 12, 31): "Silvester",
}
RAMADAN = {
    date(2026, 2, 18) + timedelta(days=number): hours("10:00-15:00")
    for number in range(30)
    if (date(2026, 2, 18) + timedelta(days=number)).weekday() < 5
}

CALENDARS = {
    "day": OfficeCalendar(ZURICH, DAY),
    "lunch": OfficeCalendar(ZURICH, LUNCH),
    "quarter": OfficeCalendar(ZURICH, weekdays("08:15-11:45")),
    "half-friday": OfficeCalendar(ZURICH, {**DAY, 4: hours("09:00-13:00")}),
    "saturday": OfficeCalendar(ZURICH, {**DAY, 5: hours("09:00-12:00")}),
    "swiss": OfficeCalendar(ZURICH, DAY, holidays=SWISS),
    "swiss-extra": OfficeCalendar(ZURICH, DAY, {date(2026, 4, 3): hours("10:00-12:00")}, SWISS),
    # Wednesday 4 March closed, Thursday 5 only in the morning, Saturday 7 open.
    "exceptions": OfficeCalendar(
        ZURICH,
        DAY,
        {date(2026, 3, 4): (), date(2026, 3, 5): hours("09:00-12:00"), date(2026, 3, 7): hours("10:00-14:00")},
    ),
    "leap-closed": OfficeCalendar(ZURICH, DAY, {date(2024, 2, 29): ()}),
    "away": OfficeCalendar(ZURICH, DAY, away=(away("2026-03-09", "2026-03-14"),)),
    "away-buffer": OfficeCalendar(ZURICH, DAY, away=(away("2026-03-09", "2026-03-14", "4h"),)),
    "away-noon": OfficeCalendar(ZURICH, DAY, away=(away("2026-03-10 14:00", "2026-03-11 11:00"),)),
    "away-twice": OfficeCalendar(
        ZURICH, DAY, away=(away("2026-03-09", "2026-03-11"), away("2026-03-10", "2026-03-13"))
    ),
    "away-easter": OfficeCalendar(ZURICH, DAY, holidays=SWISS, away=(away("2026-03-30", "2026-04-03", "2h"),)),
    "away-months": OfficeCalendar(ZURICH, DAY, away=(away("2026-03-01", "2026-07-01"),)),
    "always": OfficeCalendar(ZURICH, ALWAYS),
    "sunday-night": OfficeCalendar(ZURICH, {6: hours("01:00-05:00")}),
    "sunday-gap": OfficeCalendar(ZURICH, {6: hours("02:15-02:45", "04:00-05:00")}),
    "sunday-half-gap": OfficeCalendar(ZURICH, {6: hours("02:30-04:00")}),
    "new-york": in_zone("America/New_York"),
    "sydney-always": in_zone("Australia/Sydney", ALWAYS),
    "lord-howe-always": in_zone("Australia/Lord_Howe", ALWAYS),
    "kolkata": in_zone("Asia/Kolkata"),
    "kathmandu": in_zone("Asia/Kathmandu"),
    "chatham": in_zone("Pacific/Chatham"),
    "st-johns": in_zone("America/St_Johns"),
    "kiritimati": in_zone("Pacific/Kiritimati"),
    "minus-twelve": in_zone("Etc/GMT+12"),
    "apia": in_zone("Pacific/Apia"),
    "jerusalem": in_zone("Asia/Jerusalem", dict.fromkeys((6, 0, 1, 2, 3), hours("09:00-17:00"))),
    "dubai": OfficeCalendar(ZoneInfo("Asia/Dubai"), DAY, RAMADAN),
    "mail-hours": OfficeCalendar(ZURICH, DAY, holidays=SWISS, mail_hours=(time(9), time(16))),
    "mail-morning": OfficeCalendar(ZURICH, DAY, mail_hours=(time(9),)),
    "mail-before-lunch": OfficeCalendar(ZURICH, LUNCH, mail_hours=(time(11, 30),)),
    "mail-in-lunch": OfficeCalendar(ZURICH, LUNCH, mail_hours=(time(12, 15),)),
    "mail-at-night": OfficeCalendar(ZURICH, DAY, mail_hours=(time(20),)),
    "plan-evenings": OfficeCalendar(ZURICH, dict.fromkeys(range(7), hours("07:00-22:00"))),
    "half": OfficeCalendar(ZURICH, DAY, holidays=SWISS, half_days=HALF),
    "half-lunch": OfficeCalendar(ZURICH, LUNCH, half_days=HALF),
    "half-two": OfficeCalendar(ZURICH, DAY, half_days=HALF, half_day_ends=time(14)),
    "half-worked": OfficeCalendar(ZURICH, DAY, {date(2026, 4, 20): hours("09:00-17:00")}, half_days=HALF),
    "half-mail": OfficeCalendar(ZURICH, DAY, half_days=HALF, mail_hours=(time(9), time(16))),
    "half-away": OfficeCalendar(ZURICH, DAY, half_days=HALF, away=(away("2026-04-13", "2026-04-20", "4h"),)),
    "plan-half": OfficeCalendar(ZURICH, dict.fromkeys(range(7), hours("07:00-22:00")), half_days=HALF),
    "plan-afternoons": OfficeCalendar(ZURICH, weekdays("13:00-21:00"), half_days=HALF),
    "plan-fridays": OfficeCalendar(ZURICH, {4: hours("20:00-00:00"), 5: hours("00:00-04:00")}),
    "plan-saturdays": OfficeCalendar(ZURICH, {5: hours("20:00-00:00"), 6: hours("00:00-04:00")}),
    "empty": OfficeCalendar(ZURICH, {}),
    "backwards": OfficeCalendar(ZURICH, weekdays("17:00-09:00", "12:00-12:00")),
    "one-day-59": OfficeCalendar(ZURICH, {}, {date(2026, 4, 30): hours("09:00-17:00")}),
    "one-day-61": OfficeCalendar(ZURICH, {}, {date(2026, 5, 2): hours("09:00-17:00")}),
}

# name | calendar | received | target | what is counted | due
TABLE = """
# Under two open hours: the next half hour, never past the end of the interval. 2 March 2026 is a Monday.
exactly on the hour stays              | day     | 2026-03-02 10:00 | 1h    | Mon 2 10:00-11:00 | 2026-03-02 11:00
five past goes to the half hour        | day     | 2026-03-02 10:05 | 1h    | Mon 2 10:05-11:05 | 2026-03-02 11:30
a minute past the half goes to the full| day     | 2026-03-02 10:01 | 30m   | Mon 2 10:01-10:31 | 2026-03-02 11:00
exactly on the half stays              | day     | 2026-03-02 10:00 | 30m   | Mon 2 10:00-10:30 | 2026-03-02 10:30
seconds count as past                  | day     | 2026-03-02 10:00:30 | 1h | Mon 2 10:00-11:00 | 2026-03-02 11:30
just before closing                    | day     | 2026-03-02 16:40 | 15m   | Mon 2 16:40-16:55 | 2026-03-02 17:00
ends exactly at closing                | day     | 2026-03-02 16:00 | 1h    | Mon 2 16:00-17:00 | 2026-03-02 17:00
runs over into Tuesday                 | day     | 2026-03-02 16:30 | 1h    | Mon 2 16:30-17:00, Tue 3 09:00-09:30 | 2026-03-03 09:30
at the minute of closing               | day     | 2026-03-02 17:00 | 1h    | Tue 3 09:00-10:00 | 2026-03-03 10:00
a minute before closing                | day     | 2026-03-02 16:59 | 1h    | Mon 2 16:59-17:00, Tue 3 09:00-09:59 | 2026-03-03 10:00
at the minute of opening               | day     | 2026-03-02 09:00 | 1h    | Mon 2 09:00-10:00 | 2026-03-02 10:00
a minute before opening                | day     | 2026-03-02 08:59 | 1h    | Mon 2 09:00-10:00 | 2026-03-02 10:00
in the small hours                     | day     | 2026-03-02 00:00 | 1h    | Mon 2 09:00-10:00 | 2026-03-02 10:00
over lunch                             | lunch   | 2026-03-02 11:30 | 1h    | Mon 2 11:30-12:00, Mon 2 13:00-13:30 | 2026-03-02 13:30
rounds up to lunch                     | lunch   | 2026-03-02 11:50 | 5m    | Mon 2 11:50-11:55 | 2026-03-02 12:00
ends exactly at lunch                  | lunch   | 2026-03-02 11:00 | 1h    | Mon 2 11:00-12:00 | 2026-03-02 12:00
at the minute lunch begins             | lunch   | 2026-03-02 12:00 | 30m   | Mon 2 13:00-13:30 | 2026-03-02 13:30
during lunch                           | lunch   | 2026-03-02 12:15 | 1h30m | Mon 2 13:00-14:30 | 2026-03-02 14:30
not past a closing at a quarter        | quarter | 2026-03-02 11:00 | 40m   | Mon 2 11:00-11:40 | 2026-03-02 11:45
opening at a quarter                   | quarter | 2026-03-02 11:30 | 1h    | Mon 2 11:30-11:45, Tue 3 08:15-09:00 | 2026-03-03 09:00
no target, open                        | day     | 2026-03-02 10:07 | 0     | - | 2026-03-02 10:30
no target, closed                      | day     | 2026-03-07 12:00 | 0     | - | 2026-03-09 09:00
one minute under two hours             | day     | 2026-03-02 09:00 | 1h59m | Mon 2 09:00-10:59 | 2026-03-02 11:00

# From two to forty open hours: the close of the day.
two hours exactly                      | day     | 2026-03-02 09:00 | 2h    | Mon 2 09:00-11:00 | 2026-03-02 17:00
a whole day ends at its closing        | day     | 2026-03-02 09:00 | 8h    | Mon 2 09:00-17:00 | 2026-03-02 17:00
a minute late takes the next day       | day     | 2026-03-02 09:01 | 8h    | Mon 2 09:01-17:00, Tue 3 09:00-09:01 | 2026-03-03 17:00
early mail waits for opening           | day     | 2026-03-02 06:00 | 8h    | Mon 2 09:00-17:00 | 2026-03-02 17:00
Friday afternoon                       | day     | 2026-03-06 16:00 | 8h    | Fri 6 16:00-17:00, Mon 9 09:00-16:00 | 2026-03-09 17:00
Friday at closing                      | day     | 2026-03-06 17:00 | 8h    | Mon 9 09:00-17:00 | 2026-03-09 17:00
Saturday noon                          | day     | 2026-03-07 12:00 | 2h    | Mon 9 09:00-11:00 | 2026-03-09 17:00
Sunday just before midnight            | day     | 2026-03-08 23:59 | 8h    | Mon 9 09:00-17:00 | 2026-03-09 17:00
a day with lunch                       | lunch   | 2026-03-02 09:00 | 7h    | Mon 2 09:00-12:00, Mon 2 13:00-17:00 | 2026-03-02 17:00
more than a day with lunch             | lunch   | 2026-03-02 09:00 | 8h    | Mon 2 09:00-12:00, Mon 2 13:00-17:00, Tue 3 09:00-10:00 | 2026-03-03 17:00
forty hours fill the week              | day     | 2026-03-02 09:00 | 40h   | Mon 2 09:00-17:00, Tue 3 09:00-17:00, Wed 4 09:00-17:00, Thu 5 09:00-17:00, Fri 6 09:00-17:00 | 2026-03-06 17:00
forty hours from ten                   | day     | 2026-03-02 10:00 | 40h   | Mon 2 10:00-17:00, Tue 3 09:00-17:00, Wed 4 09:00-17:00, Thu 5 09:00-17:00, Fri 6 09:00-17:00, Mon 9 09:00-10:00 | 2026-03-09 17:00
short Friday                           | half-friday | 2026-03-05 16:00 | 4h | Thu 5 16:00-17:00, Fri 6 09:00-12:00 | 2026-03-06 13:00
past a short Friday                    | half-friday | 2026-03-05 16:00 | 6h | Thu 5 16:00-17:00, Fri 6 09:00-13:00, Mon 9 09:00-10:00 | 2026-03-09 17:00
Saturday morning is open               | saturday | 2026-03-06 16:00 | 3h   | Fri 6 16:00-17:00, Sat 7 09:00-11:00 | 2026-03-07 12:00
Sunday is a working day in Jerusalem   | jerusalem | 2026-03-05 16:00 | 8h  | Thu 5 16:00-17:00, Sun 8 09:00-16:00 | 2026-03-08 17:00

# Over forty open hours: the close of the last open day of the ISO week.
a minute over forty hours              | day     | 2026-03-02 09:00 | 40h1m | Mon 2 09:00-17:00, Tue 3 09:00-17:00, Wed 4 09:00-17:00, Thu 5 09:00-17:00, Fri 6 09:00-17:00, Mon 9 09:00-09:01 | 2026-03-13 17:00
from Wednesday                         | day     | 2026-03-04 09:00 | 41h   | Wed 4 09:00-17:00, Thu 5 09:00-17:00, Fri 6 09:00-17:00, Mon 9 09:00-17:00, Tue 10 09:00-17:00, Wed 11 09:00-10:00 | 2026-03-13 17:00
to the end of a short Friday           | half-friday | 2026-03-02 09:00 | 41h | Mon 2 09:00-17:00, Tue 3 09:00-17:00, Wed 4 09:00-17:00, Thu 5 09:00-17:00, Fri 6 09:00-13:00, Mon 9 09:00-14:00 | 2026-03-13 13:00
to Saturday noon                       | saturday | 2026-03-02 09:00 | 41h  | Mon 2 09:00-17:00, Tue 3 09:00-17:00, Wed 4 09:00-17:00, Thu 5 09:00-17:00, Fri 6 09:00-17:00, Sat 7 09:00-10:00 | 2026-03-07 12:00
the ISO week ends on Jerusalem's Sunday| jerusalem | 2026-03-01 09:00 | 41h | Sun 1 09:00-17:00, Mon 2 09:00-17:00, Tue 3 09:00-17:00, Wed 4 09:00-17:00, Thu 5 09:00-17:00, Sun 8 09:00-10:00 | 2026-03-08 17:00
the week before Good Friday ends on Thursday | swiss | 2026-03-23 09:00 | 41h | Mon 23 09:00-17:00, Tue 24 09:00-17:00, Wed 25 09:00-17:00, Thu 26 09:00-17:00, Fri 27 09:00-17:00, Mon 30 09:00-10:00 | 2026-04-02 17:00
the last ISO week of a year            | day     | 2026-12-21 09:00 | 41h   | Mon 21 09:00-17:00, Tue 22 09:00-17:00, Wed 23 09:00-17:00, Thu 24 09:00-17:00, Fri 25 09:00-17:00, Mon 28 09:00-10:00 | 2027-01-01 17:00

# Holidays. Good Friday is 3 April 2026, Easter Monday the 6th.
over Easter                            | swiss   | 2026-04-02 16:00 | 8h    | Thu 2 16:00-17:00, Tue 7 09:00-16:00 | 2026-04-07 17:00
at closing before Easter               | swiss   | 2026-04-02 17:00 | 1h    | Tue 7 09:00-10:00 | 2026-04-07 10:00
on Good Friday                         | swiss   | 2026-04-03 10:00 | 8h    | Tue 7 09:00-17:00 | 2026-04-07 17:00
on Easter Monday                       | swiss   | 2026-04-06 09:00 | 30m   | Tue 7 09:00-09:30 | 2026-04-07 09:30
holiday on a Friday                    | swiss   | 2026-04-30 16:30 | 1h    | Thu 30 16:30-17:00, Mon 4 09:00-09:30 | 2026-05-04 09:30
holiday on a Thursday                  | swiss   | 2026-05-13 16:00 | 2h    | Wed 13 16:00-17:00, Fri 15 09:00-10:00 | 2026-05-15 17:00
Friday evening to a Monday holiday     | swiss   | 2026-05-22 18:00 | 8h    | Tue 26 09:00-17:00 | 2026-05-26 17:00
Friday's last minute before Whit Monday| swiss   | 2026-05-22 16:59 | 1h    | Fri 22 16:59-17:00, Tue 26 09:00-09:59 | 2026-05-26 10:00
over Christmas                         | swiss   | 2026-12-24 16:00 | 8h    | Thu 24 16:00-17:00, Mon 28 09:00-16:00 | 2026-12-28 17:00
over New Year                          | swiss   | 2026-12-31 16:00 | 2h    | Thu 31 16:00-17:00, Mon 4 09:00-10:00 | 2027-01-04 17:00
a holiday on a Saturday costs nothing  | swiss   | 2026-07-31 16:00 | 2h    | Fri 31 16:00-17:00, Mon 3 09:00-10:00 | 2026-08-03 17:00
an extra morning on Good Friday        | swiss-extra | 2026-04-02 17:00 | 1h | Fri 3 10:00-11:00 | 2026-04-03 11:00

# Dated exceptions.
over a closed Wednesday                | exceptions | 2026-03-03 16:00 | 2h | Tue 3 16:00-17:00, Thu 5 09:00-10:00 | 2026-03-05 12:00
through a short Thursday               | exceptions | 2026-03-03 16:00 | 5h | Tue 3 16:00-17:00, Thu 5 09:00-12:00, Fri 6 09:00-10:00 | 2026-03-06 17:00
into an extra Saturday                 | exceptions | 2026-03-06 16:00 | 2h | Fri 6 16:00-17:00, Sat 7 10:00-11:00 | 2026-03-07 14:00
on a closed day                        | exceptions | 2026-03-04 10:00 | 1h | Thu 5 09:00-10:00 | 2026-03-05 10:00
a long week of exceptions              | exceptions | 2026-03-02 09:00 | 41h | Mon 2 09:00-17:00, Tue 3 09:00-17:00, Thu 5 09:00-12:00, Fri 6 09:00-17:00, Sat 7 10:00-14:00, Mon 9 09:00-17:00, Tue 10 09:00-11:00 | 2026-03-13 17:00
shorter hours in Ramadan               | dubai   | 2026-02-18 10:00 | 8h    | Wed 18 10:00-15:00, Thu 19 10:00-13:00 | 2026-02-19 15:00
the last day of Ramadan                | dubai   | 2026-03-19 14:00 | 2h    | Thu 19 14:00-15:00, Fri 20 09:00-10:00 | 2026-03-20 17:00

# Away, with and without catching up: from Monday 9 to Friday 13 March, back on Monday 16.
while away                             | away        | 2026-03-09 10:00 | 8h | Mon 16 09:00-17:00 | 2026-03-16 17:00
four hours of catching up              | away-buffer | 2026-03-09 10:00 | 8h | Mon 16 13:00-17:00, Tue 17 09:00-13:00 | 2026-03-17 17:00
from before into away                  | away-buffer | 2026-03-06 16:00 | 2h | Fri 6 16:00-17:00, Mon 16 13:00-14:00 | 2026-03-16 17:00
while catching up                      | away-buffer | 2026-03-16 10:00 | 1h | Mon 16 13:00-14:00 | 2026-03-16 14:00
caught up                              | away-buffer | 2026-03-16 13:00 | 1h | Mon 16 13:00-14:00 | 2026-03-16 14:00
the Sunday before coming back          | away-buffer | 2026-03-15 12:00 | 1h | Mon 16 13:00-14:00 | 2026-03-16 14:00
leaving at two, back at eleven         | away-noon   | 2026-03-10 13:00 | 2h | Tue 10 13:00-14:00, Wed 11 11:00-12:00 | 2026-03-11 17:00
the day closes when the owner leaves   | away-noon   | 2026-03-10 10:00 | 2h | Tue 10 10:00-12:00 | 2026-03-10 14:00
the half hour ends when the owner leaves | away-noon | 2026-03-10 13:20 | 35m | Tue 10 13:20-13:55 | 2026-03-10 14:00
half before leaving, half after        | away-noon   | 2026-03-10 13:30 | 1h | Tue 10 13:30-14:00, Wed 11 11:00-11:30 | 2026-03-11 11:30
at the minute of leaving               | away-noon   | 2026-03-10 14:00 | 30m | Wed 11 11:00-11:30 | 2026-03-11 11:30
absences that overlap                  | away-twice  | 2026-03-09 10:00 | 1h | Fri 13 09:00-10:00 | 2026-03-13 10:00
away, then Easter, then catching up    | away-easter | 2026-03-31 10:00 | 1h | Tue 7 11:00-12:00 | 2026-04-07 12:00
away beyond the horizon                | away-months | 2026-03-02 10:00 | 1h | - | never

# The clocks go forward on 29 March 2026 at 02:00 and back on 25 October at 03:00 in Zurich.
a night of 23 hours                    | always  | 2026-03-28 22:00 | 8h    | Sat 28 22:00-Sun 29 07:00 | 2026-03-30 00:00
over the missing hour                  | always  | 2026-03-29 01:30 | 1h    | Sun 29 01:30-03:30 | 2026-03-29 03:30
a day round the missing hour           | always  | 2026-03-28 12:00 | 24h   | Sat 28 12:00-Sun 29 13:00 | 2026-03-30 00:00
into the first two o'clock             | always  | 2026-10-25 01:30 | 1h    | Sun 25 01:30-02:30 | 2026-10-25 02:30+02:00
from the first to the second           | always  | 2026-10-25 02:30+02:00 | 1h | Sun 25 02:30-02:30 | 2026-10-25 02:30+01:00
out of the second two o'clock          | always  | 2026-10-25 02:30+01:00 | 1h | Sun 25 02:30-03:30 | 2026-10-25 03:30
a day round the double hour            | always  | 2026-10-24 12:00 | 24h   | Sat 24 12:00-Sun 25 11:00 | 2026-10-26 00:00
a night shift one hour short           | sunday-night | 2026-03-29 01:00 | 3h | Sun 29 01:00-05:00 | 2026-03-29 05:00
a night shift that needs another       | sunday-night | 2026-03-29 01:00 | 3h30m | Sun 29 01:00-05:00, Sun 5 01:00-01:30 | 2026-04-05 05:00
a night shift one hour longer          | sunday-night | 2026-10-25 01:00 | 5h | Sun 25 01:00-05:00 | 2026-10-25 05:00
four hours end at four by winter time  | sunday-night | 2026-10-25 01:00 | 4h | Sun 25 01:00-04:00 | 2026-10-25 05:00
hours that the clocks skip             | sunday-gap | 2026-03-29 00:00 | 30m | Sun 29 04:00-04:30 | 2026-03-29 04:30
an opening that the clocks skip        | sunday-half-gap | 2026-03-29 00:00 | 30m | Sun 29 03:00-03:30 | 2026-03-29 03:30
the weekend the clocks change changes no weekday | day | 2026-03-27 16:30 | 1h | Fri 27 16:30-17:00, Mon 30 09:00-09:30 | 2026-03-30 09:30+02:00
the same in autumn                     | day     | 2026-10-23 16:30 | 1h    | Fri 23 16:30-17:00, Mon 26 09:00-09:30 | 2026-10-26 09:30+01:00
New York goes forward on 8 March       | new-york | 2026-03-06 16:00 | 2h   | Fri 6 16:00-17:00, Mon 9 09:00-10:00 | 2026-03-09 21:00+00:00
New York goes back on 1 November       | new-york | 2026-10-30 16:30 | 1h   | Fri 30 16:30-17:00, Mon 2 09:00-09:30 | 2026-11-02 14:30+00:00
Sydney goes back in April              | sydney-always | 2026-04-05 01:30 | 1h30m | Sun 5 01:30-02:00 | 2026-04-05 02:00+10:00
Lord Howe goes back by half an hour    | lord-howe-always | 2026-04-05 01:00 | 1h30m | Sun 5 01:00-02:00 | 2026-04-05 02:00+10:30
Apia had no 30 December 2011           | apia    | 2011-12-29 16:00 | 2h    | Thu 29 16:00-17:00, Mon 2 09:00-10:00 | 2012-01-02 17:00

# Zones off the hour and at the ends of the earth; the receipt as an instant.
India, five and a half hours           | kolkata    | 2026-03-02 11:20+00:00 | 30m | Mon 2 16:50-17:00, Tue 3 09:00-09:20 | 2026-03-03 04:00+00:00
Nepal, five and three quarters         | kathmandu  | 2026-03-02 03:20+00:00 | 1h  | Mon 2 09:05-10:05 | 2026-03-02 04:45+00:00
Chatham, thirteen and three quarters   | chatham    | 2026-03-01 19:15+00:00 | 8h  | Mon 2 09:00-17:00 | 2026-03-02 03:15+00:00
Newfoundland over its clock change     | st-johns   | 2026-03-06 19:30+00:00 | 2h  | Fri 6 16:00-17:00, Mon 9 09:00-10:00 | 2026-03-09 19:30+00:00
Kiritimati, fourteen ahead             | kiritimati | 2026-03-01 19:00+00:00 | 8h  | Mon 2 09:00-17:00 | 2026-03-02 03:00+00:00
twelve behind                          | minus-twelve | 2026-03-02 21:00+00:00 | 8h | Mon 2 09:00-17:00 | 2026-03-03 05:00+00:00
a receipt stamped in Tokyo             | day        | 2026-03-03 00:30+09:00 | 1h  | Mon 2 16:30-17:00, Tue 3 09:00-09:30 | 2026-03-03 09:30

# Leap days: Tuesday 29 February 2028, Thursday 29 February 2024.
into a leap day                        | day     | 2028-02-28 16:00 | 2h    | Mon 28 16:00-17:00, Tue 29 09:00-10:00 | 2028-02-29 17:00
out of a leap day                      | day     | 2028-02-29 16:30 | 1h    | Tue 29 16:30-17:00, Wed 1 09:00-09:30 | 2028-03-01 09:30
a leap day closed                      | leap-closed | 2024-02-28 16:00 | 2h | Wed 28 16:00-17:00, Fri 1 09:00-10:00 | 2024-03-01 17:00
a February without one                 | day     | 2026-02-27 17:00 | 1h    | Mon 2 09:00-10:00 | 2026-03-02 10:00

# Mail hours at nine and four: the end of the one that runs or comes next.
within the mail hour                   | mail-hours | 2026-03-02 09:00 | 30m | Mon 2 09:00-09:30 | 2026-03-02 10:00
exactly at its end                     | mail-hours | 2026-03-02 09:00 | 1h  | Mon 2 09:00-10:00 | 2026-03-02 10:00
after it, to the afternoon             | mail-hours | 2026-03-02 10:00 | 30m | Mon 2 10:00-10:30 | 2026-03-02 17:00
after the last, to the morning         | mail-hours | 2026-03-02 16:30 | 1h  | Mon 2 16:30-17:00, Tue 3 09:00-09:30 | 2026-03-03 10:00
over Easter to the first mail hour     | mail-hours | 2026-04-02 16:45 | 30m | Thu 2 16:45-17:00, Tue 7 09:00-09:15 | 2026-04-07 10:00
past the only one, the next day's close| mail-morning | 2026-03-02 10:00 | 4h | Mon 2 10:00-14:00 | 2026-03-03 17:00
a mail hour cut by lunch               | mail-before-lunch | 2026-03-02 09:00 | 1h | Mon 2 09:00-10:00 | 2026-03-02 12:00
a mail hour that begins in lunch       | mail-in-lunch | 2026-03-02 09:00 | 1h | Mon 2 09:00-10:00 | 2026-03-02 13:15
a mail hour that is never open         | mail-at-night | 2026-03-02 09:00 | 1h5m | Mon 2 09:00-10:05 | 2026-03-02 10:30

# A plan with hours of its own, and hours that touch midnight.
a plan open on Saturday evening        | plan-evenings | 2026-03-07 21:30 | 1h | Sat 7 21:30-22:00, Sun 8 07:00-07:30 | 2026-03-08 07:30
a plan open at night                   | always  | 2026-03-07 23:50 | 20m   | Sat 7 23:50-Sun 8 00:10 | 2026-03-08 00:30
rounded to midnight                    | always  | 2026-03-07 23:40 | 15m   | Sat 7 23:40-23:55 | 2026-03-08 00:00
midnight belongs to the day it ends    | always  | 2026-03-06 20:00 | 4h    | Fri 6 20:00-Sat 7 00:00 | 2026-03-07 00:00
a minute past midnight is the next day | always  | 2026-03-06 20:00 | 4h1m  | Fri 6 20:00-Sat 7 00:01 | 2026-03-08 00:00
a plan past midnight                   | plan-fridays | 2026-03-06 23:30 | 1h | Fri 6 23:30-Sat 7 00:30 | 2026-03-07 00:30
past midnight closes on Saturday       | plan-fridays | 2026-03-06 21:00 | 4h | Fri 6 21:00-Sat 7 01:00 | 2026-03-07 04:00
a plan's night waits for Friday        | plan-fridays | 2026-03-07 03:30 | 1h | Sat 7 03:30-04:00, Fri 13 20:00-20:30 | 2026-03-13 20:30
a plan's night without two o'clock     | plan-saturdays | 2026-03-28 23:00 | 4h | Sat 28 23:00-Sun 29 04:00 | 2026-03-29 04:00
a plan's night with two o'clock twice  | plan-saturdays | 2026-10-24 23:30 | 5h | Sat 24 23:30-Sun 25 03:30 | 2026-10-25 04:00

# Half holidays close at noon: Monday 20 April, Thursday 24 and 31 December 2026.
past noon on a half holiday            | half    | 2026-04-20 11:30 | 1h    | Mon 20 11:30-12:00, Tue 21 09:00-09:30 | 2026-04-21 09:30
at noon on a half holiday              | half    | 2026-04-20 12:00 | 30m   | Tue 21 09:00-09:30 | 2026-04-21 09:30
the close of a half holiday            | half    | 2026-04-17 16:00 | 3h    | Fri 17 16:00-17:00, Mon 20 09:00-11:00 | 2026-04-20 12:00
a day's work over a half holiday       | half    | 2026-04-17 16:00 | 8h    | Fri 17 16:00-17:00, Mon 20 09:00-12:00, Tue 21 09:00-13:00 | 2026-04-21 17:00
Christmas Eve, then Christmas          | half    | 2026-12-24 10:00 | 4h    | Thu 24 10:00-12:00, Mon 28 09:00-11:00 | 2026-12-28 17:00
both eves in forty-one hours           | half    | 2026-12-23 09:00 | 41h   | Wed 23 09:00-17:00, Thu 24 09:00-12:00, Mon 28 09:00-17:00, Tue 29 09:00-17:00, Wed 30 09:00-17:00, Thu 31 09:00-12:00, Mon 4 09:00-12:00 | 2027-01-08 17:00
a week that ends at noon on an eve     | half    | 2026-12-21 09:00 | 41h   | Mon 21 09:00-17:00, Tue 22 09:00-17:00, Wed 23 09:00-17:00, Thu 24 09:00-12:00, Mon 28 09:00-17:00, Tue 29 09:00-15:00 | 2026-12-31 12:00
lunch begins when the half holiday does| half-lunch | 2026-04-20 11:45 | 30m | Mon 20 11:45-12:00, Tue 21 09:00-09:15 | 2026-04-21 09:30
a half holiday from two                | half-two | 2026-04-20 12:00 | 4h   | Mon 20 12:00-14:00, Tue 21 09:00-11:00 | 2026-04-21 17:00
a half holiday that is worked through  | half-worked | 2026-04-20 11:30 | 1h | Mon 20 11:30-12:30 | 2026-04-20 12:30
no mail hour in the afternoon of one   | half-mail | 2026-04-20 10:00 | 1h  | Mon 20 10:00-11:00 | 2026-04-21 10:00
catching up takes the half day first   | half-away | 2026-04-14 10:00 | 1h  | Tue 21 10:00-11:00 | 2026-04-21 11:00
a plan's evening lost to a half holiday| plan-half | 2026-04-20 11:00 | 2h  | Mon 20 11:00-12:00, Tue 21 07:00-08:00 | 2026-04-21 22:00
a plan of afternoons skips the day     | plan-afternoons | 2026-04-17 20:30 | 1h | Fri 17 20:30-21:00, Tue 21 13:00-13:30 | 2026-04-21 13:30

# No date within sixty days.
no hours at all                        | empty      | 2026-03-02 10:00 | 1h  | - | never
hours written backwards                | backwards  | 2026-03-02 10:00 | 1h  | - | never
one open day in 59 days                | one-day-59 | 2026-03-02 10:00 | 1h  | Thu 30 09:00-10:00 | 2026-04-30 10:00
one open day in 61 days                | one-day-61 | 2026-03-02 10:00 | 1h  | - | never
"""  # noqa: E501 - a table


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    name: str
    office: str
    calendar: OfficeCalendar
    received_at: datetime
    target: timedelta
    counted: str
    due_at: datetime | None


def read(text: str, zone: ZoneInfo) -> datetime:
    """A wall clock of the zone, or an instant where an offset is written."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)


def cases() -> list[Case]:
    """The rows that are neither empty nor a comment."""
    made = []
    for row in filter(None, (line.partition("#")[0].strip() for line in TABLE.splitlines())):
        name, calendar_name, received, target, counted, due = (cell.strip() for cell in row.split("|"))
        calendar = CALENDARS[calendar_name]
        due_at = None if due == "never" else read(due, calendar.zone)
        received_at = read(received, calendar.zone)
        made.append(Case(name, calendar_name, calendar, received_at, parse_duration(target), counted, due_at))
    return made


def stretch(start: datetime, end: datetime) -> str:
    """Two instants of one zone as the table writes them."""
    first = f"{start:%a} {start.day} {start:%H:%M}"
    return f"{first}-{end:%H:%M}" if start.date() == end.date() else f"{first}-{end:%a} {end.day} {end:%H:%M}"


CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_due_time_and_its_walk_are_those_worked_out_by_hand(case: Case) -> None:
    expectation = expect(case.received_at, target=case.target, calendar=case.calendar)

    zone = case.calendar.zone
    counted = [step for step in expectation.walk if step.kind is StepKind.OPEN]
    written = ", ".join(stretch(step.start.astimezone(zone), step.end.astimezone(zone)) for step in counted)
    assert (written or "-", expectation.due_at) == (case.counted, case.due_at)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_walk_counts_the_whole_target_and_leaves_no_gap(case: Case) -> None:
    expectation = expect(case.received_at, target=case.target, calendar=case.calendar)

    counted = sum((step.counted for step in expectation.walk), timedelta(0))
    assert (counted == case.target) is (case.due_at is not None)
    for before, after in zip(expectation.walk, expectation.walk[1:], strict=False):
        assert before.end == after.start


@cache
def read_by_the_minute(office: str) -> MinuteByMinute:
    """One reading of each calendar for all of its rows."""
    return MinuteByMinute(CALENDARS[office])


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_exact_time_is_the_one_counted_off_the_clock_minute_by_minute(case: Case) -> None:
    expectation = expect(case.received_at, target=case.target, calendar=case.calendar)

    assert read_by_the_minute(case.office).after(case.received_at, case.target) == expectation.exact_at


def test_there_are_at_least_eighty_cases_and_no_two_alike() -> None:
    assert len(CASES) >= 80
    assert len({case.name for case in CASES}) == len(CASES)
